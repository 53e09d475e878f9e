"""Instances that are executions of their own (a distributed Map), read back."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from mapped import days, listed, mapped, mapped_glue
from scripted_runs import ARN, at, by_day, fails, succeeds
from workflows import glue, workflow

from converter.asl.budget import LIMITS
from converter.asl.options import Options
from converter.comparison.execution_run import run_of
from converter.comparison.model import Key
from converter.engine import TaskResult
from converter.executions import read_back
from converter.executions.map_runs import complete
from converter.executions.resuming import kept_instances
from converter.executions.run_reader import RunReader
from converter.executions.task_progress import TaskProgress
from converter.pipeline import convert
from converter.workflow import Retries, Task

S3_KEY = "airflow.providers.amazon.aws.sensors.s3.S3KeySensor"
#: No instance has room in the machine itself.
LITTLE = replace(LIMITS, instances=0)


def definition(*names: str, **options: Any) -> Any:
    task = mapped_glue("m", over=days(*names), retries=Retries(1, 5))
    found = convert(workflow(task, glue("behind", "m")), Options(**options), limits=LITTLE)
    assert found.machine, found.diagnostics
    return found.machine.definition


def states_entered(service: Any) -> int:
    """Count in the histories, of the run and of all instances."""
    histories = [service.events, *(events for run in service.map_runs.values() for events in run.values())]
    return sum(event["type"].endswith("StateEntered") for events in histories for event in events)


def states_of(reader: RunReader) -> list[str | None]:
    return [instance.state for instance in reader.result().tasks["m"].instances]


def until(seconds: float, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event for event in events if event["timestamp"] <= at(seconds)]


def requests(service: Any) -> Counter[str]:
    return Counter(name for name, _ in service.requests)


def test_instances_are_told_apart_with_all_that_inline_ones_tell(simulate: Any) -> None:
    script = by_day(b=[fails(2), succeeds(3)], c=[fails(2), fails(4, "Boom", "for good" * 20)])
    service = simulate(definition("a", "b", "c"), script)
    result = read_back(service.client(), ARN)
    task = result.tasks["m"]
    assert [instance.state for instance in task.instances] == ["success", "success", "failed"]
    assert [instance.attempts for instance in task.instances] == [1, 2, 2]
    assert [instance.output for instance in task.instances] == ["jr_1", "jr_3", None]
    assert [instance.start for instance in task.instances] == [at(0)] * 3
    assert [instance.end for instance in task.instances] == [at(1), at(10), at(11)]
    assert (task.instances[2].error, task.instances[2].cause) == ("Boom", "for good" * 20)
    assert [len(instance.tries) for instance in task.instances] == [1, 2, 2]
    assert (task.state, task.output, task.attempts) == ("failed", ["jr_1", "jr_3"], 1)
    assert (task.start, task.end) == (at(0), at(11))
    assert result.transitions == states_entered(service) + 2  # and two retries
    assert requests(service)["ListExecutions"] == 1


def test_of_many_instances_their_records_have_to_do(simulate: Any, monkeypatch: Any) -> None:
    count = 43
    monkeypatch.setattr("converter.executions.map_runs.MOST_READ", count - 1)
    names = [f"d{number}" for number in range(count)]
    script = by_day(d3=[fails(2), succeeds(3)], d4=[fails(2), fails(4, "Boom", "for good")])
    service = simulate(definition(*names), script)
    result = read_back(service.client(), ARN)
    assert requests(service).keys() == {"DescribeStateMachineForExecution", "GetExecutionHistory"}
    found = result.tasks["m"].instances
    assert len(found) == count
    assert Counter(instance.state for instance in found) == {"success": count - 1, "failed": 1}
    assert [found[index].attempts for index in (2, 3, 4)] == [1, 2, 2]
    # 40 run at once: the 41st begins when the first have ended.
    assert [(found[index].start, found[index].end) for index in (3, 40)] == [(at(0), at(10)), (at(1), at(2))]
    assert (found[4].error, found[4].cause, found[5].output) == ("Boom", "for good", "jr_1")
    assert result.transitions == states_entered(service) + 2


def test_of_a_sum_the_outcomes_are_known(simulate: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("converter.executions.map_runs.MOST_READ", 2)
    task = mapped_glue("m", over=days("a", "b", "c"))
    found = convert(workflow(task), Options(), limits=replace(LITTLE, instance_records=0))
    assert found.machine
    service = simulate(found.machine.definition, by_day(b=fails(2)))
    reader = RunReader(service.client(), ARN)
    reader.read_on()
    result = reader.result().tasks["m"]
    assert [one.state for one in result.instances] == ["success", "failed", "success"]
    assert (result.state, result.error, result.end) == ("failed", "InstancesFailed", at(2))
    assert not any(one.recorded for one in result.instances)  # nobody knows what they pushed
    assert kept_instances(reader.records(), reader.upstream, {}) == {"m": "sfs"}


def test_in_the_middle_some_run_and_some_have_ended(simulate: Any) -> None:
    service = simulate(definition("a", "b", "c"), by_day(b=succeeds(60), c=fails(2)), until=5)
    result = read_back(service.client(), ARN)
    assert [instance.state for instance in result.tasks["m"].instances] == ["success", "running", "running"]
    assert (result.tasks["m"].state, result.tasks["behind"].state) == ("running", None)


def test_a_run_that_was_stopped_stops_its_instances(simulate: Any) -> None:
    service = simulate(definition("a", "b"), by_day(b=succeeds(60)), stop_after=5)
    result = read_back(service.client(), ARN)
    assert [instance.state for instance in result.tasks["m"].instances] == ["success", "failed"]
    assert (result.status, result.tasks["m"].state) == ("ABORTED", "failed")


def test_a_run_that_timed_out_skips_its_instances_as_those_of_one_execution(simulate: Any) -> None:
    short = {**definition("a", "b"), "TimeoutSeconds": 5}
    service = simulate(short, by_day(b=succeeds(60)))
    result = read_back(service.client(), ARN)
    assert [instance.state for instance in result.tasks["m"].instances] == ["success", "skipped"]
    assert (result.status, result.tasks["m"].state) == ("TIMED_OUT", "skipped")


def test_a_look_reads_some_executions_at_most_and_the_next_goes_on(simulate: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("converter.executions.map_runs.MOST_READ", 5)
    names = [f"d{number}" for number in range(15)]
    long = {name: succeeds(60) for name in names[10:]}
    service = simulate(definition(*names), by_day(**long), until=5)
    reader = RunReader(service.client(), ARN)
    known, pages = [], []
    for _ in range(4):
        service.requests.clear()
        reader.read_on()
        found = Counter(one.state for one in reader.result().tasks["m"].instances if one.start)
        known.append((found["success"], found["running"]))
        pages.append(requests(service)["ListExecutions"])
    # Those that were started last are read first; of 7 a page, as many are listed as it takes.
    assert known == [(0, 5), (5, 5), (10, 5), (10, 5)]
    assert pages == [1, 2, 3, 3]
    assert requests(service)["GetExecutionHistory"] == 1  # what is new of the run itself


def test_of_a_run_that_was_cut_short_nobody_guesses_what_was_not_read(
    simulate: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("converter.executions.map_runs.MOST_READ", 3)
    service = simulate(definition("a", "b", "c", "d", "e"), by_day(d=succeeds(60)), stop_after=5)
    reader = RunReader(service.client(), ARN)
    reader.read_on()
    # The youngest are read first: the others have succeeded, and nobody knows it.
    assert states_of(reader) == [None, None, "success", "failed", "success"]
    compared = run_of("example", reader.result(), {}).tasks
    assert [compared[Key("m", index)].state for index in (1, 2)] == [None, "success"]
    reader.read_on()
    assert states_of(reader) == ["success", "success", "success", "failed", "success"]
    # Nothing is left to be read.
    service.requests.clear()
    reader.read_on()
    assert requests(service).keys() == {"GetExecutionHistory"}


def test_what_was_seen_running_may_have_ended_well_before_the_run_was_stopped(
    simulate: Any, monkeypatch: Any
) -> None:
    service = simulate(definition("a", "b", "c"), by_day(a=succeeds(10), b=succeeds(60)), stop_after=20)
    whole = service.events, service.map_runs
    ((map_run, executions),) = service.map_runs.items()
    service.events = until(5, service.events)
    service.map_runs = {map_run: {arn: until(5, events) for arn, events in executions.items()}}
    reader = RunReader(service.client(), ARN)
    reader.read_on()
    assert states_of(reader) == ["running", "running", "success"]
    service.events, service.map_runs = whole
    monkeypatch.setattr("converter.executions.map_runs.MOST_READ", 1)
    reader.read_on()
    assert states_of(reader) == [None, "failed", "success"]
    assert reader.result().tasks["m"].instances[0].to_json() == dict.fromkeys(
        ("state", "start", "end", "output"), None
    ) | {"attempts": 0}
    reader.read_on()
    assert states_of(reader) == ["success", "failed", "success"]


def test_instances_that_ended_with_their_map_do_not_go_on_with_the_run(simulate: Any) -> None:
    task = mapped_glue("m", over=days("a", "b", "c"))
    found = convert(workflow(task, glue("long")), Options(), limits=LITTLE)
    assert found.machine
    # States.ALL does not catch that.
    by_name = by_day(a=fails(2, "States.Runtime"), b=succeeds(60), c=succeeds(1))
    service = simulate(
        found.machine.definition,
        lambda call: succeeds(60) if call.state_name == "long" else by_name(call),
        until=5,
    )
    reader = RunReader(service.client(), ARN)
    reader.read_on()
    tasks = reader.result().tasks
    assert (tasks["m"].state, tasks["m"].error) == ("failed", "States.ExceedToleratedFailureThreshold")
    assert (reader.result().status, tasks["long"].state) == ("RUNNING", "running")
    assert states_of(reader) == ["failed", "failed", "success"]
    assert [instance.end for instance in tasks["m"].instances] == [at(2), at(2), at(1)]


def test_a_map_that_has_ended_and_was_read_costs_no_more_calls(simulate: Any) -> None:
    service = simulate(definition("a", "b"), by_day())
    reader = RunReader(service.client(), ARN)
    for calls in (1, 0):
        service.requests.clear()
        reader.read_on()
        assert requests(service)["ListExecutions"] == calls
    assert states_of(reader) == ["success", "success"]


def test_what_unread_instances_have_entered_is_counted_by_their_shortest_way(
    simulate: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("converter.executions.map_runs.MOST_READ", 1)
    sensor = Task("s", S3_KEY, arguments={"bucket_name": "b", "bucket_key": "k"})
    found = convert(workflow(mapped(sensor, bucket_key=listed("a", "b"))), Options(), limits=LITTLE)
    assert found.machine, found.diagnostics
    there = lambda call: TaskResult(1, {"Contents": [{"Key": call.arguments["Prefix"]}]})  # noqa: E731
    service = simulate(found.machine.definition, there)
    result = read_back(service.client(), ARN)
    assert result.status == "SUCCEEDED"
    assert requests(service)["ListExecutions"] == 0
    assert result.transitions == states_entered(service)


def test_one_that_an_earlier_execution_has_done_did_not_run_here() -> None:
    begun = at(100)
    record = {"state": "success", "at": at(50).timestamp() * 1000, "ran": 1000, "output": "jr"}
    task = TaskProgress(start=begun, record={"state": "success", "instances": [record]})
    complete(task)
    (instance,) = task.result("SUCCEEDED", at(200)).instances
    assert (instance.state, instance.start, instance.attempts, instance.output) == ("success", None, 0, "jr")
