"""A task that is a Parallel with calls, polls and waits inside is read back as any other task."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from scripted_runs import ARN, at

from converter.asl.awaiting import Pace
from converter.asl.machine import emit
from converter.asl.options import Failures, Options
from converter.engine import TaskCall, TaskResult
from converter.executions import read_back
from converter.expressions.jsonata import Expression
from converter.operators.parts import Call, Ending, Failure, Limit, Poll
from converter.operators.step import Step
from converter.planning import plan_workflow
from converter.workflow import Location, Retries, Task, Workflow

ASK = Call(
    "look",
    "arn:aws:states:::aws-sdk:s3:listObjectsV2",
    {"Bucket": "b"},
    keeps={"found": Expression("$states.result.n")},
)
FAILS = Failure(Expression("$found < 0"), Ending("Broken", Expression("'n is ' & $string($found)")))
POLL = Poll(ASK, Expression("$found > 0"), 10, failures=(FAILS,))


def answers(*found: Any) -> Any:
    """Answer the calls with these numbers, one after another; a text is an error."""
    left = list(found)

    def answer(call: TaskCall) -> TaskResult:
        value = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(value, str):
            return TaskResult(1, error=value, cause="scripted")
        return TaskResult(1, {"n": value})

    return {"s: look": answer}


def machine(poll: Poll = POLL, retries: int = 0, failures: Failures = Failures.AIRFLOW) -> dict[str, Any]:
    task = Task("s", "tests.Sensor", retries=Retries(retries, delay=5))
    after = Task("t", "tests.Empty", upstream=("s",))
    flow = Workflow("example", (task, after), Location("dags/example.py"))
    step = Step("s", "Sensor", parts=(poll,), output=Expression("$found"), final_errors=("TooLate",))
    steps = {"s": step, "t": Step("t", "EmptyOperator")}
    options = Options(resumable=False, failures=failures)
    return dict(emit(flow, plan_workflow(flow), steps, options, Pace(30, 86_400)).definition)


def test_a_success_has_the_times_of_the_whole_task(simulate: Any) -> None:
    result = read_back(simulate(machine(), answers(0, 0, 7)).client(), ARN).tasks["s"]
    assert (result.state, result.start, result.end) == ("success", at(0), at(23))
    assert (result.attempts, result.output) == (1, 7)


def test_tries_are_counted_and_a_success_after_failures_has_no_error(simulate: Any) -> None:
    result = read_back(simulate(machine(retries=3), answers(0, -1, "S3.Oops", 7)).client(), ARN).tasks["s"]
    assert (result.state, result.attempts, result.error) == ("success", 3, None)
    assert (result.start, result.end) == (at(0), at(0 + 12 + 5 + 1 + 5 + 1))


@pytest.mark.parametrize(
    ("found", "error", "cause"),
    [((-1,), "Broken", "n is -1"), ((0, "S3.Oops"), "S3.Oops", "scripted")],
)
def test_a_failure_has_the_error_and_cause_of_the_last_try(
    simulate: Any, found: Any, error: str, cause: str
) -> None:
    result = read_back(simulate(machine(retries=1), answers(*found)).client(), ARN)
    assert (result.status, result.tasks["t"].state) == ("FAILED", "upstream_failed")
    task = result.tasks["s"]
    assert (task.state, task.error, task.cause) == ("failed", error, cause)
    assert task.attempts == 2


def test_a_failure_that_ends_the_execution_is_the_tasks(simulate: Any) -> None:
    poll = replace(POLL, limit=Limit(15, Ending("TooLate", "nothing came")))
    made = machine(poll, retries=2, failures=Failures.STOP)
    result = read_back(simulate(made, answers(0)).client(), ARN)
    task = result.tasks["s"]
    assert (task.state, task.error, task.cause) == ("failed", "TooLate", "nothing came")
    assert (task.attempts, result.tasks["t"].state) == (1, "skipped")


@pytest.mark.parametrize(
    ("until", "state"), [(11.5, "running"), (5, "running")], ids=["while it asks", "while it waits"]
)
def test_a_running_task_is_running(simulate: Any, until: float, state: str) -> None:
    result = read_back(simulate(machine(), answers(0), until=until).client(), ARN).tasks["s"]
    assert (result.state, result.attempts, result.end) == (state, 1, None)


def test_a_stop_finds_a_try_or_the_wait_between_two(simulate: Any) -> None:
    def stopped(after: float) -> Any:
        made = machine(retries=2)
        return read_back(simulate(made, answers(0, -1, 0), stop_after=after).client(), ARN).tasks["s"]

    assert stopped(5).state == "failed"
    assert stopped(14).state == "skipped"  # the first try has failed at 12 s, the second begins at 17 s
    assert stopped(19).state == "failed"


def test_transitions_are_the_states_entered_and_the_tries(simulate: Any) -> None:
    result = read_back(simulate(machine(retries=1), answers(0, -1, 1)).client(), ARN)
    # The task, begin, twice look and over?, wait, failed; a retry: itself, begin, look, over?, done; t.
    assert result.transitions == (1 + 1 + 4 + 1 + 1) + (1 + 4) + 1
