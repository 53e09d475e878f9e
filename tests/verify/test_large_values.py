"""A value that does not fit into an execution fails its task, whoever makes it, and the others go on."""

import json
import re
from dataclasses import replace

import pytest
from mapped import days, grouped, listed, mapped, mapped_glue, xcom
from pushing import sent
from sensing import STANDARD, sensor
from workflows import glue, nested, reader, workflow

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
        event = call.arguments.get("Payload", {})
        if "room" in event:
            answer["Payload"] |= sent(answer["Payload"], event)
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
        function_task("end", "behind", "beside", reads=["large"], trigger_rule=TriggerRule.ALL_DONE),
    )  # fmt: skip
    machine = convert(flow, Options(resumable=False)).machine
    names = ("large", "behind", "beside", "end", "large: instance")
    aws = Room(
        {name: [Try(1, returns=returns if "large" in name else None)] for name in names},
        results=results or {},
    )
    found = records(run_virtual(parse_definition(machine.definition), {"run_id": "r"}, aws))
    return {task: record["state"] for task, record in found.items()}, found


FAILED = {"large": "failed", "behind": "upstream_failed", "beside": "success", "end": "success"}


def test_of_a_function():
    states, found = played(reader(Task("large", ""), []), MEGABYTE)
    assert states == FAILED
    assert found["large"]["error"] == "XComTooLarge"  # by itself: the answer has not reached the machine


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

    execution = executed(tasks, sizes)
    return {task: record["state"] for task, record in records(execution).items()}


def executed(tasks, sizes, options=None, run=None):
    """The execution of these tasks; ``sizes`` as in :func:`pushed`."""

    def function(call):
        event = call.arguments.get("Payload")
        if event is None:
            return TaskResult(1, {"Id": "jr"}, error=sizes.get(call.state_name))
        value = sizes.get(event["task_id"], 0)
        if not isinstance(value, list):
            value = "x" * max(0, event["room"] - 200 if value == "all" else value)
        try:
            return TaskResult(1, {"Payload": {"done": True, **sent({"return_value": value}, event)}})
        except TaskFailure as failure:
            return TaskResult(1, error=failure.error, cause=failure.cause)

    machine = convert(workflow(*tasks), options or Options(resumable=False)).machine
    aws = Table(function)
    return run_virtual(parse_definition(machine.definition), {"run_id": "r", **(run or {})}, aws)


class Table(SimulatedBackend):
    """With the outcome table."""

    def __init__(self, function):
        super().__init__(function)
        self.aws = SimulatedAws({})

    async def run(self, call, submitted):
        backend = self.aws if "dynamodb" in call.resource else super()
        return await backend.run(call, submitted)


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
        grouped(function_task("c", "b", reads=["b"], trigger_rule=TriggerRule.ALL_DONE), x=TEN),
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


def side_by_side(sizes, **fields):
    """What becomes of tasks side by side that push so much, and are read behind; of what fails, the error."""
    names = [f"t{number}" for number in range(len(sizes))]
    tasks = [*(function_task(name) for name in names), end_of(*names)]
    execution = executed(tasks, dict(zip(names, sizes, strict=True)), **fields)
    found = records(execution)
    assert found["end"]["state"] == "success"
    return [found[name].get("error", "success") for name in names], found


@pytest.mark.parametrize(
    ("sizes", "fit"),
    [
        ([200_000] * 2, [False, False]),
        ([120_000] * 2, [True, True]),
        ([1_000, 150_000], [True, False]),  # its room is the same whatever others push
        ([60_000] * 5, [False] * 5),
        ([47_000] * 5, [True] * 5),
        (["all"] * 5, [True] * 5),
        (["all"] * 40, [True] * 40),
        ([0] * 40, [True] * 40),
    ],
)
def test_of_branches_side_by_side(sizes, fit):
    states, _ = side_by_side(sizes)
    assert states == ["success" if fits else "XComTooLarge" for fits in fit]


def test_the_error_says_how_large_and_what_to_do():
    _, found = side_by_side([200_000, 0])
    cause = found["t0"]["cause"]
    says = re.fullmatch(
        r"it pushes ([\d,]+) bytes of XComs, and the execution has room for ([\d,]+); (.+)", cause
    )
    assert says, cause
    pushes, room = (int(number.replace(",", "")) for number in says.groups()[:2])
    assert pushes == 200_000 + len('["",null]')
    # Half of the 250,000 bytes that count as 256 KiB, but for what the records of the tasks may take.
    assert 120_000 <= room <= 125_000
    assert "--xcom s3" in says[3]


