from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from mapped import days, mapped_glue, xcom
from workflows import branch, empty, glue, machine_of, python, workflow

from converter import pipeline
from converter.asl.options import Failures, Options
from converter.checks import problems_of
from converter.engine import Execution, parse_definition
from converter.engine.simulation import DEFAULT_START
from converter.verify.simulated_aws import Try
from converter.verify.simulated_body import SimulatedRuns, outer_definition
from converter.workflow import TriggerRule


def play(
    flow: Any, script: Any, *, stopped_at: float | None = None, options: Options | None = None
) -> tuple[Execution, SimulatedRuns]:
    machine = machine_of(flow, options)
    assert machine.outer is not None
    tries = {task.task_id: [Try(1)] for task in flow.tasks} | script
    aws = SimulatedRuns(tries, body=parse_definition(machine.definition))
    execution = aws.of_outer(outer_definition(machine.outer), {})

    async def run() -> None:
        if stopped_at is not None:
            asyncio.get_running_loop().call_at(stopped_at, lambda: aws.body_execution.stop("Stopped", "x"))
        await execution.run()

    aws.clock.run(run())
    return execution, aws


def started(aws: SimulatedRuns) -> list[tuple[float, str]]:
    return [(round(moment), state) for moment, what, state in aws.timeline if what == "start"]


def cluster(**fields: Any) -> Any:
    """create → work → delete, where delete is the teardown of create."""
    return workflow(
        glue("before"),
        glue("create", "before", is_setup=True),
        glue("work", "create"),
        glue("delete", "work", "create", is_teardown=True, trigger_rule=TriggerRule.ALL_DONE_SETUP_SUCCESS),
        **fields,
    )


def test_a_run_that_succeeds_ends_as_its_body() -> None:
    execution, _ = play(cluster(), {})
    assert execution.status == "SUCCEEDED"
    assert {
        task: record["state"] for task, record in json.loads(execution.output or "").items()
    } == dict.fromkeys(("before", "create", "work", "delete"), "success")


def test_a_run_that_fails_ends_as_its_body_and_runs_nothing_twice() -> None:
    execution, aws = play(cluster(), {"work": [Try(1, "Boom")]})
    assert (execution.status, execution.error) == ("FAILED", "DagRunFailed")
    assert execution.cause == "failed: work (Boom)"
    assert [state for _, state in started(aws)] == ["before", "create", "work", "delete"]


def test_after_a_timeout_the_teardown_of_what_was_set_up_runs() -> None:
    execution, aws = play(cluster(dagrun_timeout=50.0), {"work": [Try(1000)]})
    assert execution.status == "FAILED"
    assert started(aws)[-2:] == [(2, "work"), (50, "delete")]


@pytest.mark.parametrize("over", [days("a", "b"), xcom("create")])
def test_after_a_timeout_all_instances_of_a_mapped_teardown_run(over: Any) -> None:
    teardown = replace(
        mapped_glue("delete", "work", "create", over=over),
        is_teardown=True,
        trigger_rule=TriggerRule.ALL_DONE_SETUP_SUCCESS,
    )
    flow = workflow(
        python("create", is_setup=True), glue("work", "create"), teardown, dagrun_timeout=50.0
    )  # fmt: skip
    script = {"create": [Try(1, returns=[{"--a": 1}, {"--a": 2}])], "work": [Try(1000)]}
    script |= {"delete: instance": [Try(1)]}
    execution, aws = play(flow, script)
    assert execution.status == "FAILED"
    assert started(aws)[-3:] == [(1, "work"), (50, "delete: instance"), (50, "delete: instance")]


def test_after_a_stop_the_teardown_of_what_was_set_up_runs() -> None:
    execution, aws = play(cluster(), {"work": [Try(1000)]}, stopped_at=30)
    assert (execution.status, execution.error, execution.cause) == ("FAILED", "Stopped", "x")
    assert started(aws)[-2:] == [(2, "work"), (30, "delete")]


@pytest.mark.parametrize("task", ["before", "create"])
def test_nothing_is_torn_down_that_was_not_set_up(task: str) -> None:
    execution, aws = play(cluster(), {task: [Try(1000)]}, stopped_at=30)
    assert execution.status == "FAILED"
    assert started(aws)[-1][1] == task


def test_a_setup_that_does_nothing_may_not_have_been_come_to() -> None:
    rule = {"is_teardown": True, "trigger_rule": TriggerRule.ALL_DONE_SETUP_SUCCESS}
    flow = workflow(glue("before"), empty("s", "before", is_setup=True), glue("t", "s", **rule))
    _, aws = play(flow, {"before": [Try(1000)]}, stopped_at=30)
    assert [state for _, state in started(aws)] == ["before"]


