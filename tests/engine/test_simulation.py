from __future__ import annotations

import math
import time
from random import Random
from typing import Any

import pytest

from converter.engine import Deadlock, SimulatedBackend, TaskResult, parse_definition, run_virtual

CALLBACK = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"


def test_a_state_that_is_not_in_the_table_fails_by_name(run: Any, build: Any) -> None:
    execution = run({"T": build.task()})
    assert execution.cause == "Nothing is simulated for the state 'T'"


def test_tokens_are_answered_by_the_simulation(run: Any, build: Any) -> None:
    state = build.task(Resource=CALLBACK, TimeoutSeconds=60)
    execution = run({"T": state}, tasks={"T": TaskResult(9, {"a": 1}, submitted={"MessageId": "m"})})
    assert execution.output == '{"a":1}'
    assert execution.history[4].details["output"] == '{"MessageId":"m"}'


def test_a_task_that_never_ends_is_a_deadlock_and_no_hang(run: Any, build: Any) -> None:
    with pytest.raises(Deadlock):
        run({"T": build.task(Resource=CALLBACK)}, tasks={"T": TaskResult(math.inf)})


def poll_machine(build: Any) -> dict[str, Any]:
    """Fifteen states: three jobs side by side, one awaited by a poll loop in a sibling branch."""
    job = {"Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "JitterStrategy": "FULL"}]}

    def record(name: str) -> dict[str, Any]:
        output = f"{{% $merge([$states.input, {{'{name}': {{'at': $now(), 'output': $states.result}}}}]) %}}"
        catch = [{"ErrorEquals": ["States.ALL"], "Output": {name: "failed"}, "Next": f"{name} end"}]
        return {**job, "Output": output, "Catch": catch, "Next": f"{name} end"}

    def branch(name: str) -> dict[str, Any]:
        states = {name: build.task(**record(name)), f"{name} end": {"Type": "Succeed"}}
        return {"StartAt": name, "States": states}

    poller = {
        "StartAt": "wait",
        "States": {
            "wait": {"Type": "Wait", "Seconds": 30, "Next": "poll"},
            "poll": build.task(Assign={"state": "{% $states.result.state %}"}, Next="done?"),
            "done?": {
                "Type": "Choice",
                "Choices": [{"Condition": "{% $state = 'done' %}", "Next": "after"}],
                "Default": "wait",
            },
            "after": build.task(**record("after")),
            "after end": {"Type": "Succeed"},
        },
    }
    parallel = {
        "Type": "Parallel",
        "Branches": [branch("a"), branch("b"), branch("c"), poller],
        "Output": "{% $merge($states.result) %}",
        "Next": "end",
    }
    definition: dict[str, Any] = build.machine({"jobs": parallel, "end": {"Type": "Succeed"}})
    return definition


def random_backend(seed: int) -> SimulatedBackend:
    random = Random(seed)

    def behave(call: Any) -> TaskResult:
        if call.state_name == "poll":
            return TaskResult(1, {"state": "done" if random.random() < 0.05 else "running"})
        failed = random.random() < 0.2
        return TaskResult(random.uniform(1, 900), {"run": call.state_name}, "Boom" if failed else None)

    return SimulatedBackend(behave)


def test_the_same_seed_gives_the_same_history(build: Any) -> None:
    definition = parse_definition(poll_machine(build))
    first, second, other = (
        run_virtual(definition, {}, random_backend(seed), seed=seed) for seed in (5, 5, 6)
    )
    assert first.history == second.history
    assert first.history != other.history


def test_a_hundred_runs_take_seconds(build: Any) -> None:
    definition = parse_definition(poll_machine(build))
    began = time.process_time()
    runs = [run_virtual(definition, {}, random_backend(seed), seed=seed) for seed in range(100)]
    assert {execution.status for execution in runs} == {"SUCCEEDED"}
    assert sum(len(execution.history) for execution in runs) > 100 * 150
    assert time.process_time() - began < 10  # less than two


@pytest.mark.parametrize("seconds", [0.0, 0.25])
def test_what_cannot_be_evaluated_fails_after_a_moment_if_it_is_told_to(seconds: float) -> None:
    publish = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sns:publish",
        "Arguments": "{% $error('no') %}",
        "Catch": [{"ErrorEquals": ["States.ALL"], "Output": "{% $millis() %}", "Next": "caught"}],
        "End": True,
    }
    states = {"publish": publish, "caught": {"Type": "Succeed"}}
    definition = {"QueryLanguage": "JSONata", "StartAt": "publish", "States": states}
    execution = run_virtual(definition, {}, random_backend(1), failure_seconds=seconds)
    assert execution.output is not None
    assert int(execution.output) == int((execution.start_date.timestamp() + seconds) * 1000)
