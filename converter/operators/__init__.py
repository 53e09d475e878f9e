"""Airflow operator → Step, one module per service. Airflow itself is not needed here.

``steps_of`` converts all tasks of a Workflow and reports every problem; ``settings`` accounts for the
arguments that every operator has.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace

from converter import diagnostics as d
from converter.diagnostics import Diagnostic
from converter.expressions.templates import Scope
from converter.operators import (  # noqa: F401 - they register themselves
    athena,
    batch,
    bedrock,
    dms,
    ec2,
    ecs,
    eks,
    emr,
    emr_containers,
    glue,
    glue_catalog,
    glue_crawlers,
    http,
    lambda_function,
    messaging,
    neptune,
    python,
    rds,
    redshift,
    refused,
    s3,
    sagemaker,
    sensors_aws,
    sensors_external,
    sensors_items,
    sensors_s3,
    sensors_sqs,
    sensors_states,
    sensors_time,
    sql,
    standard,
    step_functions,
    storage,
    systems,
    transfers,
    transfers_dynamodb,
    trigger,
)
from converter.operators.arguments import Arguments, task_diagnostic
from converter.operators.deployment import deployment_notes, variable_notes
from converter.operators.following import account_for_subclass, conversion_for
from converter.operators.known_instances import known_instances, narrowed
from converter.operators.mapping import instances_of, map_index_of
from converter.operators.mapping_problems import expansion_problems, mapping_problems
from converter.operators.pairs import join_pairs
from converter.operators.registry import Conversion, converted_operators
from converter.operators.settings import setting_problems
from converter.operators.shared_files import shared_file_notes
from converter.operators.spelling import not_spelled
from converter.operators.step import GlueRun, Permission, Retrier, Step
from converter.relations import relations_of
from converter.workflow import StandInKind, Task, Value, Workflow

__all__ = [
    "GlueRun",
    "Permission",
    "Retrier",
    "Step",
    "converted_operators",
    "step_of",
    "steps_of",
    "with_pairs",
]


#: What only files for Airflow 2 need.
_OF_AIRFLOW_2 = (
    StandInKind.MOVED,
    StandInKind.REMOVED,
    StandInKind.INTERVALS,
    StandInKind.RENAMED_ARGUMENT,
    StandInKind.IDLE_ARGUMENT,
)


def steps_of(
    workflow: Workflow,
    variables: Mapping[str, str] | None = None,
    connections: Mapping[str, Mapping[str, Value]] | None = None,
    *,
    variables_of_run: bool = False,
) -> tuple[dict[str, Step], tuple[Diagnostic, ...]]:
    """Return task id → Step for every task that is converted, and all problems of all tasks.

    ``variables`` are values of Airflow's Variables, as it stores them; None means that none are known.
    ``connections`` are the fields of its connections, by id, without passwords. ``variables_of_run``: each
    run reads the Variables of templates when it begins, and those values count.
    """
    steps: dict[str, Step] = {}
    problems: list[Diagnostic] = []
    anywhere = _scope_anywhere(workflow, variables, connections, variables_of_run=variables_of_run)
    for task in workflow.tasks:
        problems += [*_unconverted_features(task), *setting_problems(task, workflow)]
        conversion = conversion_for(task)
        if isinstance(conversion, Diagnostic):
            problems.append(conversion)
        elif task.expansion is not None or not task.is_mapped:
            step, found = _step_in(_scope_of(task, workflow, anywhere), task, conversion)
            problems += [*found, *mapping_problems(task, step, workflow)]
            instances = step.instances
            # What instances order to be skipped reaches mapped tasks alone; there, it is refused above.
            steps[task.task_id] = replace(step, orders_skips=None, skip=None) if instances else step
    problems += [problem for task in workflow.tasks for problem in expansion_problems(task, steps)]
    problems += shared_file_notes(workflow, steps)
    problems += [*deployment_notes(workflow, steps), *variable_notes(workflow, steps)]
    return steps, tuple(problems)


def _step_in(scope: Scope, task: Task, conversion: Conversion) -> tuple[Step, tuple[Diagnostic, ...]]:
    """Return a task's step with all that it refers to, and its problems."""
    args = Arguments(task, scope)
    step = _converted(conversion, args)
    account_for_subclass(args)
    if task.expansion and any("*" in place for item in step.permissions for place in item.resources):
        step = replace(step, permissions=_permissions_of_instances(scope, task, conversion, step))
    step = step.acting_as(args.role) if args.role else step
    instances = instances_of(task, scope.mapped)
    if instances or any((args.reads, args.deployed, args.variables, args.files)):
        reads = dict.fromkeys((*step.reads, *args.reads, *(instances.over if instances else ())))
        step = replace(
            step,
            reads=tuple(reads),
            instances=instances,
            deployed={**step.deployed, **args.deployed},
            variables=tuple(args.variables),
            files=tuple(args.files),
        )
    return step, args.problems()


