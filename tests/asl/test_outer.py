from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from workflows import glue, machine_of, workflow

from converter import pipeline
from converter.asl.options import Options
from converter.checks import problems_of
from converter.engine import Execution, TaskCall, TaskFailure, parse_definition
from converter.engine.clock import VirtualClock
from converter.engine.simulation import DEFAULT_START
from converter.verify.simulated_aws import SimulatedAws, Try
from converter.workflow import TriggerRule

_BODY = "arn:aws:states:us-east-1:000000000000:stateMachine:m-body"


class Aws(SimulatedAws):
    """Runs the body through the engine, where the outer machine starts it."""

    body: Any
    clock: VirtualClock

    async def run(self, call: TaskCall, submitted: Any) -> Any:
        if call.arguments.get("StateMachineArn") != _BODY:
            return await super().run(call, submitted)
        arn = f"{_BODY.replace(':stateMachine:', ':execution:')}:{call.arguments['Name']}"
        child = Execution(
            self.body,
            json.dumps(call.arguments["Input"]),
            backend=self,
            clock=self.clock,
            arn=arn,
            state_machine_arn=_BODY,
            name=call.arguments["Name"],
        )
        self.executions[arn] = child
        submitted({"ExecutionArn": arn})
        await child.run()
        if child.status != "SUCCEEDED":
            raise TaskFailure("States.TaskFailed", json.dumps({"Status": child.status}))
        return {"Status": child.status, "Output": json.loads(child.output or "{}")}


def play(flow: Any, script: Any, *, stopped_at: float | None = None) -> tuple[Execution, Aws]:
    machine = machine_of(flow)
    assert machine.outer is not None
    aws = Aws({task.task_id: [Try(1)] for task in flow.tasks} | script)
    aws.clock = VirtualClock(DEFAULT_START)
    aws.body = parse_definition(machine.definition)
    outer = parse_definition(json.dumps(machine.outer).replace("${BodyMachineArn}", _BODY))
    arn = "arn:aws:states:us-east-1:000000000000:execution:m:r"
    execution = Execution(
        outer,
        "{}",
        backend=aws,
        clock=aws.clock,
        arn=arn,
        state_machine_arn=arn.replace(":execution:", ":stateMachine:").removesuffix(":r"),
        name="r",
    )

    async def run() -> None:
        if stopped_at is not None:
            asyncio.get_running_loop().call_at(
                stopped_at, lambda: next(iter(aws.executions.values())).stop("Stopped", "x")
            )
        await execution.run()

    aws.clock.run(run())
    return execution, aws


def started(aws: Aws) -> list[tuple[float, str]]:
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


def test_after_a_stop_the_teardown_of_what_was_set_up_runs() -> None:
    execution, aws = play(cluster(), {"work": [Try(1000)]}, stopped_at=30)
    assert (execution.status, execution.error, execution.cause) == ("FAILED", "Stopped", "x")
    assert started(aws)[-2:] == [(2, "work"), (30, "delete")]


@pytest.mark.parametrize("task", ["before", "create"])
def test_nothing_is_torn_down_that_was_not_set_up(task: str) -> None:
    execution, aws = play(cluster(), {task: [Try(1000)]}, stopped_at=30)
    assert execution.status == "FAILED"
    assert started(aws)[-1][1] == task


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
