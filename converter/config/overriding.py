"""What a configuration makes of a DAG: names with its prefix, and what its environment overrides."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from converter import diagnostics as d
from converter.config.model import Config, TaskOverrides
from converter.config.shadowing import as_shadow
from converter.diagnostics import Diagnostic
from converter.expansion import Source, SourceKind
from converter.workflow import PREFIX, Task, Value, Workflow

#: The modules whose operators and sensors have the name of a Glue job as their ``job_name``.
_GLUE = ("airflow.providers.amazon.aws.operators.glue.", "airflow.providers.amazon.aws.sensors.glue.")
_JOB = "job_name"
#: What a run of the job is started with, beside the job's own arguments.
_JOB_ARGUMENTS = "script_args"


def configured(workflow: Workflow, config: Config) -> Workflow:
    """Return a DAG as it is in the environment in force: with other jobs, arguments and names.

    In the environment that its ``shadow`` names, it is one that runs beside Airflow.
    """
    here = config.overrides
    mine = here.overrides(workflow.dag_id)
    tasks = tuple(
        _with_arguments(_with_jobs(task, here.jobs), mine.get(task.task_id)) for task in workflow.tasks
    )
    found = replace(workflow, tasks=tasks, prefix=config.prefix or PREFIX)
    shadow = config.dags[workflow.dag_id].shadow if workflow.dag_id in config.dags else None
    if shadow is None or shadow.environment != config.environment:
        return found
    return as_shadow(workflow, found, may_run_twice=shadow.may_run_twice)


def mistakes_about(workflow: Workflow, config: Config) -> list[Diagnostic]:
    """Return what the configuration says about a DAG that would have no effect.

    That is more than a slip of the pen: a task that was meant would do what it always does.
    """
    return [
        *_strange_tasks(workflow, config),
        *_expanded_arguments(workflow, config),
        *_homeless_job_arguments(workflow, config),
    ]


def _strange_tasks(workflow: Workflow, config: Config) -> list[Diagnostic]:
    dag_id = workflow.dag_id
    found: list[tuple[str, ...]] = []
    if dag_id in config.dags:
        found += [("dags", dag_id, "tasks", task) for task in config.dags[dag_id].tasks]
    for name, environment in config.environments.items():
        found += [("environments", name, "tasks", dag_id, task) for task in environment.overrides(dag_id)]
    known = workflow.by_id
    return [
        Diagnostic(
            d.CONFIG_INVALID,
            f"DAG '{dag_id}' has no task '{keys[-1]}'",
            _nearest(keys[-1], known),
            config.place_of(*keys),
            dag_id,
        )
        for keys in found
        if keys[-1] not in known
    ]


def _expanded_arguments(workflow: Workflow, config: Config) -> Iterator[Diagnostic]:
    """Yield the overrides of arguments that a task is expanded over."""
    for name, environment in config.environments.items():
        for task_id, overrides in environment.overrides(workflow.dag_id).items():
            task = workflow.by_id.get(task_id)
            if task is None or task.expansion is None:
                continue
            given = {_argument(argument): argument for argument in overrides.arguments}
            # Each row may give any argument.
            expanded = given if task.expansion.rows else given.keys() & task.expansion.arguments.keys()
            for argument in expanded:
                keys = ("environments", name, "tasks", workflow.dag_id, task_id, "arguments", given[argument])
                problem = f"task '{task_id}' is expanded over '{argument}', which cannot be overridden"
                remedy = "override what it does with it: the job, or another argument"
                place = config.place_of(*keys)
                yield Diagnostic(d.CONFIG_INVALID, problem, remedy, place, workflow.dag_id, task_id)


def _homeless_job_arguments(workflow: Workflow, config: Config) -> Iterator[Diagnostic]:
    """Yield the overrides of a job's single arguments where its ``script_args`` are no mapping."""
    for name, environment in config.environments.items():
        for task_id, overrides in environment.overrides(workflow.dag_id).items():
            task = workflow.by_id.get(task_id)
            single = next((one for one in overrides.arguments if one.startswith("--")), None)
            if task is None or single is None:
                continue
            # What is said as a whole replaces those of the DAG.
            said = _JOB_ARGUMENTS in overrides.arguments
            whole = (overrides.arguments if said else task.arguments).get(_JOB_ARGUMENTS)
            if isinstance(whole, Mapping) or (whole is None and not said):
                continue
            where = "the configuration" if said else f"task '{task_id}'"
            problem = f"'{single}' cannot be one of the {_JOB_ARGUMENTS}: in {where} they are no mapping"
            remedy = f"write all of them: {_JOB_ARGUMENTS}: {{{single}: …}}"
            keys = ("environments", name, "tasks", workflow.dag_id, task_id, "arguments", single)
            place = config.place_of(*keys)
            yield Diagnostic(d.CONFIG_INVALID, problem, remedy, place, workflow.dag_id, task_id)


