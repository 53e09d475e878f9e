"""Mapped tasks: a run's DAG with the instances in place of the tasks that they are of.

Airflow expands a task once its rule lets it run and all that it is expanded over is there
(airflow.models.taskmap, ``TaskMap.expand_mapped_task``). Until then there is one instance of it, and that one
is what is skipped, or becomes upstream_failed. Here all instances are there from the start and become so
together: rules ask for all or any of them, so that it is the same. How many there are is known before: what
their number comes from runs to its end, or not at all. If it did not run, there is nothing to expand over.

Tasks of a mapped task group have as many instances as the group, and one of them waits for those of its own
index. Each task is expanded by itself; until then, see :mod:`~converter.verify.airflow_run.scheduler`.

An instance is called ``task[0]``, ``task[1]``, …; a task without items keeps its name, and has no tries.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from converter.expansion import Source, SourceKind
from converter.verify.airflow_run.script import End, Try
from converter.workflow import Task, Workflow

#: The setting that holds what an instance's task is expanded over: instances and tasks, and whether each is
#: one of those of a task that is expanded over a list of the file.
EXPANDED_OVER = "expanded over"
#: The setting that holds how it is expanded (``converter.expansion.Expansion``).
EXPANSION = "expansion"
#: The setting of an instance that is there from the start: its task is expanded over lists of the file.
FROM_THE_START = "expanded from the start"
#: The setting of an instance of a mapped task group: its upstream tasks inside, which are of the same index.
PEERS = "upstream tasks in its mapped group"
#: The setting of a workflow whose ``fail_fast`` stops the other instances of a task that fails, too.
STOPS_INSTANCES = "fail_fast stops instances"


def instance_ids(task_id: str, count: int | None) -> tuple[str, ...]:
    """Return what the instances of a task are called; ``count`` is None if it is not mapped."""
    return tuple(f"{task_id}[{index}]" for index in range(count)) if count else (task_id,)


def task_of(instance: str) -> str:
    """Return the task that an instance is of.

    >>> task_of("load[3]")
    'load'
    """
    return instance.partition("[")[0]


def expanded(workflow: Workflow, lengths: Mapping[str, int]) -> Workflow:
    """Return the workflow with instances. ``lengths`` gives how many each mapped task has."""

    def ids(task_ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for task in task_ids for name in instance_ids(task, lengths.get(task)))

    expansions = {task.task_id: task.expansion for task in workflow.tasks}
    groups_of = {task.task_id: task.mapped_group for task in workflow.tasks}

    def upstream_of(task: Task, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the upstream instances, and those of them that are of the same index in the same group."""
        found: list[str] = []
        peers: list[str] = []
        for up in task.upstream:
            if task.mapped_group and groups_of[up] == task.mapped_group:
                peers.append(up + name.removeprefix(task.task_id))
                found.append(peers[-1])
            else:
                found += ids((up,))
        return tuple(found), tuple(peers)

    def of_instance(task: Task, name: str) -> Task:
        over: dict[str, bool] = {}
        for other in task.expansion.task_ids() if task.expansion else ():
            theirs = expansions[other]
            over |= dict.fromkeys(ids((other,)), theirs is not None and not theirs.task_ids())
        settings = dict(task.settings)
        if over:
            settings |= {EXPANDED_OVER: over, EXPANSION: task.expansion}
        if task.expansion and not over and name != task.task_id:
            settings[FROM_THE_START] = True
        upstream, peers = upstream_of(task, name)
        if peers:
            settings[PEERS] = peers
        return replace(
            task,
            task_id=name,
            upstream=upstream,
            settings=settings,
            is_mapped=False,
            expansion=None,
        )

    tasks = tuple(
        of_instance(task, name)
        for task in workflow.tasks
        for name in instance_ids(task.task_id, lengths.get(task.task_id))
    )
    groups = {name: ids(roots) for name, roots in workflow.task_groups.items()}
    return replace(workflow, tasks=tasks, task_groups=groups)


def pushes(tries: Sequence[Try], retries: int) -> bool:
    """Whether an instance with these tries, if it runs, returns something in the end."""
    for number in range(retries + 1):
        end = tries[min(number, len(tries) - 1)].end
        if end is not End.FAILED:
            return end is End.SUCCESS
    return False


def length_of(task: Task, pushed: Mapping[str, int]) -> int:
    """Return how many instances a mapped task has. ``pushed`` gives the lengths of what tasks return, and how
    many instances of mapped tasks return something.
    """
    if task.expansion is None:
        raise ValueError(f"{task.task_id} is not mapped")
    count = 1
    for source in task.expansion.sources:
        count *= _items(source, pushed)
    return count


def is_empty(source: Source, silent: Collection[str]) -> bool:
    """Return whether a source has no items because the mapped tasks ``silent`` have returned nothing."""
    if source.kind is SourceKind.LITERAL:
        return not source.value
    if source.kind is SourceKind.XCOM:
        return source.task_id in silent
    found = [is_empty(inner, silent) for inner in source.sources]
    return all(found) if source.kind in (SourceKind.CONCAT, SourceKind.ZIP_LONGEST) else any(found)


def _items(source: Source, pushed: Mapping[str, int]) -> int:
    if source.kind is SourceKind.LITERAL:
        return len(source.value)
    if source.kind is SourceKind.XCOM:
        return pushed[source.task_id]
    counts = [_items(inner, pushed) for inner in source.sources]
    if source.kind is SourceKind.CONCAT:
        return sum(counts)
    return max(counts) if source.kind is SourceKind.ZIP_LONGEST else min(counts)