def test_what_nobody_reads_is_left_out_rather_than_refused():
    tasks = [*(function_task(name) for name in "ab"), function_task("end", "a", "b")]
    execution = executed(tasks, {"a": 200_000, "b": 1_000, "end": 300_000})
    found = records(execution)
    assert {task: record["state"] for task, record in found.items()} == dict.fromkeys(found, "success")
    (left,) = (
        event.details
        for event in execution.history
        if (event.details or {}).get("name") == "b" and "output" in event.details
    )
    assert len(json.loads(left["output"])["b"]["output"]) == 1_000


def test_what_is_read_inside_a_branch_takes_no_room_outside():
    """Whether its reader succeeds, fails, or does not run."""
    tasks = []
    for name in "abc":
        tasks.append(function_task(f"{name}1"))
        tasks.append(function_task(f"{name}2", f"{name}1"))
        tasks.append(function_task(f"{name}3", f"{name}2", reads=[f"{name}1"]))
    end = function_task("end", "a3", "b3", "c3", reads=["a3"], trigger_rule=TriggerRule.ALL_DONE)
    tasks[4] = glue("b2", "b1")
    sizes = {"a1": 200_000, "b1": 200_000, "c1": 200_000, "a3": 200_000, "b2": "Broken"}
    assert pushed(*tasks, end, **sizes) == {
        **{name: "success" for name in ("a1", "a2", "a3", "b1", "c1", "c2", "c3", "end")},
        "b2": "failed",
        "b3": "upstream_failed",
    }


@pytest.mark.parametrize(("size", "state"), [(70_000, "failed"), (58_000, "success"), ("all", "success")])
def test_of_parallels_inside_each_other(size, state):
    inside = [function_task(name, "a") for name in ("b1", "b2", "b3")]
    tasks = [function_task("a"), *inside, function_task("c"), end_of("b1", "b2", "b3", "c")]
    found = pushed(*tasks, a=0, b1=size, b2=size, b3=size, c=size)
    assert found == {"a": "success", "end": "success", **dict.fromkeys(("b1", "b2", "b3", "c"), state)}


@pytest.mark.parametrize(("size", "state"), [(130_000, "failed"), (100_000, "success"), ("all", "success")])
def test_of_values_that_leave_only_the_inner_parallel(size, state):
    """Two of these meet inside, and one value outside."""
    tasks = [
        function_task("a"),
        *(function_task(name, "a") for name in ("b1", "b2")),
        function_task("c", "b1", "b2", reads=["b1", "b2"], trigger_rule=TriggerRule.ALL_DONE),
        glue("beside"),
        function_task("end", "c", "beside", reads=["c"], trigger_rule=TriggerRule.ALL_DONE),
    ]
    found = pushed(*tasks, b1=size, b2=size, c=200_000)
    assert found["b1"] == found["b2"] == state
    assert found["c"] == found["end"] == "success"


@pytest.mark.parametrize(
    ("value", "state"),
    [
        ("x" * 200_000, "success"),
        ('"' * 60_000, "success"),
        ('"' * 100_000, "failed"),
        ("x" * 250_000, "failed"),
    ],
)
def test_of_what_an_await_reads(value, state):
    """As a text in the outcome table, a quote takes four bytes."""
    tasks = [
        glue("a"), function_task("b"), glue("c"),
        function_task("d", "a", "b", reads=["b"]), function_task("e", "b", "c", reads=["b"]),
        function_task("end", "d", "e", trigger_rule=TriggerRule.ALL_DONE),
    ]  # fmt: skip
    found = pushed(*tasks, b=[value])
    behind = "success" if state == "success" else "upstream_failed"
    assert found == {"a": "success", "b": state, "c": "success", "d": behind, "e": behind, "end": "success"}


def test_of_what_an_await_reads_besides_what_its_branch_has():
    """Each value fits; but who reads both has no room for them."""
    tasks = [
        glue("a"), function_task("b"), function_task("c"),
        function_task("d", "a", "b", reads=["b"]), function_task("e", "b", "c", reads=["b", "c"]),
        function_task("end", "d", "e", trigger_rule=TriggerRule.ALL_DONE),
    ]  # fmt: skip
    found = records(executed(tasks, {"b": 150_000, "c": 150_000}))
    assert [found[name]["state"] for name in "abcd"] == ["success"] * 4
    assert found["e"]["error"] == "XComTooLarge"
    assert found["e"]["cause"] == "the data of a branch has no room for what b pushed"
    assert set(pushed(*tasks, b=120_000, c=120_000).values()) == {"success"}


def test_of_a_mapped_task_beside_others():
    tasks = [mapped(function_task("m"), x=listed(*range(5))), function_task("a"), function_task("b")]
    end = end_of("m", "a", "b")
    assert set(pushed(*tasks, end, m="all", a="all", b="all").values()) == {"success"}
    found = pushed(*tasks, end, m=20_000, a=80_000, b=90_000)
    assert found == {"m": "failed", "a": "success", "b": "failed", "end": "success"}


