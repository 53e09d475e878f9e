from __future__ import annotations

from typing import Any

import pytest

from converter.engine import InvalidDefinition, SimulatedBackend, parse_definition, run_virtual

END = {"Type": "Pass", "End": True}


def machine(rule: dict[str, Any], **fields: Any) -> dict[str, Any]:
    choice = {"Type": "Choice", "Choices": [{**rule, "Next": "Yes"}], "Default": "No", **fields}
    return {"StartAt": "C", "States": {"C": choice, "Yes": END, "No": END}}


def taken(rule: dict[str, Any], document: Any) -> bool:
    execution = run_virtual(machine(rule), document, SimulatedBackend({}))
    assert execution.status == "SUCCEEDED", execution.cause
    return any(e.details and e.details.get("name") == "Yes" for e in execution.history)


@pytest.mark.parametrize(
    ("comparison", "value", "result"),
    [
        ({"StringEquals": "a"}, "a", True),
        ({"StringEquals": "1"}, 1, False),
        ({"StringLessThan": "b"}, "a", True),
        ({"StringMatches": "log-*.txt"}, "log-1.txt", True),
        ({"StringMatches": "log-*.txt"}, "log-1.csv", False),
        ({"StringMatches": r"a\*b"}, "a*b", True),
        ({"StringMatches": r"a\*b"}, "axb", False),
        ({"StringMatches": r"a\\*"}, "a\\x", True),
        ({"NumericEquals": 1}, 1.0, True),
        ({"NumericEquals": 1}, True, False),
        ({"NumericGreaterThanEquals": 2}, 2, True),
        ({"NumericLessThan": 2}, "1", False),
        ({"BooleanEquals": True}, True, True),
        ({"BooleanEquals": True}, 1, False),
        ({"TimestampLessThan": "2026-01-01T00:00:00Z"}, "2026-01-01T00:30:00+01:00", True),
        ({"TimestampEquals": "2026-01-01T00:00:00Z"}, "yesterday", False),
        ({"IsNull": True}, None, True),
        ({"IsNull": False}, 0, True),
        ({"IsString": True}, "x", True),
        ({"IsNumeric": True}, True, False),
        ({"IsBoolean": True}, False, True),
        ({"IsTimestamp": True}, "2026-01-01T00:00:00Z", True),
        ({"IsTimestamp": True}, "2026-01-01", False),
        ({"IsPresent": True}, None, True),
        ({"IsPresent": False}, None, False),
    ],
)
def test_a_comparison_is_true_or_false(comparison: dict[str, Any], value: Any, result: bool) -> None:
    assert taken({"Variable": "$.v", **comparison}, {"v": value}) is result


def test_presence_can_be_asked_of_what_is_not_there() -> None:
    assert taken({"Variable": "$.a.b", "IsPresent": False}, {})
    assert not taken({"Variable": "$.a.b", "IsPresent": True}, {})


def test_rules_can_be_combined() -> None:
    low = {"Variable": "$.v", "NumericLessThan": 3}
    high = {"Variable": "$.v", "NumericGreaterThan": 7}
    assert taken({"Or": [low, high]}, {"v": 9})
    assert not taken({"And": [low, high]}, {"v": 9})
    assert taken({"Not": {"Or": [low, high]}}, {"v": 5})


def test_and_stops_at_the_first_false_rule() -> None:
    there = {"Variable": "$.v", "IsPresent": True}
    assert not taken({"And": [there, {"Variable": "$.v", "NumericEquals": 1}]}, {})


def test_a_value_can_be_compared_with_another() -> None:
    rule = {"Variable": "$.a", "NumericLessThanPath": "$.b"}
    assert taken(rule, {"a": 1, "b": 2})
    assert not taken(rule, {"a": 1, "b": "2"})


def test_a_variable_that_leads_nowhere_ends_the_execution() -> None:
    execution = run_virtual(machine({"Variable": "$.v", "IsNull": True}), {}, SimulatedBackend({}))
    assert (execution.status, execution.error) == ("FAILED", "States.Runtime")
    assert execution.cause == (
        "An error occurred while executing the state 'C' (entered at the event id #2). Invalid path '$.v': "
        "The choice state's condition path references an invalid value."
    )


def test_input_path_and_output_path_frame_the_choice() -> None:
    definition = machine({"Variable": "$.v", "NumericEquals": 1}, InputPath="$.in", OutputPath="$.w")
    execution = run_virtual(definition, {"in": {"v": 1, "w": [2]}}, SimulatedBackend({}))
    assert execution.output == "[2]"


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ({"Variable": "$.a"}, "Exactly one comparison"),
        ({"Variable": "$.a", "IsNull": True, "IsString": True}, "Exactly one comparison"),
        ({"IsNull": True}, "These fields are required: [Variable]"),
        ({"Variable": "a", "IsNull": True}, "Value is not a valid JSONPath at /States/C/Choices[0]/Variable"),
        ({"Variable": "$.a", "NumericEquals": "1"}, "Expected value to be a number"),
        ({"Variable": "$.a", "TimestampEquals": "now"}, "ISO-8601"),
        ({"And": []}, "Expected at least one rule"),
        ({"Not": {"Variable": "$.a", "IsNull": True, "Next": "No"}}, "Field 'Next' is not supported"),
        ({"Condition": "{% true %}"}, "Exactly one comparison"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_place(rule: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        parse_definition(machine(rule))
    assert problem in str(caught.value)
