from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from converter.engine import (
    Execution,
    SimulatedBackend,
    TaskCall,
    TaskFailure,
    TaskResult,
    VirtualClock,
    parse_definition,
)

CALLBACK = "arn:aws:states:::lambda:invoke.waitForTaskToken"
SYNC = "arn:aws:states:::glue:startJobRun.sync"
CAUGHT = {"Type": "Pass", "End": True}
CATCH_ALL = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]


def failing(times: int, error: str = "Boom") -> Callable[[TaskCall], TaskResult]:
    return lambda call: TaskResult(error=error) if call.retry_count < times else TaskResult(output="ok")


def types(execution: Any) -> list[str]:
    return [event.type for event in execution.history]


def test_a_task_gives_its_arguments_and_takes_the_result(run: Any, build: Any) -> None:
    backend = SimulatedBackend({"T": TaskResult(5, {"x": 1})})
    arguments = {"n": "{% $states.input.n %}", "name": "{% $states.context.State.Name %}"}
    execution = run(
        {"T": build.task(Arguments=arguments, Output="{% $states.result.x %}")}, {"n": 2}, backend
    )
    assert execution.output == "1"
    assert execution.stop_date - execution.start_date == timedelta(seconds=5)
    assert backend.calls[0].arguments == {"n": 2, "name": "T"}
    assert backend.calls[0].execution_arn == execution.arn


def test_without_arguments_a_task_gets_the_input(run: Any, build: Any) -> None:
    backend = SimulatedBackend({"T": TaskResult()})
    state = build.task()
    del state["Arguments"]
    run({"T": state}, {"n": 2}, backend)
    assert backend.calls[0].arguments == {"n": 2}


def test_the_history_of_a_sync_task_has_its_submission(run: Any, build: Any) -> None:
    state = build.task(Resource=SYNC, TimeoutSeconds=60)
    execution = run({"T": state}, tasks={"T": TaskResult(1, submitted={"JobRunId": "jr"})})
    assert build.links(execution) == [
        (1, 0, "ExecutionStarted"),
        (2, 0, "TaskStateEntered"),
        (3, 2, "TaskScheduled"),
        (4, 3, "TaskStarted"),
        (5, 4, "TaskSubmitted"),
        (6, 5, "TaskSucceeded"),
        (7, 6, "TaskStateExited"),
        (8, 7, "ExecutionSucceeded"),
    ]
    scheduled = execution.history[2].to_api()["taskScheduledEventDetails"]
    assert (scheduled["resourceType"], scheduled["resource"]) == ("glue", "startJobRun.sync")
    assert scheduled["timeoutInSeconds"] == 60
    assert execution.history[4].details["output"] == '{"JobRunId":"jr"}'


def test_retry_waits_longer_each_time_and_counts(run: Any, build: Any) -> None:
    backend = SimulatedBackend({"T": failing(2)})
    state = build.task(Retry=[{"ErrorEquals": ["Boom"]}], Arguments="{% $states.context.State.RetryCount %}")
    execution = run({"T": state}, tasks=backend)
    assert execution.stop_date - execution.start_date == timedelta(seconds=1 + 2)
    assert [call.arguments for call in backend.calls] == [0, 1, 2]
    assert types(execution).count("TaskStateEntered") == 1
    assert types(execution).count("TaskScheduled") == 3


def test_retries_start_anew_when_the_state_is_entered_again(run: Any, build: Any) -> None:
    backend = SimulatedBackend({"T": failing(1)})
    rule = {"Condition": "{% $n = 2 %}", "Next": "Z"}
    states = {
        "I": {"Type": "Pass", "Assign": {"n": 0}, "Next": "T"},
        "T": build.task(
            Retry=[{"ErrorEquals": ["Boom"], "MaxAttempts": 1}], Assign={"n": "{% $n + 1 %}"}, Next="C"
        ),
        "C": {"Type": "Choice", "Choices": [rule], "Default": "T"},
        "Z": {"Type": "Succeed"},
    }
    assert run(states, tasks=backend).status == "SUCCEEDED"
    assert [call.retry_count for call in backend.calls] == [0, 1, 0, 1]


