from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from converter.engine.plain_states import parse_instant

END = {"Type": "Pass", "End": True}


def output(execution: Any) -> Any:
    assert execution.status == "SUCCEEDED", (execution.error, execution.cause)
    return json.loads(execution.output)


def test_pass_hands_its_input_on_verbatim(run: Any) -> None:
    assert run({"A": END}, '{ "a" : 1.0 }').output == '{ "a" : 1.0 }'


def test_output_is_made_of_constants_and_expressions(run: Any) -> None:
    state = {**END, "Output": {"a": "{% $states.input.x %}", "b": [1, "{% 1 + 1 %}"], "c": "{%", "d": None}}
    assert output(run({"A": state}, {"x": "é"})) == {"a": "é", "b": [1, 2], "c": "{%", "d": None}


def test_assign_and_output_see_the_variables_as_they_were(run: Any) -> None:
    states = {
        "A": {"Type": "Pass", "Assign": {"x": 1, "y": 10}, "Next": "B"},
        "B": {
            "Type": "Pass",
            "Assign": {"x": "{% $y %}", "y": "{% $x %}"},
            "Output": "{% [$x, $y] %}",
            "Next": "C",
        },
        "C": {**END, "Output": {"before": "{% $states.input %}", "after": "{% [$x, $y] %}"}},
    }
    assert output(run(states)) == {"before": [1, 10], "after": [10, 1]}


def test_the_context_object_tells_where_and_when(run: Any) -> None:
    context = output(run({"A": {**END, "Output": "{% $states.context %}"}}, {"k": 1}))
    assert context["Execution"]["Input"] == {"k": 1}
    assert context["Execution"]["StartTime"] == "2026-01-01T00:00:00.000Z"
    assert context["Execution"]["Id"].endswith(":execution:simulated:simulated")
    assert context["StateMachine"]["Name"] == "simulated"
    assert context["State"] == {"Name": "A", "EnteredTime": "2026-01-01T00:00:00.000Z"}


@pytest.mark.parametrize(("value", "target"), [(1, "Low"), (5, "High"), (3, "Other")])
def test_choice_takes_the_first_true_rule_else_the_default(run: Any, value: int, target: str) -> None:
    states = {
        "C": {
            "Type": "Choice",
            "Choices": [
                {"Condition": "{% $states.input.v < 3 %}", "Next": "Low"},
                {"Condition": "{% $states.input.v > 3 %}", "Next": "High"},
            ],
            "Default": "Other",
        },
        **{name: {**END, "Output": name} for name in ("Low", "High", "Other")},
    }
    assert output(run(states, {"v": value})) == target


def test_a_rules_own_output_and_assign_hold_for_that_rule_only(run: Any) -> None:
    def states(v: int) -> Any:
        rule = {"Condition": v == 1, "Next": "Z", "Output": "rule", "Assign": {"x": "rule"}}
        choice = {"Type": "Choice", "Choices": [rule], "Default": "Z", "Output": "default"}
        return {"C": choice, "Z": {**END, "Output": "{% [$states.input, $exists($x)] %}"}}

    assert output(run(states(1))) == ["rule", True]
    assert output(run(states(2))) == ["default", False]


def test_a_condition_must_be_boolean(run: Any) -> None:
    rule = {"Condition": "{% 'yes' %}", "Next": "Z"}
    execution = run({"C": {"Type": "Choice", "Choices": [rule]}, "Z": END})
    assert execution.error == "States.QueryEvaluationError"
    assert "Expected 'boolean', but was 'string' for value: \"yes\"" in execution.cause
    assert execution.history[2].details["location"] == "Choices[0]/Condition"


def test_no_matching_rule_and_no_default_fails(run: Any) -> None:
    execution = run({"C": {"Type": "Choice", "Choices": [{"Condition": False, "Next": "Z"}]}, "Z": END})
    assert (execution.status, execution.error) == ("FAILED", "States.Runtime")


def test_wait_takes_its_seconds(run: Any) -> None:
    execution = run({"W": {"Type": "Wait", "Seconds": "{% $states.input.s %}", "End": True}}, {"s": 3600})
    assert execution.stop_date - execution.start_date == timedelta(hours=1)


def test_wait_until_an_instant(run: Any) -> None:
    execution = run({"W": {"Type": "Wait", "Timestamp": "2026-01-01T02:00:00+01:00", "End": True}})
    assert execution.stop_date - execution.start_date == timedelta(hours=1)


def test_an_instant_in_the_past_is_no_wait(run: Any) -> None:
    execution = run({"W": {"Type": "Wait", "Timestamp": "2016-03-14T01:59:00Z", "End": True}})
    assert execution.stop_date == execution.start_date


@pytest.mark.parametrize("seconds", [-1, 1.5, 10**9])
def test_seconds_must_be_a_whole_number_in_range(run: Any, seconds: float) -> None:
    execution = run(
        {"W": {"Type": "Wait", "Seconds": "{% $states.input %}", "End": True}}, json.dumps(seconds)
    )
    assert execution.error == "States.QueryEvaluationError"
    assert execution.history[2].details["location"] == "Seconds"


@pytest.mark.parametrize(
    "text", ["2016-13-05T21:29:29Z", "2016-12-05 21:29:29Z", "2016-12-05T21:29:29", "2016-12-05", ""]
)
def test_what_is_no_extended_offset_date_time_is_no_instant(text: str) -> None:
    assert parse_instant(text) is None


def test_fail_ends_with_its_error_and_cause(run: Any) -> None:
    execution = run(
        {"F": {"Type": "Fail", "Error": "Boom", "Cause": "{% 'at ' & $states.context.State.Name %}"}}
    )
    assert (execution.status, execution.error, execution.cause) == ("FAILED", "Boom", "at F")
    assert execution.output is None


def test_an_empty_fail_has_empty_details(run: Any) -> None:
    assert run({"F": {"Type": "Fail"}}).history[-1].to_api()["executionFailedEventDetails"] == {}


def test_an_output_over_256_kib_ends_the_execution_without_an_exit(run: Any, build: Any) -> None:
    execution = run({"A": {**END, "Output": "{% $pad('', 262144) %}"}})
    assert execution.error == "States.DataLimitExceeded"
    assert "'A'" in execution.cause
    assert build.links(execution)[1:] == [(2, 0, "PassStateEntered"), (3, 2, "ExecutionFailed")]


def test_an_output_of_exactly_256_kib_passes(run: Any) -> None:
    # Two characters of the text are the quotes.
    assert run({"A": {**END, "Output": "{% $pad('', 262142) %}"}}).status == "SUCCEEDED"
