"""The outer machine of a DAG with teardowns: it runs them also after a timeout or a stop.

All tasks run in the *body*, a machine of its own, which the outer one starts and waits for. The body ends on
its own after a success or failure of its tasks, and then its teardowns have run. Where it was cut short
(dagrun_timeout, a stop, a limit of Step Functions; by the first failure, where that is to end the run), the
outer machine reads what its setups have become, and runs the teardowns whose setups have succeeded and that
the body had not decided, one after another. What a teardown looks at is noted by the body in the outcome
table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from converter.asl import awaiting, records
from converter.asl.block import RUN_FAILED_ERROR, BlockWriter
from converter.asl.emission import Emission
from converter.asl.names import RUN_FAILED, Names
from converter.asl.options import Failures, Options
from converter.asl.rules import Rules
from converter.expressions.jsonata import Expression, Substitution, literal, path
from converter.operators.step import SkipOrders, Step
from converter.planning import Plan
from converter.planning import Step as PlannedStep
from converter.planning.plan import sequence
from converter.relations import relations_of
from converter.workflow import TriggerRule, Workflow

BODY_MACHINE = Substitution("BodyMachineArn")
RUN_BODY, LOOK = "run: tasks", "run: how did the tasks end?"
DECIDE, GATHER = "run: cut short?", "run: what has been set up?"
TEARDOWNS, READ = "run: teardowns", "run: read a record"
#: The variable that holds what the body has noted.
_KNOWN = "$known"
#: The body has the name of the execution that starts it, so its ARN follows. What is started is a version of
#: its machine, whose ARN has an eighth part; that of the execution has none of it.
_BODY_EXECUTION = (
    f"$replace($join($split('{BODY_MACHINE}', ':')[[0..6]], ':'), ':stateMachine:', ':execution:')"
    " & ':' & $states.context.Execution.Name"
)


def noted_tasks(workflow: Workflow, steps: Mapping[str, Step]) -> tuple[str, ...]:
    """Return the tasks whose outcomes the teardowns of an outer machine look at; none without teardowns.

    They are teardowns, their setups, branches that may have them skipped, and what they read.
    """
    noted: set[str] = set()
    for task in workflow.tasks:
        if task.is_teardown:
            branches = (up for up in task.upstream if steps[up].orders_skips is SkipOrders.NOT_CHOSEN)
            setups = (up for up in task.upstream if workflow.task(up).is_setup)
            noted.update((task.task_id, *setups, *branches, *steps[task.task_id].reads))
    return tuple(task.task_id for task in workflow.tasks if task.task_id in noted)


def outer_block(
    workflow: Workflow, steps: Mapping[str, Step], options: Options, pace: awaiting.Pace, names: Names
) -> dict[str, Any]:
    """Return the outermost block of the outer machine. ``pace`` is that of the body's pollers."""
    noted = noted_tasks(workflow, steps)
    earlier = f"{{}}, {records.RESUMED}" if options.resumable else "{}"
    failed = {"ErrorEquals": ["States.ALL"], "Output": str(Expression(records.INPUT)), "Next": RUN_FAILED}
    return {
        "StartAt": RUN_BODY,
        "States": {
            RUN_BODY: {
                "Type": "Task",
                "Comment": "the tasks, as an execution of the same name",
                "Resource": "arn:aws:states:::states:startExecution.sync:2",
                "Arguments": {
                    "StateMachineArn": str(BODY_MACHINE),
                    "Name": str(Expression("$states.context.Execution.Name")),
                    "Input": str(Expression("$states.context.Execution.Input")),
                },
                "Retry": [{"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 0}, awaiting.SERVICE_RETRIER],
                "Catch": [{"ErrorEquals": ["States.ALL"], "Output": _caught(), "Next": LOOK}],
                "Output": str(Expression("$states.result.Output")),
                "End": True,
            },
            LOOK: {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:sfn:describeExecution",
                "Arguments": {"ExecutionArn": str(Expression(_BODY_EXECUTION))},
                "Retry": [awaiting.SERVICE_RETRIER],
                # Whether anything has been set up cannot be known then.
                "Catch": [failed],
                "Output": str(Expression(_ended())),
                "Next": DECIDE,
            },
            DECIDE: {
                "Type": "Choice",
                "Choices": [
                    {
                        "Condition": str(Expression(f"{records.INPUT}.error = {literal(RUN_FAILED_ERROR)}")),
                        "Next": RUN_FAILED,
                    }
                ],
                "Default": GATHER,
            },
            GATHER: {
                "Type": "Map",
                "Items": list(noted),
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "INLINE"},
                    "StartAt": READ,
                    "States": {READ: _reading_state()},
                },
                "Catch": [failed],
                "Assign": {"known": str(Expression(f"$merge([{earlier}, $states.result])"))},
                "Output": str(Expression(records.INPUT)),
                "Next": TEARDOWNS,
            },
            TEARDOWNS: {
                "Type": "Parallel",
                "Comment": "those whose setups have succeeded, and that have not run",
                "Arguments": _setups_before(workflow, noted),
                "Branches": [_teardowns(workflow, steps, options, pace, names)],
                "Catch": [failed],
                "Output": str(Expression(records.INPUT)),
                "Next": RUN_FAILED,
            },
            RUN_FAILED: {
                "Type": "Fail",
                "Error": str(Expression(f"{records.INPUT}.error")),
                "Cause": str(Expression(f"{records.INPUT}.cause")),
            },
        },
    }


