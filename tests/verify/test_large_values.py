"""A value that does not fit into an execution fails its task, whoever makes it, and the others go on."""

import json
from dataclasses import replace

import pytest
from mapped import grouped, listed, mapped, xcom
from sensing import STANDARD, sensor
from workflows import empty, glue, nested, reader, workflow

from converter.asl.options import Options
from converter.engine import SimulatedBackend, TaskFailure, TaskResult, parse_definition, run_virtual
from converter.pipeline import convert
from converter.verify import SimulatedAws, Try
from converter.workflow import Opaque, Task, TriggerRule

MEGABYTE = "x" * 1_000_000
S3_READ = "airflow.providers.amazon.aws.operators.s3.S3ReadObjectOperator"


class Room(SimulatedAws):
    """Functions push as much as they are allowed to, as the deployed one does, or fail."""

    async def _try(self, call, this, submitted):
        answer = await super()._try(call, this, submitted)
        room = call.arguments.get("Payload", {}).get("room")
        if room is not None and len(json.dumps(answer["Payload"]["return_value"])) > room:
            raise TaskFailure("XComTooLarge", "too large")
        if "states:startExecution" in call.resource:
            answer["Output"] = {"rows": this.returns}
        return answer


def records(execution):
    assert execution.status == "SUCCEEDED", execution.cause
    return json.loads(execution.output)


def played(large, returns, results=None):
    """What becomes of a task, of one behind it, of one beside it and of one at the end."""
    flow = workflow(
        large, glue("behind", "large"), glue("beside"),
        empty("end", "behind", "beside", trigger_rule=TriggerRule.ALL_DONE),
    )  # fmt: skip
    machine = convert(flow, Options(resumable=False)).machine
    names = ("large", "behind", "beside", "large: instance")
    aws = Room({name: [Try(1, returns=returns)] for name in names}, results=results or {})
    found = records(run_virtual(parse_definition(machine.definition), {"run_id": "r"}, aws))
    return {task: record["state"] for task, record in found.items()}, found


FAILED = {"large": "failed", "behind": "upstream_failed", "beside": "success", "end": "success"}


def test_of_a_function():
    assert played(reader(Task("large", ""), []), MEGABYTE)[0] == FAILED


def test_of_a_service():
    task = Task("large", S3_READ, arguments={"s3_bucket": "b", "s3_key": "k"})
    states, found = played(task, None, {"large": {"Body": MEGABYTE}})
    assert states == FAILED
    assert found["large"]["error"] == "States.DataLimitExceeded"


def test_of_another_machine():
    states, found = played(nested("large"), MEGABYTE)
    assert states == FAILED
    assert found["large"]["error"] == "States.DataLimitExceeded"


@pytest.mark.parametrize(("size", "state"), [(1_000_000, "failed"), (50_000, "failed"), (20_000, "success")])
def test_of_the_instances_of_a_mapped_task_together(size, state):
    """Ten of them: each fits alone, and 500,000 bytes do not."""
    task = mapped(reader(Task("large", ""), []), x=listed(*range(10)))
    states, _ = played(task, "x" * size)
    assert states["large"] == state
    assert states["end"] == "success"


def pushed(*tasks, **sizes):
    """What becomes of tasks whose functions push so many bytes ("all": as many as they may), or a list."""

    def function(call):
        event = call.arguments["Payload"]
        value = sizes.get(event["task_id"], 0)
        if not isinstance(value, list):
            value = "x" * max(0, event["room"] - 200 if value == "all" else value)
        if len(json.dumps(value)) > event["room"]:
            return TaskResult(1, error="XComTooLarge")
        return TaskResult(1, {"Payload": {"return_value": value, "done": True}})

    machine = convert(workflow(*tasks), Options(resumable=False)).machine
    execution = run_virtual(parse_definition(machine.definition), {"run_id": "r"}, SimulatedBackend(function))
    return {task: record["state"] for task, record in records(execution).items()}


def function_task(name, *upstream, reads=(), **fields):
    return reader(Task(name, "", upstream=upstream, **fields), reads)


