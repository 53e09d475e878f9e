from __future__ import annotations

import json
from typing import Any

import pytest

from converter.engine import (
    Execution,
    InvalidDefinition,
    SimulatedBackend,
    TaskResult,
    parse_definition,
    run_virtual,
)

LAMBDA = "arn:aws:states:::lambda:invoke"
PREAMBLE = "An error occurred while executing the state 'A' (entered at the event id #2). "


def run(states: dict[str, Any], document: Any = None, tasks: Any = None) -> Execution:
    definition = {"StartAt": next(iter(states)), "States": states}
    text = json.dumps({} if document is None else document)
    return run_virtual(definition, text, SimulatedBackend(tasks or {}))


def output(states: dict[str, Any], document: Any = None, tasks: Any = None) -> Any:
    execution = run(states, document, tasks)
    assert execution.status == "SUCCEEDED", (execution.error, execution.cause)
    return json.loads(execution.output or "null")


def ended(**fields: Any) -> dict[str, Any]:
    return {"Type": "Pass", "End": True, **fields}


def task(**fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": LAMBDA, "End": True, **fields}


# The stages as in "Processing input and output in Step Functions", Developer Guide.
def test_data_goes_through_all_stages_in_order() -> None:
    state = task(
        InputPath="$.order",
        Parameters={"id.$": "$.id", "fixed": 1, "state.$": "$$.State.Name"},
        ResultSelector={"total.$": "$.sum", "count.$": "$.n"},
        ResultPath="$.done.here",
        OutputPath="$.done",
    )
    backend = SimulatedBackend({"A": TaskResult(output={"sum": 5, "n": 2, "noise": 0})})
    definition = {"StartAt": "A", "States": {"A": state}}
    execution = run_virtual(definition, {"order": {"id": 7}, "done": {"before": True}}, backend)
    assert backend.calls[0].arguments == {"fixed": 1, "id": 7, "state": "A"}
    assert json.loads(execution.output or "") == {"before": True, "here": {"total": 5, "count": 2}}


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({}, {"a": {"b": 1}}),
        ({"InputPath": "$.a"}, {"b": 1}),
        ({"InputPath": None}, {}),
        ({"OutputPath": "$.a"}, {"b": 1}),
        ({"OutputPath": None}, {}),
        ({"ResultPath": None}, {"a": {"b": 1}}),
        ({"ResultPath": "$.copy"}, {"a": {"b": 1}, "copy": {"a": {"b": 1}}}),
        ({"Result": {"x.$": "$.a"}}, {"x.$": "$.a"}),
        ({"Result": 1, "ResultPath": "$.a.c"}, {"a": {"b": 1, "c": 1}}),
        ({"Parameters": {"x": [{"y.$": "$.a.b"}]}}, {"x": [{"y": 1}]}),
        ({"InputPath": "$.a", "ResultPath": "$.r"}, {"a": {"b": 1}, "r": {"b": 1}}),
    ],
)
def test_pass_makes_its_output(fields: dict[str, Any], result: Any) -> None:
    assert output({"A": ended(**fields)}, {"a": {"b": 1}}) == result


def test_static_members_come_first_and_the_others_in_hash_order() -> None:
    # The order of the letters' codes, as AWS was recorded to answer for names like these.
    parameters = {"b.$": "$", "s": 1, "a.$": "$", "t": {"z.$": "$", "y": 2}}
    execution = run({"A": ended(Parameters=parameters)}, 0)
    assert execution.output == '{"s":1,"t":{"y":2,"z":0},"a":0,"b":0}'


def test_the_text_of_the_input_is_kept_where_nothing_changes_it() -> None:
    definition = {"StartAt": "A", "States": {"A": ended(InputPath="$", ResultPath="$", OutputPath="$")}}
    assert run_virtual(definition, '{"a" : 1.0}', SimulatedBackend({})).output == '{"a" : 1.0}'


def test_variables_are_assigned_from_the_result_and_read_by_path() -> None:
    states = {
        "A": {
            **task(),
            "End": False,
            "Next": "B",
            "Assign": {"x.$": "$.n", "all": {"in.$": "$$.Execution.Input"}},
        },
        "B": ended(Assign={"x": 0}, Parameters={"x.$": "$x", "in.$": "$all.in.k"}),
    }
    assert output(states, {"k": 1}, {"A": TaskResult(output={"n": 3})}) == {"x": 3, "in": 1}


def test_catch_puts_the_error_where_its_result_path_says_and_skips_output_path() -> None:
    catch = [{"ErrorEquals": ["E"], "ResultPath": "$.error", "Assign": {"why.$": "$.Cause"}, "Next": "B"}]
    states = {"A": task(OutputPath=None, Catch=catch), "B": ended(Parameters={"in.$": "$", "why.$": "$why"})}
    assert output(states, {"k": 1}, {"A": TaskResult(error="E", cause="c")}) == {
        "in": {"k": 1, "error": {"Error": "E", "Cause": "c"}},
        "why": "c",
    }


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (
            ended(Parameters={"x.$": "$.no"}),
            "The JSONPath '$.no' specified for the field 'x.$' could not be found in the input '{\"k\":1}'",
        ),
        (ended(InputPath="$.no.way"), "Invalid path '$.no.way' : Missing property in path $['no']"),
        (ended(OutputPath="$.no"), "Invalid path '$.no' : No results for path: $['no']"),
        (task(TimeoutSecondsPath="$.no"), "Invalid path '$.no' : No results for path: $['no']"),
        (
            {"Type": "Wait", "SecondsPath": "$.no", "End": True},
            "The SecondsPath parameter does not reference an input value: $.no",
        ),
        (
            {
                "Type": "Map",
                "ItemsPath": "$.k",
                "Iterator": {"StartAt": "I", "States": {"I": ended()}},
                "End": True,
            },
            'Reference path "$.k" must point to array.',
        ),
    ],
)
def test_a_path_that_leads_nowhere_ends_the_execution_uncaught(state: dict[str, Any], message: str) -> None:
    if state["Type"] in ("Task", "Map"):
        state = {**state, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}]}
    execution = run({"A": state, "B": ended()}, {"k": 1})
    assert (execution.status, execution.error) == ("FAILED", "States.Runtime")
    assert execution.cause == PREAMBLE + message
    assert [event.type for event in execution.history][2:] == ["ExecutionFailed"]


