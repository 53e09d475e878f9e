"""Which mapped tasks are distributed, and what such a Map is."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from mapped import days, grouped, listed, mapped, mapped_glue, xcom
from scripted_runs import records_of
from workflows import glue, python, reader, workflow

from converter.asl.budget import LIMITS, every_state_of
from converter.asl.options import Failures, Options, VariablesFrom
from converter.checks import problems_of
from converter.engine import SimulatedBackend, TaskResult, parse_definition, run_virtual
from converter.pipeline import convert
from converter.workflow import Retries, Task, TriggerRule

S3_KEY = "airflow.providers.amazon.aws.sensors.s3.S3KeySensor"
HOURLY = {"bucket_name": "b", "timeout": 3600.0, "poke_interval": 60.0}
LITTLE = replace(LIMITS, instances=0)
THREE = Retries(3, 5)


def many(count: int) -> list[str]:
    return [str(number) for number in range(count)]


def converted(*tasks: Task, options: Options | None = None, **more):
    found = convert(workflow(*tasks), options or Options(), **more)
    apart = {name for name, step in found.steps.items() if step.instances and step.instances.distributed}
    return found, apart, {str(item).split()[0]: str(item) for item in found.diagnostics}


# An instance takes at least 11 events (it starts and ends; entered, scheduled, started, succeeded, exited;
# two states around it), a retry 3 more: with three retries 20. There is room for 15,000.
@pytest.mark.parametrize(("count", "retries", "apart"), [(750, 3, False), (751, 3, True), (1000, 0, False)])
def test_a_list_of_the_file_is_distributed_if_its_history_would_be_too_long(count, retries, apart):
    _, found, codes = converted(mapped_glue("m", over=days(*many(count)), retries=Retries(retries, 5)))
    assert (found == {"m"}, "D290" in codes, "D284" in codes) == (apart, apart, False)


def test_a_list_that_only_the_run_knows_is_distributed_if_1024_items_may_not_fit():
    _, found, codes = converted(python("a"), mapped_glue("m", "a", over=xcom("a")))
    assert (found, "D283" in codes) == (set(), False)
    _, found, codes = converted(python("a"), mapped_glue("m", "a", over=xcom("a"), retries=THREE))
    assert (found, "D283" in codes) == ({"m"}, False)


def test_the_largest_leave_first_and_the_others_stay():
    tasks = [
        mapped_glue(name, over=days(*many(count)), retries=THREE)
        for name, count in (("small", 200), ("large", 600))
    ]
    assert converted(*tasks)[1] == {"large"}
    assert converted(tasks[0])[1] == set()


def test_polls_count_as_well():
    def sensor(count):
        return mapped(Task("s", S3_KEY, arguments=HOURLY), bucket_key=listed(*many(count)))

    # An hour of polls every minute are 61 of 9 events and more.
    assert converted(sensor(10))[1] == set()
    found, apart, _ = converted(sensor(100))
    assert apart == {"s"}
    # Each has a history of its own: the polls keep their interval.
    (wait,) = [one for _, one in every_state_of(found.machine.definition) if one["Type"] == "Wait"]
    assert wait["Seconds"] == 60


def test_teardowns_stay_in_the_machines_that_may_have_to_run_them():
    setup = mapped_glue("s", over=days("a"), is_setup=True)
    teardown = mapped_glue(
        "t",
        "s",
        "m",
        over=days(*many(900)),
        retries=THREE,
        is_teardown=True,
        trigger_rule=TriggerRule.ALL_DONE_SETUP_SUCCESS,
    )
    found, apart, codes = converted(setup, mapped_glue("m", "s", over=days(*many(800))), teardown)
    assert (apart, found.machine) == ({"m", "s"}, None)
    assert "900 instances do not fit the history of an execution" in codes["D284"]


def test_groups_stay_in_one_execution():
    group = [grouped(glue("a", retries=THREE), x=listed(*many(900)))]
    found, apart, codes = converted(*group)
    assert (apart, found.machine) == (set(), None)
    assert "900 instances do not fit the history of an execution" in codes["D284"]


def test_records_that_somebody_reads_have_to_fit_the_data_all_the_same():
    # A record has up to 217 bytes, the records of both tasks up to 2,162: 250,000 bytes hold 1,142.
    wide = mapped_glue("m", over=days(*many(1143)), retries=THREE)
    found, apart, codes = converted(wide, mapped_glue("n", "m", over=xcom("m")))
    assert ("m" in apart, found.machine) == (True, None)
    assert "the records of its 1143 instances do not fit the data of an execution" in codes["D284"]


def test_records_of_several_lists_that_somebody_reads_have_to_fit_together():
    """Beside the records of four tasks, 245,671 bytes hold 1,279 instances; cut or not, one has all."""

    def found(*counts):
        lists = [mapped_glue(f"m{n}", over=days(*many(count))) for n, count in enumerate(counts)]
        names = tuple(one.task_id for one in lists)
        return converted(*lists, reader(Task("end", "", upstream=names), names))[2]

    assert "D284" not in found(400, 400, 400)
    told = found(430, 440, 430)["D284"]
    assert "task 'm1': the records of its 440 instances do not fit" in told
    assert "beside those of the instances of other tasks" in told


# As above, 1,142 records fit; of a sum there may be 10,000.
@pytest.mark.parametrize(
    ("count", "summed", "fits"),
    [(1142, False, True), (1143, True, True), (10_000, True, True), (10_001, True, False)],
)
def test_of_records_that_nobody_reads_a_sum_is_enough(count, summed, fits):
    found, _, codes = converted(mapped_glue("m", over=days(*many(count)), retries=THREE), glue("b", "m"))
    assert found.steps["m"].instances.summed == summed
    assert (found.machine is not None, "D284" in codes) == (fits, not fits)
    assert fits or f"the records of its {count} instances do not fit" in codes["D284"]


def sum_of(*ends, task=None, run=None, behind=()):
    """The record of a task whose instances end so, of which only a sum is kept, and the days that ran."""
    names = many(len(ends))
    task = task or mapped_glue("m", over=days(*names))
    found, _, _ = converted(task, *behind, limits=replace(LITTLE, instance_records=0))
    ran = []

    def work(call):
        if call.state_name != "m: instance":
            return TaskResult(1, {"Id": "jr"})
        day = call.arguments["Arguments"]["--day"]
        ran.append(day)
        seconds = 5 + 2 * int(day)
        return TaskResult(seconds, {"Id": "jr"}, error=None if ends[int(day)] == "s" else "Boom")

    execution = run_virtual(parse_definition(found.machine.definition), run or {}, SimulatedBackend(work))
    return records_of(execution), ran


def test_a_sum_has_the_first_and_last_of_each_outcome_and_how_each_ended():
    records, _ = sum_of("s", "f", "s", "s", "f", behind=[glue("b", "m", trigger_rule=TriggerRule.ALL_DONE)])
    record = records["m"]
    start = 1_767_225_600_000  # 2026-01-01T00:00:00Z
    ends = [(one["state"], one["at"] - start) for one in record["instances"]]
    assert ends == [("success", 5000), ("success", 11000), ("failed", 7000), ("failed", 13000)]
    assert (record["state"], record["at"] - start, record["each"]) == ("failed", 13000, "sfssf")
    assert (record["error"], record["cause"]) == ("InstancesFailed", "2 of 5 instances failed")
    assert records["b"]["state"] == "success"
    assert sum_of("s", "s")[0]["m"]["each"] == "ss"


def test_a_sum_of_an_earlier_execution_passes_by_what_has_succeeded():
    records, ran = sum_of("s", "s", "s", run={"resumed": {}, "resumed_instances": {"m": "sfs"}})
    assert (records["m"]["state"], records["m"]["each"], ran) == ("success", "sss", ["1"])


#: Not even a list without items has room in the machine; nor, with the latter, have the records of none.
NONE = replace(LIMITS, instances=-1)
NO_RECORDS = replace(NONE, instance_records=-1)


@pytest.mark.parametrize(
    ("over", "limits", "summed"),
    [(days(), NONE, False), (days(), NO_RECORDS, True), (xcom("a"), NONE, False)],
    ids=["all records of a list of the file", "their sum", "all records of an XCom"],
)
def test_over_no_items_a_task_is_skipped_whatever_is_kept(over, limits, summed):
    tasks = [python("a"), mapped_glue("m", "a", over=over), glue("b", "m")]
    found, apart, _ = converted(*tasks, limits=limits)
    assert (apart, found.steps["m"].instances.summed) == ({"m"}, summed)
    aws = SimulatedBackend({"a": TaskResult(1, {"Payload": {"return_value": []}})})
    execution = run_virtual(parse_definition(found.machine.definition), {}, aws)
    assert {task: one["state"] for task, one in records_of(execution).items()} == {
        "a": "success",
        "m": "skipped",
        "b": "skipped",
    }


def test_of_lists_that_only_the_run_knows_all_records_are_kept():
    tasks = [mapped_glue(name, "a", over=xcom("a"), retries=THREE) for name in ("m", "n")]
    found, apart, _ = converted(python("a"), *tasks)
    # Twenty events for each instance are too many for both, not for one. Beside 3,243 bytes for the records
    # of three tasks, half of 250,000 bytes hold 568 records of 217 bytes, and 645 of 191 in the run itself.
    assert apart == {"m"}
    assert not any(found.steps[name].instances.summed for name in ("m", "n"))
    problems = [item.problem for item in found.diagnostics if item.code.id == "D283"]
    assert problems == [
        f"task '{name}': it fails with more than {most} instances" for name, most in (("m", 568), ("n", 645))
    ]


def told_their_room(*tasks):
    """The Glue jobs whose instances are told what they may push: there may be no room for their ids."""
    steps = convert(workflow(*tasks), Options()).steps
    return {name for name, step in steps.items() if step.pushes_much}


def test_ids_of_instances_are_measured_where_all_may_be_too_many():
    """A record has up to 191 bytes without an id, and an id up to 300: 506 fit 249,000 bytes."""
    assert told_their_room(mapped_glue("m", over=days(*many(500)))) == set()
    assert told_their_room(mapped_glue("m", over=days(*many(510)))) == {"m"}
    halves = [mapped_glue(name, over=days(*many(255))) for name in "mn"]
    assert told_their_room(halves[0]) == set()
    assert told_their_room(*halves) == {"m", "n"}


def test_ids_of_instances_are_measured_beside_what_takes_all_there_is():
    """Up to 90 records have room for a cause of 300 bytes, and so for an id."""
    large = python("a")
    assert told_their_room(large, mapped_glue("m", "a", over=days(*many(90)))) == set()
    assert told_their_room(large, mapped_glue("m", "a", over=days(*many(91)))) == {"m"}


def played(definition, run=None):
    calls = []

    def work(call):
        calls.append(call.arguments)
        return TaskResult(1, {"Id": "jr", "Payload": {"return_value": [1, 2, 3]}})

    execution = run_virtual(parse_definition(definition), run or {"run_id": "r"}, SimulatedBackend(work))
    return execution, calls


def test_an_instance_is_told_of_the_run_what_its_states_ask_for():
    task = mapped_glue("m", over=listed({"--run": "{{ run_id }} {{ dag_run.conf['day'] }}"}))
    found, apart, _ = converted(task, limits=LITTLE)
    assert apart == {"m"}
    run = {"run_id": "r", "conf": {"day": "monday"}, "resumed": {"other": {}}}
    execution, calls = played(found.machine.definition, run)
    assert calls == [{"JobName": "m", "Arguments": {"--run": "r monday"}}]
    (child,) = execution.map_runs[0].children
    # What is handed on of an earlier execution is not the instance's business.
    assert child.input.value["the run"]["input"] == {"run_id": "r", "conf": {"day": "monday"}}
    assert child.input.value["the run"]["id"] == execution.arn


def test_airflow_variables_are_handed_on():
    found, _, _ = converted(
        mapped_glue("m", over=listed({"--v": "{{ var.value.v }}"})),
        options=Options(variables_from=VariablesFrom.SSM),
        limits=LITTLE,
    )
    given = []

    def work(call):
        if "ssm" in call.resource:
            return TaskResult(0, {"Parameters": [{"Name": call.arguments["Names"][0], "Value": "it"}]})
        given.append(call.arguments["Arguments"])
        return TaskResult(1, {"Id": "jr"})

    execution = run_virtual(parse_definition(found.machine.definition), {}, SimulatedBackend(work))
    assert (execution.status, given) == ("SUCCEEDED", [{"--v": "it"}])


@pytest.mark.parametrize("failures", Failures)
def test_own_checks_and_statelint_find_nothing(failures, tmp_path):
    tasks = [
        python("a"),
        mapped_glue("m", "a", over=xcom("a"), retries=THREE),
        mapped(Task("s", S3_KEY, upstream=("m",), arguments=HOURLY), bucket_key=xcom("a")),
        glue("b", "s"),
    ]
    found, apart, _ = converted(*tasks, options=Options(failures=failures), limits=LITTLE)
    assert apart == {"m", "s"}
    assert list(problems_of(found.machine.definition)) == []
    path = tmp_path / "definition.json"
    path.write_text(json.dumps(found.machine.definition))
    command = [sys.executable, "-m", "statelint", str(path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.stdout + done.stderr == ""
