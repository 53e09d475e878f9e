from __future__ import annotations

import asyncio
import math
import time
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from converter.engine import (
    Execution,
    InvalidExecutionInput,
    RealClock,
    SimulatedBackend,
    TaskResult,
    VirtualClock,
    parse_definition,
)

ARN = "arn:aws:states:us-east-1:000000000000:execution:m:e"
END = {"Type": "Pass", "End": True}
WAIT = {"Type": "Wait", "Seconds": 60, "End": True}


def prepare(
    definition: Any, clock: Any, backend: Any = None, input_text: str = "{}", **fields: Any
) -> Execution:
    return Execution(
        parse_definition(definition),
        input_text,
        backend=backend or SimulatedBackend({}),
        clock=clock,
        arn=ARN,
        state_machine_arn="arn:aws:states:us-east-1:000000000000:stateMachine:m",
        name="e",
        **fields,
    )


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(datetime(2026, 1, 1, tzinfo=timezone.utc))


def test_a_stopped_execution_is_aborted_at_once(build: Any, clock: VirtualClock) -> None:
    execution = prepare(build.machine({"W": WAIT}), clock)

    async def stop_after_ten_seconds() -> None:
        running = asyncio.ensure_future(execution.run())
        await asyncio.sleep(10)
        execution.stop("Why", "because")
        assert execution.status == "ABORTED"
        await running

    clock.run(stop_after_ten_seconds())
    assert (execution.error, execution.cause) == ("Why", "because")
    assert execution.stop_date == execution.start_date + timedelta(seconds=10)
    # The links of a recording.
    assert build.links(execution)[1:] == [(2, 0, "WaitStateEntered"), (3, 0, "ExecutionAborted")]


def test_stopping_cancels_every_call(build: Any, clock: VirtualClock) -> None:
    backend = SimulatedBackend({"A": TaskResult(math.inf), "B": TaskResult(math.inf)})
    branches = [{"StartAt": n, "States": {n: build.task(TimeoutSeconds=99)}} for n in "AB"]
    parallel = {"Type": "Parallel", "Branches": branches, "End": True}
    execution = prepare(build.machine({"P": parallel}), clock, backend)

    async def stop_soon() -> None:
        asyncio.get_running_loop().call_later(3, execution.stop)
        await execution.run()

    clock.run(stop_soon())
    assert len(backend.cancelled) == 2
    assert execution.history[-1].type == "ExecutionAborted"
    assert len([e for e in execution.history if e.type.endswith("StateAborted")]) == 0


def test_an_execution_stopped_before_it_ran_does_not_run(build: Any, clock: VirtualClock) -> None:
    execution = prepare(build.machine({"A": END}), clock)
    execution.stop()
    clock.run(execution.run())
    assert build.links(execution) == [(1, 0, "ExecutionStarted"), (2, 0, "ExecutionAborted")]


def test_stopping_what_has_ended_changes_nothing(run: Any) -> None:
    execution = run({"A": END})
    execution.stop("E", "c")
    assert (execution.status, execution.error, len(execution.history)) == ("SUCCEEDED", None, 4)


def test_the_machines_own_timeout_ends_it(run: Any, build: Any) -> None:
    backend = SimulatedBackend({"T": TaskResult(math.inf)})
    execution = run({"T": build.task()}, tasks=backend, TimeoutSeconds=30)
    assert (execution.status, execution.error) == ("TIMED_OUT", "States.Timeout")
    assert execution.stop_date - execution.start_date == timedelta(seconds=30)
    assert execution.history[-1].type == "ExecutionTimedOut"
    assert len(backend.cancelled) == 1


def test_no_execution_runs_longer_than_a_year(run: Any) -> None:
    execution = run(
        {
            "Long": {"Type": "Wait", "Seconds": 99_999_999, "Next": "Again"},
            "Again": {"Type": "Pass", "Next": "Long"},
        }
    )
    assert (execution.status, execution.error) == ("TIMED_OUT", "States.Timeout")
    assert execution.stop_date - execution.start_date == timedelta(days=365)
    assert execution.history[-1].type == "ExecutionTimedOut"


