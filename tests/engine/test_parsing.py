from __future__ import annotations

import json
from typing import Any

import pytest

from converter.engine import InvalidDefinition, UnsupportedDefinition, parse_definition

END = {"Type": "Pass", "End": True}


def problems_of(definition: Any) -> str:
    with pytest.raises(InvalidDefinition) as caught:
        parse_definition(definition)
    return "\n".join(caught.value.problems)


@pytest.mark.parametrize(
    ("states", "problem"),
    [
        (
            {"A": {"Type": "Pass", "Next": "B"}},
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next",
        ),
        (
            {"A": {"Type": "Choice", "Choices": [{"Condition": True, "Next": "B"}], "Default": "C"}},
            "Missing 'Default' target: C at /States/A/Default",
        ),
        (
            {"A": {"Type": "Choice", "Choices": [{"Condition": True, "Next": "B"}]}},
            "Missing 'Next' target: B at /States/A/Choices[0]/Next",
        ),
        ({"A": {"Type": "Pass"}}, "Exactly one of these fields is required: [Next, End] at /States/A"),
        ({"A": {"Type": "Pass", "End": True, "Next": "A"}}, "[Next, End] at /States/A"),
        ({"A": {"Type": "Loop"}}, "Value is not valid"),
        ({"A": {"End": True}}, "These fields are required: [Type] at /States/A"),
        (
            {"A": {**END, "ResultPath": "$"}},
            "Field 'ResultPath' is not supported for a Pass state in JSONata mode",
        ),
        ({"A": {**END, "Output": "{% 1 + %}"}}, "The JSONata expression of 'Output' is invalid: S0207"),
        ({"A": {**END, "Output": {"x": ["{% ( %}"]}}}, "The JSONata expression of 'Output/x[0]' is invalid"),
        ({"A": {**END, "Assign": {"states": 1}}}, "'states' is not a valid name of a variable"),
        ({"A": {**END, "Assign": {"a-b": 1}}}, "'a-b' is not a valid name of a variable"),
        (
            {"A": {"Type": "Wait", "End": True}},
            "Exactly one of these fields is required: [Seconds, Timestamp]",
        ),
        (
            {"A": {"Type": "Wait", "Seconds": -1, "End": True}},
            "Expected value to be an integer of at least 0",
        ),
        ({"A": {"Type": "Wait", "Seconds": "30", "End": True}}, "Expected value to be a number"),
        ({"A": {"Type": "Task", "End": True}}, "These fields are required: [Resource]"),
        ({"A": {"Type": "Parallel", "Branches": [], "End": True}}, "Expected at least one branch"),
        ({"A": {"Type": "Choice", "Choices": []}}, "Expected at least one rule"),
        ({"A": {"Type": "Choice", "Choices": [{"Next": "A"}]}}, "These fields are required: [Condition]"),
        ({"A" * 81: END}, "The name of a state has 1 to 80 characters"),
        ({"A": {**END, "QueryLanguage": "JSONPath"}}, "cannot use JSONPath"),
        ({}, "Expected at least one state"),
    ],
)
def test_an_invalid_state_is_refused_with_its_place(build: Any, states: Any, problem: str) -> None:
    assert problem in problems_of({"QueryLanguage": "JSONata", "StartAt": "A", "States": states})


