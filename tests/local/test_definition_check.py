"""What AWS refuses in a definition although one could run it. The texts were measured on AWS by others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from converter.local.definition_check import diagnostics

END = {"Type": "Pass", "End": True}
TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}


def found(states: dict[str, Any], language: str = "JSONata") -> list[tuple[str, str, str | None]]:
    definition = {"QueryLanguage": language, "StartAt": next(iter(states)), "States": states}
    return [
        (entry["code"], entry["message"], entry.get("location"))
        for entry in diagnostics(json.dumps(definition))
    ]


def test_a_machine_without_an_end_is_refused() -> None:
    states = {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}
    assert found(states) == [("MISSING_END_STATE", "Workflow has no terminal state", None)]


def test_an_end_that_no_way_leads_to_is_told_as_such() -> None:
    states = {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}, "C": END}
    message = 'State "C" is not reachable.'
    assert found(states) == [("MISSING_TRANSITION_TARGET", message, "/States/C")]


def test_all_that_is_wrong_with_the_ways_is_told_at_once() -> None:
    states = {"pass1": {"Type": "Pass", "Next": "pass3"}, "pass2": END}
    assert found(states, "JSONPath") == [
        ("MISSING_TRANSITION_TARGET", "Missing 'Next' target: pass3", "/States/pass1/Next"),
        ("MISSING_TRANSITION_TARGET", 'State "pass2" is not reachable.', "/States/pass2"),
    ]


def test_inner_states_have_their_place() -> None:
    processor = {"StartAt": "I", "States": {"I": END, "J": END}}
    states = {"M": {"Type": "Map", "ItemProcessor": processor, "End": True}}
    message = 'State "J" is not reachable.'
    assert found(states) == [("MISSING_TRANSITION_TARGET", message, "/States/M/ItemProcessor/States/J")]


def test_every_way_of_a_state_counts() -> None:
    states = {
        "C": {"Type": "Choice", "Choices": [{"Condition": "{% true %}", "Next": "T"}], "Default": "D"},
        "T": {**TASK, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "K"}]},
        "D": {"Type": "Succeed"},
        "K": {"Type": "Fail"},
    }
    assert found(states) == []


@pytest.mark.parametrize(
    ("expression", "reference"),
    [
        ("phone", "'phone' at the top level"),
        ("$states.input.a & phone.number", "'phone' at the top level"),
        ("$map($states.input.a, function($x){ b })", "'b' at the top level"),
        ("{'a': b}", "'b' at the top level"),
        ("$$.a", "'$$'"),
        ("$states.errorOutput.Error", "'$states.errorOutput'"),
    ],
)
def test_what_no_expression_can_read_is_refused(expression: str, reference: str) -> None:
    message = f"Reference to {reference} is not supported."
    assert found({"E": {**END, "Output": {"v": f"{{% {expression} %}}"}}}) == [
        ("UNSUPPORTED_JSONATA_EXPRESSION", message, "/States/E/Output/v")
    ]


@pytest.mark.parametrize(
    "expression",
    [
        "$states.input.items[value > 3].name",
        "$states.input.items^(>price){category: $sum(price)}",
        "$states.input.items.(a & b)",
        "$map($states.input.items, function($x){ $x.name })",
        "$states.input ~> |$|{'a': b}|",
    ],
)
def test_names_within_a_step_are_read_there(expression: str) -> None:
    assert found({"E": {**END, "Output": f"{{% {expression} %}}"}}) == []


def test_a_catcher_reads_the_error() -> None:
    catch = {"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput.Cause %}", "Next": "F"}
    assert found({"E": {**TASK, "Catch": [catch]}, "F": END}) == []


def test_states_in_jsonpath_mode_have_no_expressions() -> None:
    assert found({"E": {**END, "Result": "{% phone %}"}}, "JSONPath") == []