def _caught() -> dict[str, str]:
    error, cause = (
        "$substring($string($states.errorOutput." + name + "), 0, 256)" for name in ("Error", "Cause")
    )
    return {"error": str(Expression(error)), "cause": str(Expression(cause))}


def _ended() -> str:
    """Return error and cause of the body's end: its own; of a timeout, which has none, its status."""
    result = "$states.result"
    error = f"$exists({result}.Error) ? {result}.Error : {result}.Status"
    cause = f"$exists({result}.Cause) ? {result}.Cause : ''"
    return f"{{'error': {error}, 'cause': {cause}}}"


def _reading_state() -> dict[str, Any]:
    """Return the state that reads a task's record, its id being the input: ``{id: record}`` or ``{}``."""
    item = "$states.result.Item.record.S"
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:getItem",
        "Arguments": {
            "TableName": str(awaiting.OUTCOME_TABLE),
            "Key": {"id": {"S": str(Expression(f"{_BODY_EXECUTION} & '/' & {records.INPUT}"))}},
            "ConsistentRead": True,
        },
        "Retry": [awaiting.SERVICE_RETRIER],
        "Output": str(Expression(f"$exists({item}) ? {{{records.INPUT}: $parse({item})}} : {{}}")),
        "End": True,
    }


def _setups_before(workflow: Workflow, noted: tuple[str, ...]) -> dict[str, str]:
    """Return the records of what teardowns look at: a setup without one was not begun, or has not ended."""
    unknown = "{'state': 'skipped', 'at': $millis()}"
    given = {}
    for task_id in noted:
        if not workflow.task(task_id).is_teardown:
            record = f"{_KNOWN}.{path(task_id)}"
            given[task_id] = str(Expression(f"$exists({record}) ? {record} : {unknown}"))
    return given


def _teardowns(
    workflow: Workflow, steps: Mapping[str, Step], options: Options, pace: awaiting.Pace, names: Names
) -> dict[str, Any]:
    """Return the block that runs the teardowns in their order, each by its rule over its setups."""
    relations = relations_of(workflow)
    order = [task.task_id for task in relations.upstream_first if task.is_teardown]
    given = [name for name in noted_tasks(workflow, steps) if name not in order]
    tasks = [
        replace(workflow.task(name), upstream=(), trigger_rule=TriggerRule.ALL_SUCCESS) for name in given
    ]
    for name in order:
        task = workflow.task(name)
        tasks.append(replace(task, upstream=tuple(up for up in task.upstream if up in given)))
    left = replace(workflow, tasks=tuple(tasks))
    # Whatever these do: the body may not have come to them, and then they count as skipped.
    known = {
        name: replace(steps[name], resource=steps[name].resource or "known", can_skip=True) for name in given
    }
    rules = Rules.of(left, {**steps, **known}, failures_end_the_run=False)
    options = replace(options, resumable=True, failures=Failures.AIRFLOW)  # a failed one stops no other
    emission = Emission(left, steps, rules, options, pace, frozenset(), names, earlier=_KNOWN, goes_on=True)
    plan: Plan = sequence(*(PlannedStep(name) for name in order))
    return BlockWriter(emission, plan, inherited=tuple(given)).write()
