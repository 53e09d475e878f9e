"""Tasks that wait one after another share a deadline; without it, each counts in full."""

from __future__ import annotations

import math
from typing import Any

import pytest
from workflows import nested, workflow

from converter.asl.options import Options, PollerStyle
from converter.checks.limits import HISTORY_EVENTS, most_events
from converter.checks.machine import read_machine
from converter.checks.poller_loops import REFUSED
from converter.engine.simulation import SimulatedBackend, TaskResult, run_virtual
from converter.engine.tasks import TaskCall
from converter.pipeline import convert

DEADLINE = 6 * 3600
#: How long each record is waited for, in shares of the retries that a Task has.
SHARES = [(0, 0, 0), (1, 0, 0), (0.5, 0.5, 0), (0.3, 0.3, 0.4), (0.1, 0.7, 1), (1, 1, 1)]
AGE = "$millis() - $toMillis($states.context.Execution.StartTime)"


def waiting(task: str, following: str, growth: float, until: int = DEADLINE) -> dict[str, Any]:
    too_late = f"{AGE} >= {until * 1000} ? $error('late') : "
    attempts = (
        math.ceil(DEADLINE / 30) if not growth else math.ceil(math.log1p(DEADLINE * growth / 30) / growth)
    )
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:updateItem",
        "Arguments": {"Key": {"id": {"S": f"{{% {too_late if until else ''}'{task}' %}}"}}},
        "Retry": [
            {
                "ErrorEquals": [REFUSED],
                "IntervalSeconds": 30,
                "MaxAttempts": attempts,
                "BackoffRate": 1 + growth,
            },
            {"ErrorEquals": ["States.QueryEvaluationError"], "MaxAttempts": 0},
        ],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": following}],
        "Next": following,
    }


def machine(growth: float, until: int = DEADLINE) -> dict[str, Any]:
    tasks = {"a": "b", "b": "c", "c": "end"}
    states = {task: waiting(task, following, growth, until) for task, following in tasks.items()}
    end = {"end": {"Type": "Succeed"}}
    return {"QueryLanguage": "JSONata", "StartAt": "a", "States": {**states, **end}}


def counted(definition: Any) -> int:
    return 2 + most_events(read_machine(definition).root, {})


def recorded(definition: Any, ends: dict[str, int]) -> int:
    """Return the events of an execution, given after how many refusals each record is there."""
    asked = dict.fromkeys(ends, 0)

    def table(call: TaskCall) -> TaskResult:
        task = call.arguments["Key"]["id"]["S"]
        asked[task] += 1
        return TaskResult() if asked[task] > ends[task] else TaskResult(error=REFUSED)

    return len(run_virtual(definition, {}, SimulatedBackend(table)).history)


@pytest.mark.parametrize("growth", [0, 0.02])
@pytest.mark.parametrize("share", SHARES)
def test_whenever_the_records_come_the_events_are_no_more_than_were_counted(share, growth) -> None:
    definition = machine(growth)
    most = definition["States"]["a"]["Retry"][0]["MaxAttempts"]
    ends = {task: int(part * most) for task, part in zip("abc", share, strict=True)}
    assert recorded(definition, ends) <= counted(definition)


def test_the_count_is_close() -> None:
    definition = machine(0)
    third = DEADLINE // 30 // 3
    assert counted(definition) - recorded(definition, {"a": third, "b": third, "c": third * 2}) < 15


def test_without_a_deadline_in_its_question_each_counts_in_full() -> None:
    full = 3 * math.ceil(DEADLINE / 30) * 3
    assert counted(machine(0)) < full / 2
    assert counted(machine(0, until=0)) > full


def test_a_task_that_goes_on_after_the_error_that_is_to_end_it_counts_in_full() -> None:
    definition = machine(0)
    for name in "abc":
        definition["States"][name]["Retry"].pop()
    assert counted(definition) == counted(machine(0, until=0))


def test_a_poller_for_three_records_keeps_an_interval_at_which_they_share_a_day() -> None:
    shared = [nested(name) for name in "xyz"]
    flow = workflow(nested("a"), *shared, nested("b"), nested("d", "a", *"xyz"), nested("e", *"xyz", "b"))
    options = Options(poller_style=PollerStyle.RETRY, resumable=False, await_deadline=24 * 3600)
    converted = convert(flow, options)
    assert converted.machine is not None
    assert converted.machine.pace.growth == 0
    # Each alone may ask 2,880 times in a day, with three events: as if that added up, it would be too many.
    assert 3 * 2_880 * 3 > HISTORY_EVENTS > counted(converted.machine.definition)