@pytest.mark.parametrize("expanded", [mapped, grouped])
def test_of_instances_that_a_teardown_reads(expanded):
    """It may run in the outer machine, which finds them as a text, where a quote takes four bytes."""
    tasks = [
        glue("setup", is_setup=True),
        expanded(function_task("m", "setup"), x=TEN),
        function_task(
            "teardown", "setup", "m", reads=["m"], is_teardown=True,
            trigger_rule=TriggerRule.ALL_DONE_SETUP_SUCCESS,
        ),
    ]  # fmt: skip
    assert set(pushed(*tasks, m=['"' * 5_000]).values()) == {"success"}
    assert executed(tasks, {"m": ['"' * 7_000]}).cause == "failed: m (XComTooLarge)"


def test_of_services_side_by_side():
    tasks = [Task(name, S3_READ, arguments={"s3_bucket": "b", "s3_key": "k"}) for name in ("s1", "s2", "s3")]
    end = function_task("end", "s1", "s2", "s3", reads=["s1", "s2"], trigger_rule=TriggerRule.ALL_DONE)
    machine = convert(workflow(*tasks, end), Options(resumable=False)).machine
    script = {name: [Try(1)] for name in ("s1", "s2", "s3", "end")}
    bodies = {"s1": {"Body": "x" * 200_000}, "s2": {"Body": "x" * 100_000}, "s3": {"Body": "x" * 200_000}}
    aws = Room(script, results=bodies)
    found = records(run_virtual(parse_definition(machine.definition), {"run_id": "r"}, aws))
    assert {name: record["state"] for name, record in found.items()} == {
        "s1": "failed", "s2": "success", "s3": "success", "end": "success",
    }  # fmt: skip
    assert found["s1"]["error"] == "XComTooLarge"
    assert found["s1"]["cause"] == "it pushes 200004 bytes, and the execution has no room for them"


def test_of_what_a_function_is_given_with_conf():
    tasks = [function_task("a"), function_task("b", "a", reads=["a"], trigger_rule=TriggerRule.ALL_DONE)]
    run = {"conf": {"text": "x" * 100_000}}
    execution = executed(tasks, {"a": 200_000}, run=run)
    assert (execution.status, execution.error) == ("FAILED", "DagRunFailed")
    assert execution.cause == "failed: b (XComTooLarge)"
    end = next(event for event in execution.history if event.type == "FailStateEntered")
    cause = json.loads(end.details["input"])["b"]["cause"]
    assert re.fullmatch(r"what it reads, with conf and params, has 300,?\d\d\d bytes", cause)
    assert executed(tasks, {"a": 150_000}, run=run).status == "SUCCEEDED"


@pytest.mark.parametrize(("size", "state"), [(100_000, "failed"), (70_000, "success")])
def test_of_a_call_that_hands_a_value_on_three_times(size, state):
    pull = "{{ ti.xcom_pull('a') }}"
    call = replace(
        glue("b", "a"), arguments={"job_name": "b", "script_args": {"--x": pull, "--y": f"{pull} {pull}"}},
        template_fields=("script_args",),
    )  # fmt: skip
    found = records(executed([function_task("a"), call, end_of("a", "b")], {"a": size}))
    assert [found["a"]["state"], found["b"]["state"], found["end"]["state"]] == ["success", state, "success"]
    if state == "failed":
        assert (found["b"]["error"], found["b"]["cause"]) == (
            "XComTooLarge", "what it hands on of others has 300008 bytes",
        )  # fmt: skip


@pytest.mark.parametrize(("count", "room"), [(5, 240_000), (500, 150_000), (3_000, 240_000)])
def test_of_what_is_beside_many_instances(count, room):
    """Their records are kept free; of a sum, each is a letter."""
    many = mapped_glue("m", "big", over=days(*map(str, range(count))))
    end = function_task("end", "m", "big", reads=["big"])
    machine = convert(workflow(function_task("big"), many, end), Options(resumable=False)).machine
    told = machine.definition["States"]["big"]["Arguments"]["Payload"]["room"]
    (most,) = (int(number) for number in re.findall(r"\d{4,}", told))
    assert room <= most <= room + 15_000


def test_of_sensors_side_by_side():
    looks = [replace(look_behind_big(mode="reschedule"), task_id=name, upstream=()) for name in ("s1", "s2")]
    tasks = [*looks, end_of("s1", "s2")]
    assert pushed(*tasks, s1=200_000, s2=100_000) == {"s1": "failed", "s2": "success", "end": "success"}
    assert set(pushed(*tasks, s1="all", s2="all").values()) == {"success"}