@pytest.mark.parametrize(
    ("handlers", "problem"),
    [
        ({"Retry": [{"ErrorEquals": []}]}, "Expected at least one error name"),
        ({"Retry": [{"ErrorEquals": ["E"], "MaxAttempts": -1}]}, "an integer of at least 0"),
        ({"Retry": [{"ErrorEquals": ["E"], "BackoffRate": 0.5}]}, "a number of at least 1"),
        ({"Retry": [{"ErrorEquals": ["E"], "JitterStrategy": "HALF"}]}, "Allowed values: [FULL, NONE]"),
        (
            {"Retry": [{"ErrorEquals": ["E"], "MaxAttempt": 1}]},
            "Field 'MaxAttempt' is not supported for Retry",
        ),
        ({"Retry": [{"ErrorEquals": ["States.ALL", "E"]}]}, "States.ALL must appear alone"),
        ({"Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["E"]}]}, "must be the last"),
        ({"Catch": [{"ErrorEquals": ["E"]}]}, "These fields are required: [Next] at /States/A/Catch[0]"),
        (
            {"Catch": [{"ErrorEquals": ["E"], "Next": "B"}]},
            "Missing 'Next' target: B at /States/A/Catch[0]/Next",
        ),
        ({"Catch": [{"ErrorEquals": ["E"], "Next": "A", "ResultPath": "$"}]}, "Field 'ResultPath'"),
    ],
)
def test_an_invalid_handler_is_refused_with_its_place(build: Any, handlers: Any, problem: str) -> None:
    assert problem in problems_of(build.machine({"A": build.task(**handlers)}))


def test_all_problems_come_at_once(build: Any) -> None:
    text = problems_of(
        build.machine({"A": {"Type": "Pass", "Next": "X"}, "B": {"Type": "Pass", "Next": "Y"}})
    )
    assert "target: X" in text
    assert "target: Y" in text


def test_a_state_name_is_unique_in_the_whole_machine(build: Any) -> None:
    branch = {"StartAt": "A", "States": {"A": END}}
    parallel = {"Type": "Parallel", "Branches": [branch, branch], "End": True}
    assert "DUPLICATE_STATE_NAME: Duplicate State name: A" in problems_of(build.machine({"P": parallel}))


def test_next_cannot_leave_its_branch(build: Any) -> None:
    branch = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Z"}}}
    states = {"P": {"Type": "Parallel", "Branches": [branch], "Next": "Z"}, "Z": END}
    assert "Missing 'Next' target: Z at /States/P/Branches[0]/States/A/Next" in problems_of(
        build.machine(states)
    )


def test_an_inner_scope_cannot_assign_what_an_outer_one_assigns_anywhere(build: Any) -> None:
    branch = {"StartAt": "A", "States": {"A": {**END, "Assign": {"x": 1}}}}
    states = {
        "P": {"Type": "Parallel", "Branches": [branch], "Next": "Z"},
        "Z": {**END, "Assign": {"x": 2}},
    }
    assert "Variable 'x' is assigned in an outer scope already" in problems_of(build.machine(states))


def test_sibling_branches_may_assign_the_same_name(build: Any) -> None:
    branches = [{"StartAt": n, "States": {n: {**END, "Assign": {"x": 1}}}} for n in "AB"]
    parse_definition(build.machine({"P": {"Type": "Parallel", "Branches": branches, "End": True}}))


@pytest.mark.parametrize("text", ["{", "[]", '"x"', "NaN"])
def test_a_text_that_is_no_json_object_is_no_definition(text: str) -> None:
    assert "INVALID_JSON_DESCRIPTION" in problems_of(text)


def test_an_error_reads_like_the_answer_of_aws(build: Any) -> None:
    with pytest.raises(InvalidDefinition, match=r"^Invalid State Machine Definition: 'MISSING_"):
        parse_definition(build.machine({"A": {"Type": "Pass", "Next": "X"}}))


@pytest.mark.parametrize(
    ("state", "named"),
    [
        ({"Type": "Task", "Resource": "arn:aws:sqs:us-east-1:1:queue", "End": True}, "arn:aws:sqs"),
        (
            {
                "Type": "Map",
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED"},
                    "StartAt": "B",
                    "States": {"B": END},
                },
                "ItemReader": {
                    "Resource": "arn:aws:states:::s3:getObject",
                    "ReaderConfig": {"InputType": "PARQUET"},
                },
                "End": True,
            },
            "InputType 'PARQUET'",
        ),
    ],
)
def test_what_is_not_supported_is_named(build: Any, state: Any, named: str) -> None:
    with pytest.raises(UnsupportedDefinition, match=named):
        parse_definition(build.machine({"A": state}))


def test_the_default_query_language_is_jsonpath() -> None:
    parse_definition(json.dumps({"StartAt": "A", "States": {"A": {**END, "ResultPath": None}}}))


def test_a_single_state_may_choose_jsonata() -> None:
    parse_definition({"StartAt": "A", "States": {"A": {**END, "QueryLanguage": "JSONata"}}})