def test_exhausted_retries_fail_with_the_last_error(run: Any, build: Any) -> None:
    state = build.task(Retry=[{"ErrorEquals": ["Boom"], "MaxAttempts": 1}])
    execution = run({"T": state}, tasks={"T": TaskResult(error="Boom", cause="because")})
    assert (execution.error, execution.cause) == ("Boom", "because")
    assert types(execution).count("TaskFailed") == 2


def test_catch_sees_the_error_and_can_assign_and_shape_the_output(run: Any, build: Any) -> None:
    catch = {
        "ErrorEquals": ["Boom"],
        "Assign": {"why": "{% $states.errorOutput.Cause %}"},
        "Output": "{% [$states.input.k, $states.errorOutput.Error] %}",
        "Next": "Caught",
    }
    caught = {**CAUGHT, "Output": "{% {'input': $states.input, 'why': $why} %}"}
    states = {"T": build.task(Catch=[catch]), "Caught": caught}
    execution = run(states, {"k": 7}, {"T": TaskResult(error="Boom", cause="because")})
    assert json.loads(execution.output) == {"input": [7, "Boom"], "why": "because"}


def test_an_error_that_nothing_matches_fails_the_execution(run: Any, build: Any) -> None:
    states = {"T": build.task(Catch=[{"ErrorEquals": ["Other"], "Next": "Caught"}]), "Caught": CAUGHT}
    assert run(states, tasks={"T": TaskResult(error="Boom")}).error == "Boom"


@pytest.mark.parametrize("timeout", [5, "{% $states.input.limit %}"])
def test_a_timeout_ends_the_try_and_cancels_the_call(run: Any, build: Any, timeout: Any) -> None:
    backend = SimulatedBackend({"T": TaskResult(math.inf)})
    execution = run({"T": build.task(TimeoutSeconds=timeout)}, {"limit": 5}, backend)
    assert (execution.status, execution.error, execution.cause) == ("FAILED", "States.Timeout", None)
    assert execution.stop_date - execution.start_date == timedelta(seconds=5)
    assert types(execution)[-2:] == ["TaskTimedOut", "ExecutionFailed"]
    assert len(backend.cancelled) == 1


def test_catch_sees_an_empty_cause_of_a_timeout(run: Any, build: Any) -> None:
    states = {"T": build.task(TimeoutSeconds=5, Catch=CATCH_ALL), "Caught": CAUGHT}
    execution = run(states, tasks={"T": TaskResult(9)})
    assert json.loads(execution.output) == {"Error": "States.Timeout", "Cause": ""}


