"""The emitted example, with one thing broken at a time: the checks must not depend on fixtures' shapes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from workflows import partial_fan_in

from converter import pipeline
from converter.asl.options import Options
from converter.checks import problems_of

MACHINE = pipeline.convert(partial_fan_in(), Options()).machine
assert MACHINE
ASK, FINISHED, WAIT = "report_b: ask for glue3", "report_b: glue3 finished?", "report_b: wait for glue3"

States = dict[str, dict[str, Any]]


def all_states(block: Any) -> States:
    found: States = dict(block["States"])
    for state in block["States"].values():
        for branch in state.get("Branches", ()):
            found |= all_states(branch)
    return found


def no_failure_exit(states: States) -> None:
    del states[FINISHED]["Choices"][1]


def no_deadline(states: States) -> None:
    states[FINISHED]["Choices"][-1]["Condition"] = "{% true %}"


def deadline_after_two_years(states: States) -> None:
    rule = states[FINISHED]["Choices"][-1]
    rule["Condition"] = rule["Condition"].replace("86400000", "63072000000")


def success_leads_back(states: States) -> None:
    states[FINISHED]["Choices"][0]["Next"] = WAIT


def record_of_another_name(states: States) -> None:
    states[ASK]["Output"]["records"] = "{% $states.result.Payload.tasks %}"


def no_pause(states: States) -> None:
    states[WAIT]["Seconds"] = 0


def asks_for_nobody(states: States) -> None:
    states[ASK]["Arguments"]["Payload"]["tasks"] = {"glue4": {"job": "glue4"}}


def asks_for_its_own_branch(states: States) -> None:
    states[ASK]["Arguments"]["Payload"]["tasks"] = {"report_b": {}}


def run_is_not_marked(states: States) -> None:
    states["glue3"]["Arguments"]["Arguments"] = {}


def outcome_is_not_told(states: States) -> None:
    states["glue3"]["Catch"][0]["Next"] = "glue3: end of branch"
    states["glue3: publish outcome"]["Arguments"]["Item"]["id"]["S"] = "{% 'x' %}"


def asks_every_second(states: States) -> None:
    states[WAIT]["Seconds"] = 1


@pytest.mark.parametrize(
    ("break_it", "code"),
    [
        (no_failure_exit, "D534"),
        (no_deadline, "D534"),
        (deadline_after_two_years, "D534"),
        (success_leads_back, "D534"),
        (record_of_another_name, "D534"),
        (no_pause, "D535"),
        (asks_for_nobody, "D532"),
        (asks_for_its_own_branch, "D532"),
        (run_is_not_marked, "D533"),
        (outcome_is_not_told, "D533"),
        (asks_every_second, "D543"),
    ],
)
def test_a_broken_poller_is_found(break_it: Callable[[States], None], code: str) -> None:
    assert MACHINE
    definition = copy.deepcopy(dict(MACHINE.definition))
    assert problems_of(definition) == ()
    break_it(all_states(definition))
    assert code in {item.code.id for item in problems_of(definition)}


def test_without_failures_to_hear_of_a_poller_needs_no_exit_for_them() -> None:
    """Where the first failure ends the execution, the emitted loop has none."""
    from converter.asl.options import Failures

    machine = pipeline.convert(partial_fan_in(), Options(Failures.STOP)).machine
    assert machine
    assert len(all_states(machine.definition)[FINISHED]["Choices"]) == 2  # all succeeded; there is time left
    assert problems_of(machine.definition) == ()