def test_retries_do_not_outlast_the_year(run: Any, build: Any) -> None:
    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 99_999_999, "BackoffRate": 1e9}]
    execution = run({"T": build.task(Retry=retry)}, tasks={"T": TaskResult(error="E")})
    assert execution.status == "TIMED_OUT"
    assert execution.stop_date - execution.start_date == timedelta(days=365)


def test_event_25000_is_the_one_that_fails_an_endless_loop(run: Any) -> None:
    rule = {"Condition": False, "Next": "Z"}
    states = {"C": {"Type": "Choice", "Choices": [rule], "Default": "C"}, "Z": {"Type": "Succeed"}}
    execution = run(states)
    # Measured on AWS by others: https://github.com/floci-io/floci/issues/2734
    assert (execution.status, execution.error) == ("FAILED", "States.Runtime")
    assert execution.cause == "The execution reached the maximum number of history events (25000)."
    last = execution.history[-1]
    assert (last.id, last.previous_event_id, last.type) == (25000, 24999, "ExecutionFailed")


def test_the_limit_ends_all_branches(run: Any, build: Any) -> None:
    loop = {
        "StartAt": "C",
        "States": {"C": {"Type": "Choice", "Choices": [{"Condition": False, "Next": "C"}], "Default": "C"}},
    }
    backend = SimulatedBackend({"T": TaskResult(math.inf)})
    branches = [loop, {"StartAt": "T", "States": {"T": build.task()}}]
    execution = run({"P": {"Type": "Parallel", "Branches": branches, "End": True}}, tasks=backend)
    assert len(execution.history) == 25000
    assert execution.history[-1].type == "ExecutionFailed"
    assert len(backend.cancelled) == 1


def test_every_event_is_told_as_it_happens(build: Any, clock: VirtualClock) -> None:
    told: list[Any] = []
    execution = prepare(build.machine({"A": END}), clock, on_event=told.append)
    clock.run(execution.run())
    assert told == list(execution.history)


def test_events_have_the_shape_of_the_api(run: Any) -> None:
    entered = run({"A": END}, '{"a": 1}').history[1]
    assert entered.to_api() == {
        "timestamp": datetime(2026, 1, 1, tzinfo=timezone.utc),
        "type": "PassStateEntered",
        "id": 2,
        "previousEventId": 0,
        "stateEnteredEventDetails": {
            "name": "A",
            "input": '{"a": 1}',
            "inputDetails": {"truncated": False},
        },
    }
    assert "input" not in entered.to_api(include_data=False)["stateEnteredEventDetails"]


@pytest.mark.parametrize(
    "text", ["", "{", "NaN", "1e999", '"\\ud800"', "[" * 99_999, '"' + "a" * 262144 + '"']
)
def test_an_input_that_is_no_json_or_too_large_is_refused(build: Any, clock: VirtualClock, text: str) -> None:
    with pytest.raises(InvalidExecutionInput):
        prepare(build.machine({"A": END}), clock, input_text=text)


def test_the_same_machine_runs_on_the_real_clock(build: Any) -> None:
    states = {"W": {"Type": "Wait", "Seconds": 1, "Next": "A"}, "A": END}
    execution = prepare(build.machine(states), RealClock())
    began = time.monotonic()
    asyncio.run(execution.run())
    assert execution.status == "SUCCEEDED"
    assert time.monotonic() - began > 0.9


def test_hundreds_of_executions_share_one_real_loop(build: Any) -> None:
    definition = build.machine({"T": build.task(TimeoutSeconds=30, Next="A"), "A": END})
    backend = SimulatedBackend({"T": TaskResult(0.2, {"ok": True})})

    async def run_all() -> list[Execution]:
        executions = [prepare(definition, RealClock(), backend) for _ in range(300)]
        await asyncio.gather(*(execution.run() for execution in executions))
        return executions

    began = time.monotonic()
    assert {execution.status for execution in asyncio.run(run_all())} == {"SUCCEEDED"}
    assert time.monotonic() - began < 40  # about one; one after another, a minute
