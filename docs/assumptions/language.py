"""What is assumed of Amazon States Language itself."""

from __future__ import annotations

import time

from docs.assumptions.model import CannotTell, assumed, by_hand, expect
from docs.assumptions.world import World, parallel

_FAILS = {"Type": "Fail", "Error": "Ours", "Cause": "on purpose"}


@assumed(
    "L1", "`$millis()`, `$toMillis()`, `$hash()`, `$sift()`, `$lookup()` work in every JSONata field of AWS"
)
def _functions(world: World) -> None:
    text = (
        "{% {'millis': $millis() > $toMillis('2020-01-01T00:00:00Z'), 'hash': $length($hash('a', 'SHA-256')),"
        " 'sift': $sift({'a': 1, 'b': 2}, function($v) {$v > 1}), 'lookup': $lookup({'a': 7}, 'a')} %}"
    )
    condition = "{% $lookup({'a': $length($hash('a', 'SHA-256'))}, 'a') = 64 and $millis() > 0 %}"
    run = world.run(
        {
            "pass": {"Type": "Pass", "Assign": {"assigned": text}, "Output": text},
            "wait": {"Type": "Wait", "Seconds": "{% $lookup({'a': $millis() > 0 ? 0 : 9}, 'a') %}"},
            "both": parallel({"in": {"Type": "Pass"}}, Arguments={"given": text}),
            "choose": {
                "Type": "Choice",
                "Choices": [{"Condition": condition, "Next": "end"}],
                "Default": "no",
            },
            "no": _FAILS,
            "end": {"Type": "Succeed", "Output": "{% [$assigned, $states.input[0].given] %}"},
        }
    )
    wanted = {"millis": True, "hash": 64, "sift": {"b": 2}, "lookup": 7}
    expect(run.output == [wanted, wanted], f"{run.status} {run.error} {run.output}")


@assumed(
    "L2",
    "`$millis()` in a Task's `Output` is the time of evaluation, not of the state's start",
)
def _output_time(world: World) -> None:
    child = world.machine({"wait": {"Type": "Wait", "Seconds": 3}})
    run = world.run({"task": _nested(child, Output="{% $millis() %}")})
    begun, ended = (
        run.of(kind)[0]["timestamp"].timestamp() * 1000 for kind in ("TaskStateEntered", "TaskStateExited")
    )
    expect(run.output is not None, f"{run.status} {run.error}")
    expect(
        ended - 2000 < run.output <= ended + 1000,
        f"{run.output - begun} ms after the start, of {ended - begun}",
    )


@assumed("L3", "`Arguments: {}` of a Parallel gives its branches an empty object")
def _empty_arguments(world: World) -> None:
    run = world.run({"both": parallel({"in": {"Type": "Pass"}}, Arguments={})}, {"a": 1})
    expect(run.output == [{}], f"{run.status} {run.output}")


@assumed("L4", "`Arguments` of a Parallel are evaluated anew for each try, and `State.RetryCount` is there")
def _retried_parallel(world: World) -> None:
    choose = {
        "Type": "Choice",
        "Choices": [{"Condition": "{% $states.input.tries < 2 %}", "Next": "fail"}],
        "Default": "end",
    }
    run = world.run(
        {
            "both": parallel(
                {"choose": choose, "fail": _FAILS, "end": {"Type": "Pass", "End": True}},
                Arguments={"tries": "{% $states.context.State.RetryCount %}"},
                Retry=[{"ErrorEquals": ["Ours"], "IntervalSeconds": 1, "MaxAttempts": 3, "BackoffRate": 1}],
            )
        }
    )
    expect(run.output == [{"tries": 2}], f"{run.status} {run.error} {run.output}")


@assumed(
    "L5",
    "a Parallel is retried and caught by the error of a Fail state in its branch, and by an evaluation error there",
)
def _caught_parallel(world: World) -> None:
    caught = [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput.Error %}", "Next": "end"}]
    bad = {"Type": "Pass", "Output": "{% $error('on purpose') %}"}
    for state, error in ((_FAILS, "Ours"), (bad, "States.QueryEvaluationError")):
        run = world.run({"both": parallel({"in": state}, Catch=caught), "end": {"Type": "Succeed"}})
        expect(run.output == error, f"{error} arrived as {run.status} {run.error} {run.output}")


