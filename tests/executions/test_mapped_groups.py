"""Mapped task groups in what is read back: each instance of each task by itself."""

from __future__ import annotations

from typing import Any

from mapped import days, grouped
from scripted_runs import ARN, at
from workflows import glue

from converter.engine import TaskResult
from converter.executions import read_back
from converter.executions.resuming import kept_instances, kept_records
from converter.workflow import GROUP_ARGUMENT, Opaque, Retries, Task


def of_group(task_id: str, *upstream: str, retries: int = 0) -> Task:
    """A Glue job that is given its group's argument."""
    task = glue(task_id, *upstream, retries=Retries(retries, 5))
    arguments = {**task.arguments, "script_args": Opaque(GROUP_ARGUMENT, "day")}
    given = {"arguments": arguments, "template_fields": ("script_args",)}
    return grouped(Task(**{**vars(task), **given}), day=days("a", "b", "c"))


def ends(script: dict[tuple[str, str], list[TaskResult]]) -> Any:
    """What the tries of a job do, by job and --day; else a second and success."""

    def run(call: Any) -> Any:
        job, given = call.arguments["JobName"], call.arguments.get("Arguments", {})
        tries = script.get((job, given.get("--day", "")), [TaskResult(1, {"Id": f"jr_{job}"})])
        return tries[min(call.retry_count, len(tries) - 1)]

    return run


FAILS = TaskResult(2, error="Boom", cause="no luck")
SCRIPT = {
    ("load", "b"): [FAILS, TaskResult(3, {"Id": "jr_second"})],
    ("load", "c"): [FAILS],
    ("extract", "a"): [TaskResult(10, {"Id": "jr_slow"})],
}


def test_each_instance_of_each_task_is_told_apart(simulate: Any, converted: Any) -> None:
    machine = converted(
        of_group("extract"), of_group("load", "extract", retries=1), of_group("check", "load")
    )
    tasks = read_back(simulate(machine, ends(SCRIPT)).client(), ARN).tasks
    assert [one.state for one in tasks["extract"].instances] == ["success"] * 3
    assert [one.output for one in tasks["extract"].instances] == ["jr_slow", "jr_extract", "jr_extract"]
    assert [one.state for one in tasks["load"].instances] == ["success", "success", "failed"]
    assert [one.attempts for one in tasks["load"].instances] == [1, 2, 2]
    # An instance goes on behind its own, whatever others do.
    assert [one.start for one in tasks["load"].instances] == [at(10), at(1), at(1)]
    assert [one.end for one in tasks["load"].instances] == [at(11), at(11), at(10)]
    assert [one.state for one in tasks["check"].instances] == ["success", "success", "upstream_failed"]
    assert tasks["check"].instances[2].start is None
    assert [task.state for task in tasks.values()] == ["success", "failed", "upstream_failed"]
    assert (tasks["load"].error, tasks["load"].instances[2].cause) == ("Boom", "no luck")
    assert (tasks["check"].start, tasks["check"].end) == (at(11), at(12))
    assert all(task.attempts == 1 for task in tasks.values())


def test_while_it_runs_what_has_begun_is_known(simulate: Any, converted: Any) -> None:
    machine = converted(of_group("extract"), of_group("load", "extract"))
    tasks = read_back(simulate(machine, ends(SCRIPT), until=5).client(), ARN).tasks
    assert [one.state for one in tasks["extract"].instances] == ["running", "success", "success"]
    assert tasks["extract"].state == "running"
    # load[0] waits for extract[0], and has its place; those after it have begun, and failed.
    assert [one.state for one in tasks["load"].instances] == [None, "failed", "failed"]
    assert [one.attempts for one in tasks["load"].instances] == [0, 1, 1]


def test_a_group_that_was_not_done_is_run_again_but_for_what_has_succeeded(
    simulate: Any, converted: Any
) -> None:
    machine = converted(of_group("extract"), of_group("load", "extract"))
    tasks = read_back(simulate(machine, ends({("load", "c"): [FAILS]})).client(), ARN).tasks
    records = {
        task_id: {"state": task.state, "instances": [{"state": one.state} for one in task.instances]}
        for task_id, task in tasks.items()
    }
    upstream: dict[str, tuple[str, ...]] = {"extract": (), "load": ("extract",)}
    kept = kept_records(records, upstream)
    assert set(kept) == {"extract"}
    again = kept_instances(records, upstream, kept)
    assert [one["state"] for one in again["load"]] == ["success", "success", "failed"]