def test_a_result_that_cannot_be_placed_can_be_caught() -> None:
    state = task(ResultPath="$.r", Catch=[{"ErrorEquals": ["States.ResultPathMatchFailure"], "Next": "B"}])
    result = output({"A": state, "B": ended()}, [1], {"A": TaskResult()})
    assert result["Cause"] == PREAMBLE + "Unable to apply ReferencePath $.r to input [1]"


def test_a_selector_is_evaluated_once() -> None:
    state = task(ResultSelector={"id.$": "States.UUID()"}, Assign={"x.$": "$.id"}, Next="B", End=False)
    both = output({"A": state, "B": ended(Parameters={"id.$": "$.id", "x.$": "$x"})}, {}, {"A": TaskResult()})
    assert both["id"] == both["x"]


def test_map_selects_from_the_input_and_from_the_item() -> None:
    state = {
        "Type": "Map",
        "InputPath": "$.in",
        "ItemsPath": "$.list",
        "ItemSelector": {"v.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index", "k.$": "$.k"},
        "MaxConcurrencyPath": "$.k",
        "ItemProcessor": {"StartAt": "I", "States": {"I": ended()}},
        "ResultPath": "$.out",
        "End": True,
    }
    result = output({"A": state}, {"in": {"list": ["x", "y"], "k": "1"}})
    assert result["out"] == [{"v": "x", "i": 0, "k": "1"}, {"v": "y", "i": 1, "k": "1"}]


def test_fail_takes_error_and_cause_from_paths_and_functions() -> None:
    execution = run(
        {"A": {"Type": "Fail", "ErrorPath": "$.e", "CausePath": "States.Format('{}!', $.c)"}},
        {"e": "E", "c": 1},
    )
    assert (execution.error, execution.cause) == ("E", "1!")


def test_a_jsonata_state_works_beside_jsonpath_states() -> None:
    states = {
        "A": ended(End=False, Next="B", Assign={"x.$": "$.k"}),
        "B": ended(QueryLanguage="JSONata", Output={"twice": "{% $x * 2 %}"}),
    }
    assert output(states, {"k": 4}) == {"twice": 8}


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        (ended(Parameters={"a.$": "a"}), "The value for the field 'a.$' must be a valid JSONPath or a valid"),
        (ended(InputPath="a"), "Value is not a valid JSONPath at /States/A/InputPath"),
        (ended(ResultPath="$.a[*]"), "Value is not a Reference Path at /States/A/ResultPath"),
        (ended(ResultPath="$$.a"), "Value is not a Reference Path"),
        (ended(Output={}), "Field 'Output' is not supported for a Pass state in JSONPath mode"),
        (task(TimeoutSeconds=1, TimeoutSecondsPath="$.a"), "You cannot specify both"),
        ({"Type": "Wait", "Seconds": 1, "SecondsPath": "$.a", "End": True}, "Exactly one of these fields"),
        ({"Type": "Wait", "Timestamp": "soon", "End": True}, "ISO-8601"),
        (task(Arguments={}), "Field 'Arguments' is not supported for a Task state in JSONPath mode"),
    ],
)
def test_a_wrong_field_is_refused_with_its_place(state: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        parse_definition({"StartAt": "A", "States": {"A": state}})
    assert problem in str(caught.value)


# Measured on AWS by others.
def test_an_item_beyond_the_end_is_null_in_a_template_and_missing_in_a_function() -> None:
    document = {"items": [1, 2]}
    assert output({"A": ended(Parameters={"v.$": "$.items[5]"})}, document) == {"v": None}
    execution = run({"A": ended(Parameters={"v.$": "States.Format('{}', $.items[5])"})}, document)
    assert execution.error == "States.Runtime"
    assert execution.cause == PREAMBLE + (
        "The function 'States.Format('{}', $.items[5])' had the following error: The JsonPath argument "
        """for the field '$.items[5]' could not be found in the input '{"items":[1,2]}'"""
    )


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (
            "States.Format('{}', $.other[0])",
            "Filter: [0] can only be applied to arrays. Current context is: 1",
        ),
        (
            "States.Format('{}', $$.Nope.Deep)",
            "The JsonPath argument for the field '$.Nope.Deep' could not be found in the input "
            """'{"other":1}'""",
        ),
    ],
)
def test_an_argument_that_leads_nowhere_is_told_as_aws_does(call: str, reason: str) -> None:
    execution = run({"A": ended(Parameters={"v.$": call})}, {"other": 1})
    assert execution.cause == PREAMBLE + f"The function '{call}' had the following error: {reason}"