@assumed("L6", "a variable assigned in a branch may have the name of one in a sibling branch")
def _variables(world: World) -> None:
    def branch(value: int) -> dict[str, object]:
        end = {"Type": "Pass", "Output": "{% $same %}"}
        return {"assign": {"Type": "Pass", "Assign": {"same": value}}, "end": end}

    run = world.run({"both": parallel(branch(1), {f"{name} 2": state for name, state in branch(2).items()})})
    expect(run.output == [1, 2], f"{run.status} {run.error} {run.output}")


@assumed(
    "L7",
    "`Items` of a Map may be a JSONata expression, and `[0..-1]` in it is an empty array; "
    "`$states.context.Map.Item.Value` is there in `ItemSelector`",
)
def _items(world: World) -> None:
    def mapped(items: str) -> dict[str, object]:
        processor = {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": "in",
            "States": {"in": {"Type": "Pass", "End": True}},
        }
        selector = {"item": "{% $states.context.Map.Item.Value %}"}
        return {"Type": "Map", "Items": items, "ItemSelector": selector, "ItemProcessor": processor}

    found = [world.run({"map": mapped(f"{{% [0..{last}] %}}")}).output for last in (-1, 1)]
    expect(found == [[], [{"item": 0}, {"item": 1}]], str(found))


@assumed("L8", "a Wait's `Timestamp` may be in the past, and its `Seconds` 0")
def _waits(world: World) -> None:
    begun = time.monotonic()
    run = world.run(
        {
            "past": {"Type": "Wait", "Timestamp": "{% '2020-01-01T00:00:00Z' %}"},
            "now": {"Type": "Wait", "Seconds": 0},
        }
    )
    expect(run.status == "SUCCEEDED" and time.monotonic() - begun < 60, f"{run.status} {run.error}")


@assumed("L9", "a definition may have Parallels nested a hundred deep")
def _deep(world: World) -> None:
    states: dict[str, object] = {"in": {"Type": "Pass"}}
    for level in range(100):
        states = {f"level {level}": parallel(states)}
    run = world.run(states)
    expect(run.status == "SUCCEEDED", f"{run.status} {run.error}")


@assumed("L10", "event ids of a history are contiguous")
def _event_ids(world: World) -> None:
    branch = {"in": {"Type": "Wait", "Seconds": 1}, "then": {"Type": "Pass"}}
    run = world.run({"both": parallel(branch, {f"{name} 2": state for name, state in branch.items()})})
    ids = [event["id"] for event in run.events]
    expect(ids == list(range(1, len(ids) + 1)), str(ids))


@assumed(
    "L11",
    "a stopped or timed-out child of `states:startExecution.sync:2` fails the state with `States.TaskFailed`; "
    "`DescribeExecution` tells its status and, if stopped, error and cause",
)
def _stopped_child(world: World) -> None:
    child = world.machine({"wait": {"Type": "Wait", "Seconds": 60}})
    execution = world.start(
        world.machine({"task": _nested(child, Catch=_caught())} | {"end": {"Type": "Succeed"}})
    )
    inner = _running_child(world, child)
    world.states.stop_execution(executionArn=inner, error="Ours", cause="on purpose")
    run, told = world.end_of(execution), world.states.describe_execution(executionArn=inner)
    expect(run.output == "States.TaskFailed", f"it arrived as {run.status} {run.error} {run.output}")
    found = (told["status"], told.get("error"), told.get("cause"))
    expect(found == ("ABORTED", "Ours", "on purpose"), str(found))
    slow = world.machine({"wait": {"Type": "Wait", "Seconds": 60}}, TimeoutSeconds=1)
    run = world.run({"task": _nested(slow, Catch=_caught()), "end": {"Type": "Succeed"}})
    expect(run.output == "States.TaskFailed", f"a timeout arrived as {run.status} {run.error} {run.output}")


@assumed("L12", "stopping an execution stops the executions that it started with `.sync:2`")
def _stopped_parent(world: World) -> None:
    child = world.machine({"wait": {"Type": "Wait", "Seconds": 60}})
    execution = world.start(world.machine({"task": _nested(child)}))
    inner = _running_child(world, child)
    world.states.stop_execution(executionArn=execution)
    status = world.end_of(inner).status
    expect(status == "ABORTED", f"the child ended as {status}")


