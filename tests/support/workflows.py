"""Workflows for tests, without Airflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from converter.asl.awaiting import Pace
from converter.asl.deadlines import poller_deadline
from converter.asl.machine import Machine, emit
from converter.asl.options import Options
from converter.diagnostics import refuses
from converter.expressions.jsonata import Expression
from converter.operators import Step, steps_of
from converter.operators.arguments import Arguments
from converter.operators.python import function_step
from converter.operators.registry import converts
from converter.operators.step import SkipOrders
from converter.planning import plan_workflow
from converter.workflow import Location, Task, Workflow

GLUE = "airflow.providers.amazon.aws.operators.glue.GlueJobOperator"
START_EXECUTION = "airflow.providers.amazon.aws.operators.step_function.StepFunctionStartExecutionOperator"
EMPTY = "airflow.providers.standard.operators.empty.EmptyOperator"
LATEST_ONLY = "airflow.providers.standard.operators.latest_only.LatestOnlyOperator"

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


def latest_only(task_id: str, *upstream: str, **fields: Any) -> Task:
    return Task(task_id, LATEST_ONLY, upstream=upstream, **fields)


def python(task_id: str, *upstream: str, **fields: Any) -> Task:
    return Task(task_id, "tests.Python", upstream=upstream, **fields)


def branch(task_id: str, *upstream: str, **fields: Any) -> Task:
    return Task(task_id, "tests.Branch", upstream=upstream, **fields)


def short_circuit(
    task_id: str, *upstream: str, ignore_downstream_trigger_rules: bool = True, **fields: Any
) -> Task:
    arguments = {"ignore_downstream_trigger_rules": ignore_downstream_trigger_rules}
    return Task(task_id, "tests.ShortCircuit", arguments=arguments, upstream=upstream, **fields)


def reader(task: Task, reads: Sequence[str]) -> Task:
    """Return the task as one that a Lambda function runs, and that reads what these others push."""
    return replace(task, operator="tests.Reader", arguments={"reads": list(reads)}, template_fields=())


@converts("tests.Reader")
def _reader_step(args: Arguments) -> Step:
    expansion = args.task.expansion
    reads = dict.fromkeys((*args.take("reads"), *(expansion.task_ids() if expansion else ())))
    return function_step(args, "PythonOperator", tuple(reads), None)


@converts("tests.Python", "tests.Branch", "tests.ShortCircuit")
def _python_step(args: Arguments) -> Step:
    """A task that a Lambda function runs: it may skip, fail for good, and have other tasks skipped."""
    orders = None
    args.leave_to_function()
    if args.task.operator == "tests.Branch":
        orders = SkipOrders.NOT_CHOSEN
    elif args.task.operator == "tests.ShortCircuit":
        ignores = args.take("ignore_downstream_trigger_rules")
        orders = SkipOrders.DESCENDANTS if ignores else SkipOrders.CHILDREN
    return Step(
        args.task.task_id,
        "PythonOperator",
        "arn:aws:states:::lambda:invoke",
        {"FunctionName": "tasks", "Payload": {"task_id": args.task.task_id}},
        output=Expression("$states.result.Payload.return_value"),
        can_skip=True,
        orders_skips=orders,
        skip=Expression("$states.result.Payload.skip") if orders else None,
        final_errors=("AirflowFailException",),
    )


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
    options = options or Options(resumable=False)
    steps, problems = steps_of(flow)
    assert not refuses(problems), problems
    pace = pace or Pace(options.poll_interval, poller_deadline(flow, steps, options))
    return emit(flow, plan_workflow(flow), steps, options, pace)