def strange_names(workflows: Iterable[tuple[str, frozenset[str]]], config: Config) -> Iterator[Diagnostic]:
    """Yield a note for each DAG and Glue job that the configuration names and a whole folder does not have.

    ``workflows`` are the DAGs of the folder, by their ids, each with :func:`jobs_of` it.
    """
    jobs_by_dag = dict(workflows)
    dags: list[tuple[str, ...]] = [("dags", dag_id) for dag_id in config.dags]
    for name, environment in config.environments.items():
        dags += [("environments", name, "tasks", dag_id) for dag_id in environment.tasks]
    for keys in dags:
        if keys[-1] not in jobs_by_dag:
            yield _strange("there is no DAG", keys, jobs_by_dag, config)
    jobs = dict.fromkeys(job for found in jobs_by_dag.values() for job in sorted(found))
    for name, environment in config.environments.items():
        for job in environment.jobs:
            if job not in jobs:
                yield _strange("no DAG starts a Glue job", ("environments", name, "jobs", job), jobs, config)


def jobs_of(workflow: Workflow) -> frozenset[str]:
    """Return the Glue jobs that a DAG names."""
    glue = (task for task in workflow.tasks if task.operator.startswith(_GLUE))
    return frozenset(job for task in glue for job in _jobs(task) if isinstance(job, str))


def _strange(problem: str, keys: tuple[str, ...], known: Iterable[str], config: Config) -> Diagnostic:
    remedy = _nearest(keys[-1], known)
    return Diagnostic(d.CONFIG_UNUSED, f"{problem} '{keys[-1]}'", remedy, config.place_of(*keys))


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), 1, 0.6)
    return f"write '{near[0]}'" if near else ""


def _jobs(task: Task) -> Iterator[Value]:
    """Yield what a task of Glue, or an instance of it, has as its job."""
    yield task.arguments.get(_JOB)
    if task.expansion:
        yield from _items(task.expansion.arguments.get(_JOB))
        yield from (row.get(_JOB) for row in _items(task.expansion.rows) if isinstance(row, Mapping))


def _with_jobs(task: Task, jobs: Mapping[str, str]) -> Task:
    """Return a task of Glue with other jobs, wherever :func:`_jobs` finds one that is a text."""
    if not jobs or not task.operator.startswith(_GLUE):
        return task

    def other(job: Value) -> Value:
        return jobs.get(job, job) if isinstance(job, str) else job

    def with_other(given: Value) -> Value:
        is_named = isinstance(given, Mapping) and _JOB in given
        return {**given, _JOB: other(given[_JOB])} if is_named else given

    task = replace(task, arguments=with_other(task.arguments))
    if task.expansion is None:
        return task
    arguments = {
        name: _with_items(source, other) if name == _JOB else source
        for name, source in task.expansion.arguments.items()
    }
    rows = task.expansion.rows and _with_items(task.expansion.rows, with_other)
    return replace(task, expansion=replace(task.expansion, arguments=arguments, rows=rows))


def _items(source: Source | None) -> Iterator[Value]:
    """Yield the items that stand in the DAG as they are: what a function makes of others does not."""
    if source and source.kind is SourceKind.LITERAL and isinstance(source.value, list):
        yield from source.value
    elif source and source.kind is SourceKind.CONCAT:
        for part in source.sources:
            yield from _items(part)


def _with_items(source: Source, other: Callable[[Value], Value]) -> Source:
    """Return a source with others in place of the items that :func:`_items` yields."""
    if source.kind is SourceKind.LITERAL and isinstance(source.value, list):
        return replace(source, value=[other(item) for item in source.value])
    if source.kind is SourceKind.CONCAT:
        return replace(source, sources=tuple(_with_items(part, other) for part in source.sources))
    return source


def _with_arguments(task: Task, overrides: TaskOverrides | None) -> Task:
    if overrides is None:
        return task
    arguments: dict[str, Value] = {}
    for name, value in overrides.arguments.items():
        if name.startswith("--"):
            # Glue takes only texts.
            text = value if isinstance(value, str) else json.dumps(value)
            arguments[_JOB_ARGUMENTS] = _merged(arguments.get(_JOB_ARGUMENTS), {name: text})
        else:
            arguments[name] = _merged(arguments.get(name), value)
    merged = {name: _merged(task.arguments.get(name), value) for name, value in arguments.items()}
    return replace(task, arguments={**task.arguments, **merged})


def _argument(name: str) -> str:
    """Return the operator's argument that an override is about."""
    return _JOB_ARGUMENTS if name.startswith("--") else name


def _merged(old: Any, new: Any) -> Any:
    """Return ``new``; of two mappings, both, key by key."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return {**old, **{key: _merged(old.get(key), value) for key, value in new.items()}}
    return new