@assumed("L13", "the ARN of an execution that was started by a version has the machine's name alone")
def _version(world: World) -> None:
    machine = world.machine({"in": {"Type": "Pass"}})
    version = world.states.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
    execution = world.start(version)
    world.end_of(execution)
    world.states.delete_state_machine_version(stateMachineVersionArn=version)
    expect(execution.split(":")[6] == machine.rsplit(":", 1)[1], execution)


by_hand(
    "L14",
    "states entered and retries are what is billed",
    "compare `RunResult.transitions` of a day with the bill",
    "a bill comes a day later",
)
by_hand(
    "L15",
    "paging a history backwards while it grows leaves no gap",
    "follow a busy run with a small page size",
    "that no gap was seen once proves nothing",
)
by_hand(
    "L16",
    "a record of 256 KiB at most, with those of all instances, is what limits a Map's output",
    "run a mapped task whose instances return much",
    "documented; only the exact limit would be new",
)
by_hand(
    "L17",
    "how deep executions may start each other has no limit below the few levels that a large DAG needs",
    "run a DAG of more than 900 tasks",
    "levels are few, and each is a machine of its own to make: the DAG itself is the better check",
)


@assumed(
    "L18",
    "an execution of a distributed Map has in its context its own input and start; `State.RetryCount` is there "
    "where a Catch assigns; `ListExecutions` lists it by its Map Run, and its history is its own",
)
def _map_run(world: World) -> None:
    count = "$states.context.State.RetryCount"
    everything = ["States.ALL"]
    fails = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sfn:describeExecution",
        "Arguments": {"ExecutionArn": "no execution"},
        "Retry": [{"ErrorEquals": everything, "IntervalSeconds": 1, "MaxAttempts": 1}],
        "Catch": [
            {
                "ErrorEquals": everything,
                "Assign": {"tries": f"{{% $exists({count}) ? {count} : -1 %}}"},
                "Next": "told",
            }
        ],
        "End": True,
    }
    context = "$states.context.Execution"
    own = f"{{% {{'given': {context}.Input, 'id': {context}.Id, 'tries': $tries}} %}}"
    each = {
        "Type": "Map",
        "Items": [7],
        "ItemSelector": {
            "item": "{% $states.context.Map.Item.Value %}",
            "the run": "{% {'id': $states.context.Execution.Id} %}",
        },
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "fails",
            "States": {"fails": fails, "told": {"Type": "Pass", "Output": own, "End": True}},
        },
    }
    run = world.run({"each": each})
    expect(run.status == "SUCCEEDED", f"{run.status} {run.error}")
    (told,) = run.output
    expect(told["given"] == {"item": 7, "the run": {"id": run.arn}}, str(told["given"]))
    expect(told["tries"] == 1, f"RetryCount {told['tries']}")
    (map_run,) = world.states.list_map_runs(executionArn=run.arn)["mapRuns"]
    found = world.states.list_executions(mapRunArn=map_run["mapRunArn"])["executions"]
    expect([one["executionArn"] for one in found] == [told["id"]], str(found))
    events = world.states.get_execution_history(executionArn=told["id"])["events"]
    kinds = [event["type"] for event in events]
    expect(kinds[0] == "ExecutionStarted" and "TaskFailed" in kinds, str(kinds))


by_hand(
    "L19",
    "a role may start the executions of a distributed Map with `states:StartExecution` on its machine, and stop "
    "and describe them by `execution:MACHINE:*` and `execution:MACHINE/*:*`, also where it got these permissions "
    "after the machine was made; a stopped execution stops them",
    "deploy a DAG with more than 750 instances and three retries, with a teardown; run it, and stop it",
    "it shows in a stack of a bundle: deploying one is the check",
)


def _nested(machine: str, **fields: object) -> dict[str, object]:
    arguments = {"StateMachineArn": machine, "Input": {}}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Arguments": arguments,
        **fields,
    }


def _caught() -> list[dict[str, object]]:
    return [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput.Error %}", "Next": "end"}]


def _running_child(world: World, machine: str) -> str:
    deadline = time.monotonic() + 60
    while not (found := world.states.list_executions(stateMachineArn=machine)["executions"]):
        if time.monotonic() > deadline:
            raise CannotTell("the child was not started within a minute")
        time.sleep(0.5)
    return str(found[0]["executionArn"])