def with_pairs(
    workflow: Workflow,
    steps: Mapping[str, Step],
    variables: Mapping[str, str] | None = None,
    connections: Mapping[str, Mapping[str, Value]] | None = None,
    *,
    variables_of_run: bool = False,
    cause_length: int,
    refusals: Container[str] = (),
    against: str = "",
) -> tuple[dict[str, Step], tuple[Diagnostic, ...]]:
    """Return the steps of :func:`steps_of`, those of submits and their sensors joined: :func:`join_pairs`."""

    def convert(task: Task) -> Step:
        conversion = conversion_for(task)
        if isinstance(conversion, Diagnostic):
            return steps[task.task_id]
        anywhere = _scope_anywhere(workflow, variables, connections, variables_of_run=variables_of_run)
        return _step_in(_scope_of(task, workflow, anywhere), task, conversion)[0]

    return join_pairs(workflow, steps, convert, cause_length=cause_length, refused=refusals, against=against)


def step_of(task: Task, workflow: Workflow) -> tuple[Step | None, tuple[Diagnostic, ...]]:
    """Return the Step of one task that stands where the workflow has its namesake, and its problems."""
    conversion = conversion_for(task)
    if isinstance(conversion, Diagnostic):
        return None, (conversion,)
    args = Arguments(task, _scope_of(task, workflow, _scope_anywhere(workflow)))
    step = _converted(conversion, args)
    return step, args.problems()


def _permissions_of_instances(
    scope: Scope, task: Task, conversion: Conversion, step: Step
) -> tuple[Permission, ...]:
    """Return the permissions of a mapped task's step, for what its instances are given if that is known."""
    known: list[tuple[Permission, ...]] = []
    for given in known_instances(task.expansion) if task.expansion else ():
        alone = replace(task, arguments={**task.arguments, **given}, is_mapped=False, expansion=None)
        args = Arguments(alone, scope)
        known.append(_converted(conversion, args).permissions)
        if args.is_refused:
            return step.permissions
    return narrowed(step.permissions, known) if known else step.permissions


def _converted(conversion: Conversion, args: Arguments) -> Step:
    """Return the task's step; one that does nothing where a value it has refused has stopped a conversion.

    A conversion goes on after a refusal, to find all of them; a Python object may be no use to what follows.
    """
    try:
        step = conversion(args)
    except Exception:
        if not args.is_refused:
            raise
    else:
        for place in not_spelled(step):
            problem = f"only the run knows {place}, in which Step Functions spells names otherwise"
            remedy = "write a dict or list in the file, with templates in it"
            if args.task.is_mapped:
                remedy += "; of a list that it is expanded over, all items with the same names"
            args.report(d.TEMPLATE, problem, remedy)
        return step
    args.set_aside(*args.left())
    return Step(args.task.task_id, args.task.operator.rpartition(".")[2])


def _scope_anywhere(
    workflow: Workflow,
    variables: Mapping[str, str] | None = None,
    connections: Mapping[str, Mapping[str, Value]] | None = None,
    *,
    variables_of_run: bool = False,
) -> Scope:
    """Return where a template of the DAG's stands that is of none of its tasks."""
    tasks, settings = workflow.tasks, workflow.settings
    user_defined: set[str] = set()
    for name in ("user_defined_macros", "user_defined_filters"):
        user_defined |= set(settings.get(name) or ())
    return Scope(
        dag_id=workflow.dag_id,
        task_id="",
        tasks=frozenset([task.task_id for task in tasks]),
        mapped=frozenset([task.task_id for task in tasks if task.is_mapped]),
        grouped=frozenset([task.task_id for task in tasks if task.mapped_group]),
        multiple_outputs=frozenset([task.task_id for task in tasks if task.settings.get("multiple_outputs")]),
        params=workflow.params,
        variables=variables,
        variables_of_run=variables_of_run,
        connections=connections,
        native=bool(settings.get("render_template_as_native_obj")),
        user_defined=frozenset(user_defined),
        timezone=workflow.timezone,
        prefix=workflow.prefix,
        of_airflow_2=any(item.kind in _OF_AIRFLOW_2 for item in workflow.stand_ins),
    )


def _scope_of(task: Task, workflow: Workflow, anywhere: Scope) -> Scope:
    """Return where a task's templates stand."""
    # Tasks of one mapped group: an instance meets that of its own index.
    peers = frozenset(workflow.mapped_groups.get(task.mapped_group, ()))
    return replace(
        anywhere,
        task_id=task.task_id,
        tasks=anywhere.tasks - {task.task_id},
        mapped=anywhere.mapped - peers,
        peers=peers,
        map_index=map_index_of(task),
        params={**anywhere.params, **(task.settings.get("params") or {})},
        before=lambda: _before(task, workflow),
    )


def _before(task: Task, workflow: Workflow) -> tuple[str, ...]:
    found = set(task.upstream).union(*map(relations_of(workflow).ancestors, task.upstream))
    return tuple(other.task_id for other in workflow.tasks if other.task_id in found)


def _unconverted_features(task: Task) -> list[Diagnostic]:
    if task.is_mapped and task.expansion is None:
        problem = "it is mapped, and what over is not known"
        remedy = "convert the DAG file itself"
        return [task_diagnostic(d.MAPPED_TASK, task, problem, remedy)]
    return []