def test_a_timeout_is_per_try(run: Any, build: Any) -> None:
    retry = [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": 1, "IntervalSeconds": 1}]
    execution = run({"T": build.task(TimeoutSeconds=5, Retry=retry)}, tasks={"T": TaskResult(9)})
    assert execution.stop_date - execution.start_date == timedelta(seconds=5 + 1 + 5)


@pytest.mark.parametrize("value", [0, -1, 1.5])
def test_a_computed_timeout_must_be_a_positive_whole_number(run: Any, build: Any, value: float) -> None:
    execution = run({"T": build.task(TimeoutSeconds="{% $states.input %}")}, json.dumps(value))
    assert execution.error == "States.QueryEvaluationError"
    assert execution.history[2].details["location"] == "TimeoutSeconds"


def test_an_evaluation_error_in_arguments_can_be_caught(run: Any, build: Any) -> None:
    states = {"T": build.task(Arguments="{% $nope %}", Catch=CATCH_ALL), "Caught": CAUGHT}
    execution = run(states)
    assert json.loads(execution.output)["Error"] == "States.QueryEvaluationError"
    assert build.links(execution)[1:4] == [
        (2, 0, "TaskStateEntered"),
        (3, 0, "EvaluationFailed"),
        (4, 3, "TaskStateExited"),
    ]


def test_a_result_over_the_limit_fails_the_task_and_can_be_caught(run: Any, build: Any) -> None:
    states = {"T": build.task(Catch=CATCH_ALL), "Caught": CAUGHT}
    execution = run(states, tasks={"T": TaskResult(output="a" * 257 * 1024)})
    # Recorded, word for word.
    cause = (
        "The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes"
        " service limit."
    )
    assert json.loads(execution.output) == {"Error": "States.DataLimitExceeded", "Cause": cause}


def test_the_limit_counts_bytes_not_characters(run: Any, build: Any) -> None:
    execution = run({"T": build.task()}, tasks={"T": TaskResult(output="é" * 140 * 1024)})
    assert execution.error == "States.DataLimitExceeded"


def test_a_failing_lambda_function_named_by_its_arn_has_events_of_its_own(run: Any, build: Any) -> None:
    state = build.task(Resource="arn:aws:lambda:us-east-1:000000000000:function:f")
    execution = run({"T": state}, tasks={"T": TaskResult(error="Boom")})
    assert types(execution)[2:5] == [
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionFailed",
    ]


def test_a_backend_that_breaks_fails_its_task_with_a_reason(run: Any, build: Any) -> None:
    def broken(_: TaskCall) -> TaskResult:
        raise KeyError("table")

    states = {"T": build.task(Catch=CATCH_ALL), "Caught": CAUGHT}
    execution = run(states, tasks={"T": broken})
    assert (execution.status, execution.error) == ("FAILED", "States.Runtime")
    assert "KeyError('table')" in execution.cause


class Callbacks:
    """A backend that submits, returns, and leaves the rest to whoever holds the token."""

    def __init__(self, act: Callable[[Any, str], Any]) -> None:
        self.act = act
        self.execution: Any = None
        self.actions: list[asyncio.Task[Any]] = []

    def answer_tokens_of(self, execution: Any) -> None:
        self.execution = execution

    async def run(self, call: TaskCall, submitted: Callable[[Any], None]) -> Any:
        submitted({"MessageId": "m"})
        self.actions.append(asyncio.ensure_future(self.act(self.execution, call.arguments)))
        return {"ignored": True}


@pytest.fixture
def run_callback(build: Any) -> Any:
    from datetime import datetime, timezone

    from converter.engine import Execution, VirtualClock, parse_definition

    def run_states(act: Any, **fields: Any) -> Execution:
        arguments = "{% $states.context.Task.Token %}"
        states = {"T": build.task(Resource=CALLBACK, Arguments=arguments, **fields), "Caught": CAUGHT}
        clock = VirtualClock(datetime(2026, 1, 1, tzinfo=timezone.utc))
        backend = Callbacks(act)
        arn = "arn:aws:states:us-east-1:000000000000:execution:m:e"
        execution = Execution(
            parse_definition(build.machine(states)),
            "{}",
            backend=backend,
            clock=clock,
            arn=arn,
            state_machine_arn=arn,
            name="e",
        )
        backend.execution = execution
        clock.run(execution.run())
        return execution

    return run_states


def test_a_task_token_ends_the_task_with_what_is_sent(run_callback: Any) -> None:
    async def succeed(execution: Any, token: str) -> None:
        assert execution.waits_for(token)
        await asyncio.sleep(100)
        execution.send_task_success(token, '{"sent": 1.0}')

    execution = run_callback(succeed)
    assert json.loads(execution.output) == {"sent": 1.0}
    assert types(execution)[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]
    assert execution.stop_date - execution.start_date == timedelta(seconds=100)


def test_a_failure_without_arguments_is_caught_as_nulls(run_callback: Any) -> None:
    async def fail(execution: Any, token: str) -> None:
        execution.send_task_failure(token)

    assert json.loads(run_callback(fail, Catch=CATCH_ALL).output) == {"Error": None, "Cause": None}


def test_heartbeats_keep_a_task_alive(run_callback: Any) -> None:
    async def beat(execution: Any, token: str) -> None:
        for _ in range(5):
            await asyncio.sleep(8)
            execution.send_task_heartbeat(token)
        execution.send_task_success(token, '"alive"')

    assert run_callback(beat, HeartbeatSeconds=10).output == '"alive"'


def test_a_missed_heartbeat_ends_the_task(run_callback: Any) -> None:
    async def stop_beating(execution: Any, token: str) -> None:
        await asyncio.sleep(8)
        execution.send_task_heartbeat(token)

    execution = run_callback(stop_beating, HeartbeatSeconds=10, TimeoutSeconds=60)
    # Told like any timeout, without a cause (measured on AWS by others).
    assert (execution.error, execution.cause) == ("States.Timeout", None)
    assert execution.stop_date - execution.start_date == timedelta(seconds=18)


@pytest.mark.parametrize("name", ["States.HeartbeatTimeout", "States.Timeout", "States.ALL"])
def test_a_missed_heartbeat_is_caught_by_either_name(run: Any, build: Any, name: str) -> None:
    state = build.task(
        Resource="arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        HeartbeatSeconds=10,
        Catch=[{"ErrorEquals": ["States.TaskFailed"], "Next": "B"}, {"ErrorEquals": [name], "Next": "C"}],
    )
    ending = {"Type": "Pass", "End": True}
    execution = run({"A": state, "B": ending, "C": ending}, tasks={"A": TaskResult(math.inf)})
    assert json.loads(execution.output) == {"Error": "States.Timeout", "Cause": ""}
    assert execution.history[-3].details["name"] == "C"


def test_a_timeout_is_no_missed_heartbeat(run: Any, build: Any) -> None:
    catch = [{"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "C"}]
    states = {"A": build.task(TimeoutSeconds=5, Catch=catch), "C": {"Type": "Pass", "End": True}}
    assert run(states, tasks={"A": TaskResult(math.inf)}).error == "States.Timeout"


def test_a_token_is_worth_nothing_after_its_task(run_callback: Any) -> None:
    from converter.engine import UnknownTaskToken

    tokens = []

    async def remember(execution: Any, token: str) -> None:
        tokens.append(token)

    execution = run_callback(remember, TimeoutSeconds=5)
    with pytest.raises(UnknownTaskToken):
        execution.send_task_success(tokens[0], "{}")
    with pytest.raises(UnknownTaskToken):
        execution.send_task_heartbeat("never issued")


def test_a_backend_can_fail_before_it_has_submitted(run: Any, build: Any) -> None:
    class Refusing:
        async def run(self, call: TaskCall, submitted: Any) -> Any:
            raise TaskFailure("Glue.EntityNotFoundException", "no such job")

    execution = run({"T": build.task(Resource=SYNC)}, tasks=Refusing())
    assert types(execution)[2:5] == ["TaskScheduled", "TaskStarted", "TaskFailed"]


class Worker:
    """Takes an activity's task after a while, and answers its token."""

    def __init__(self) -> None:
        self.execution: Any = None

    async def run(self, call: Any, submitted: Any) -> Any:
        await asyncio.sleep(5)
        submitted({"workerName": "w"})
        await asyncio.sleep(5)
        self.execution.send_task_success(call.token, json.dumps({"got": call.arguments}))


@pytest.mark.parametrize(("timeout", "last"), [(60, "ActivitySucceeded"), (7, "ActivityTimedOut")])
def test_an_activity_is_started_by_its_worker_and_ended_by_its_token(timeout: int, last: str) -> None:
    arn = "arn:aws:states:us-east-1:000000000000:activity:a"
    state = {"Type": "Task", "Resource": arn, "TimeoutSeconds": timeout, "HeartbeatSeconds": 60, "End": True}
    worker, clock = Worker(), VirtualClock(datetime(2026, 1, 1, tzinfo=timezone.utc))
    execution = Execution(
        parse_definition({"StartAt": "A", "States": {"A": state}}),
        "1",
        backend=worker,
        clock=clock,
        arn="arn:aws:states:us-east-1:000000000000:execution:m:e",
        state_machine_arn="arn:aws:states:us-east-1:000000000000:stateMachine:m",
        name="e",
    )
    worker.execution = execution
    clock.run(execution.run())
    assert [event.type for event in execution.history][2:5] == ["ActivityScheduled", "ActivityStarted", last]
    scheduled, started = execution.history[2:4]
    assert scheduled.details == {
        "resource": arn,
        "input": "1",
        "inputDetails": {"truncated": False},
        "timeoutInSeconds": timeout,
        "heartbeatInSeconds": 60,
    }
    assert (scheduled.timestamp.second, started.timestamp.second, started.details) == (
        0,
        5,
        {"workerName": "w"},
    )
