"""Workflows for tests, without Airflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from converter.asl.awaiting import Pace
from converter.asl.machine import Machine, emit
from converter.asl.options import Options
from converter.operators import steps_of
from converter.planning import plan_workflow
from converter.workflow import Location, Task, Workflow

GLUE = "airflow.providers.amazon.aws.operators.glue.GlueJobOperator"
START_EXECUTION = "airflow.providers.amazon.aws.operators.step_function.StepFunctionStartExecutionOperator"
EMPTY = "airflow.providers.standard.operators.empty.EmptyOperator"

#: The case that the project exists for: task → upstream tasks.
PARTIAL_FAN_IN: Mapping[str, Sequence[str]] = {
    "glue1": (),
    "glue2": (),
    "glue3": (),
    "report_a": ("glue1", "glue3"),
    "report_b": ("glue2", "glue3"),
}


def glue(task_id: str, *upstream: str, job: str | None = None, **fields: Any) -> Task:
    return Task(task_id, GLUE, arguments={"job_name": job or task_id}, upstream=upstream, **fields)


def nested(task_id: str, *upstream: str, **fields: Any) -> Task:
    arguments = {
        "state_machine_arn": f"arn:aws:states:us-east-1:123456789012:stateMachine:{task_id}",
        "state_machine_input": {"from": task_id},
        "deferrable": True,
    }
    return Task(task_id, START_EXECUTION, arguments=arguments, upstream=upstream, **fields)


def empty(task_id: str, *upstream: str, **fields: Any) -> Task:
    return Task(task_id, EMPTY, upstream=upstream, **fields)


def workflow(*tasks: Task, dag_id: str = "example", **fields: Any) -> Workflow:
    return Workflow(dag_id, tasks, Location("dags/example.py", 1), **fields)


def partial_fan_in(**fields: Any) -> Workflow:
    make = {"glue": glue, "report": nested}
    tasks = [
        make["glue" if task.startswith("glue") else "report"](task, *ups)
        for task, ups in PARTIAL_FAN_IN.items()
    ]
    return workflow(*tasks, dag_id="partial_fan_in", **fields)


def machine_of(flow: Workflow, options: Options | None = None, pace: Pace | None = None) -> Machine:
    options = options or Options()
    steps, problems = steps_of(flow)
    assert not problems, problems
    pace = pace or Pace(options.poll_interval, options.deadline(flow.dagrun_timeout))
    return emit(flow, plan_workflow(flow), steps, options, pace)