def test_a_branch_that_does_not_want_a_teardown_is_heard() -> None:
    rule = {"is_teardown": True, "trigger_rule": TriggerRule.ALL_DONE_SETUP_SUCCESS}
    flow = workflow(
        glue("s", is_setup=True), branch("b"), glue("work", "s"), glue("t", "s", "b", "work", **rule)
    )
    _, aws = play(flow, {"work": [Try(1000)], "b": [Try(1, skip=["t"])]}, stopped_at=30)
    assert sorted(state for _, state in started(aws)) == ["b", "s", "work"]


def test_a_teardown_that_has_run_does_not_run_again() -> None:
    tasks = (*cluster().tasks, glue("after", "delete"))
    _, aws = play(workflow(*tasks), {"after": [Try(1000)]}, stopped_at=30)
    assert [state for _, state in started(aws)] == ["before", "create", "work", "delete", "after"]


def test_a_teardown_that_was_cut_short_runs_again() -> None:
    _, aws = play(cluster(), {"delete": [Try(100)]}, stopped_at=30)
    assert started(aws)[-2:] == [(3, "delete"), (30, "delete")]


def test_several_teardowns_run_in_their_order_and_a_failed_one_stops_no_other() -> None:
    rule = {"is_teardown": True, "trigger_rule": TriggerRule.ALL_DONE_SETUP_SUCCESS}
    flow = workflow(
        glue("s1", is_setup=True),
        glue("s2", "s1", is_setup=True),
        glue("work", "s2"),
        glue("t2", "work", "s2", **rule),
        glue("t1", "t2", "s1", **rule),
    )
    _, aws = play(flow, {"work": [Try(1000)], "t2": [Try(5, "Boom")]}, stopped_at=30)
    assert started(aws)[-2:] == [(30, "t2"), (35, "t1")]


def test_the_outer_machine_holds_the_slot_until_the_teardown_has_ended() -> None:
    flow = cluster(settings={"max_active_runs": 1}, dagrun_timeout=50.0)
    execution, aws = play(flow, {"work": [Try(1000)], "delete": [Try(20)]})
    assert started(aws)[-1] == (50, "delete")
    freed = [
        event for event in execution.history if (event.details or {}).get("name") == lease_state(execution)
    ]
    assert freed[0].timestamp == DEFAULT_START + timedelta(seconds=70)
    assert "holders" not in aws.table.items["max_active_runs"]


def lease_state(execution: Execution) -> str:
    """The state that gives the slot back."""
    (name,) = {
        name
        for event in execution.history
        if (name := (event.details or {}).get("name", "")).endswith("free the slot")
    }
    return name


def test_the_timeout_is_the_bodys() -> None:
    machine = machine_of(cluster(settings={"max_active_runs": 1}, dagrun_timeout=50.0))
    assert machine.outer is not None
    assert machine.definition["TimeoutSeconds"] == 50
    assert "TimeoutSeconds" not in machine.outer
    assert problems_of(machine.outer) == ()


def test_the_wait_for_a_slot_counts_for_nothing() -> None:
    conversion = pipeline.convert(cluster(settings={"max_active_runs": 1}, dagrun_timeout=50.0), Options())
    assert "D236" not in {diagnostic.code.id for diagnostic in conversion.diagnostics}


def test_a_dag_without_teardowns_has_no_outer_machine() -> None:
    assert machine_of(workflow(glue("a", is_setup=True), glue("b", "a"))).outer is None


STOP = Options(Failures.STOP, resumable=False)


def test_after_the_first_failure_the_teardown_of_what_was_set_up_runs() -> None:
    flow = workflow(*cluster().tasks, glue("other"))
    execution, aws = play(flow, {"work": [Try(1, "Boom")], "other": [Try(100)]}, options=STOP)
    assert (execution.status, execution.error) == ("FAILED", "Boom")
    assert started(aws)[-2:] == [(2, "work"), (3, "delete")]
    assert (3, "end", "other") in [(round(moment), what, state) for moment, what, state in aws.timeline]


def test_the_teardown_of_a_setup_that_fails_does_not_run() -> None:
    execution, aws = play(cluster(), {"create": [Try(1, "Boom")]}, options=STOP)
    assert (execution.status, execution.error) == ("FAILED", "Boom")
    assert started(aws)[-1] == (1, "create")


def test_a_teardown_that_fails_does_not_run_again() -> None:
    execution, aws = play(cluster(), {"delete": [Try(1, "Boom")]}, options=STOP)
    assert (execution.status, execution.error) == ("FAILED", "Boom")
    assert [state for _, state in started(aws)] == ["before", "create", "work", "delete"]


def test_with_failures_stop_a_run_that_succeeds_ends_as_its_body() -> None:
    execution, aws = play(cluster(), {}, options=STOP)
    assert execution.status == "SUCCEEDED"
    assert [state for _, state in started(aws)] == ["before", "create", "work", "delete"]