def end_of(*reads):
    return function_task("end", *reads, reads=reads, trigger_rule=TriggerRule.ALL_DONE)


TEN = listed(*range(10))


@pytest.mark.parametrize(("size", "state"), [(20_000, "failed"), (14_000, "success"), ("all", "success")])
def test_of_instances_beside_records_that_they_do_not_read(size, state):
    """A hundred thousand bytes are there, which a later task reads."""
    tasks = [function_task("big"), mapped(function_task("a", "big"), x=TEN), end_of("a", "big")]
    assert pushed(*tasks, big=100_000, a=size) == {"big": "success", "a": state, "end": "success"}


@pytest.mark.parametrize(("size", "state"), [(40_000, "failed"), (36_000, "success"), ("all", "success")])
@pytest.mark.parametrize("expanded", [mapped, grouped])
def test_of_instances_that_each_get_a_large_record(expanded, size, state):
    tasks = [
        function_task("items"),
        function_task("big", "items"),
        expanded(function_task("a", "big", reads=["big"]), x=xcom("items")),
        end_of("a", "big"),
    ]
    found = pushed(*tasks, items=[1, 2, 3, 4], big=100_000, a=size)
    assert found == {"items": "success", "big": "success", "a": state, "end": "success"}


@pytest.mark.parametrize(("size", "state"), [(20_000, "failed"), (12_000, "success"), ("all", "success")])
def test_of_a_groups_tasks_side_by_side(size, state):
    tasks = [grouped(function_task(name), x=TEN) for name in "ab"]
    assert pushed(*tasks, end_of("a", "b"), a=size, b=size) == {"a": state, "b": state, "end": "success"}


@pytest.mark.parametrize(("size", "state"), [(20_000, "failed"), (11_000, "success"), ("all", "success")])
def test_of_a_groups_tasks_one_after_another(size, state):
    tasks = [grouped(function_task("a"), x=TEN), grouped(function_task("b", "a", reads=["a"]), x=TEN)]
    found = pushed(*tasks, end_of("a", "b"), a=size, b=size)
    assert found == {"a": "success", "b": state, "end": "success"}


def test_of_a_groups_tasks_what_only_the_next_reads_takes_no_room_behind_it():
    tasks = [
        grouped(function_task(name, *before, reads=before), x=TEN)
        for name, before in (("a", ()), ("b", ("a",)), ("c", ("b",)))
    ]
    found = pushed(*tasks, end_of("c"), a=20_000, b=20_000, c=20_000)
    assert set(found.values()) == {"success"}


def test_of_a_groups_task_behind_a_large_one_that_has_failed():
    """What the failed one would have dropped is still there."""
    tasks = [
        grouped(function_task("a"), x=TEN),
        grouped(function_task("b", "a", reads=["a"]), x=TEN),
        grouped(function_task("c", "b", trigger_rule=TriggerRule.ALL_DONE), x=TEN),
    ]
    found = pushed(*tasks, end_of("c"), a=20_000, b=30_000, c=20_000)
    assert found == {"a": "success", "b": "failed", "c": "failed", "end": "success"}


def look_behind_big(**arguments):
    function = Opaque("builtins.function", "etl.look")
    look = sensor(f"{STANDARD}.python.PythonSensor", python_callable=function, **arguments)
    return replace(look, upstream=("big",))


@pytest.mark.parametrize(("size", "state"), [(200_000, "failed"), (100_000, "success"), ("all", "success")])
def test_of_a_sensor(size, state):
    tasks = [function_task("big"), look_behind_big(mode="reschedule"), end_of("big", "s")]
    assert pushed(*tasks, big=100_000, s=size) == {"big": "success", "s": state, "end": "success"}


@pytest.mark.parametrize(("size", "state"), [(20_000, "failed"), (14_000, "success"), ("all", "success")])
@pytest.mark.parametrize("expanded", [mapped, grouped])
def test_of_the_instances_of_a_sensor(expanded, size, state):
    tasks = [function_task("big"), expanded(look_behind_big(), x=TEN), end_of("big", "s")]
    assert pushed(*tasks, big=100_000, s=size) == {"big": "success", "s": state, "end": "success"}
