"""Which limits on concurrency hold by themselves: by the order of the DAG, or by the slots of its runs."""

from __future__ import annotations

from converter.relations import relations_of
from converter.workflow import Task, Value, Workflow


def held_for_dag(workflow: Workflow) -> frozenset[str]:
    """Return the DAG's own settings of this kind that need not be reported."""
    held = set()
    if workflow.max_active_runs:
        held.add("max_active_runs")
    is_mapped = any(task.is_mapped for task in workflow.tasks)
    if not is_mapped and at_once(workflow) <= _number(workflow.settings.get("max_active_tasks")):
        held.add("max_active_tasks")
    return frozenset(held)


def held_for_task(task: Task, workflow: Workflow) -> frozenset[str]:
    """Return the settings of a task that is not mapped that hold: in one run it is there but once."""
    held = {"max_active_tis_per_dagrun"}
    limit = _number(task.settings.get("max_active_tis_per_dag"))
    if workflow.max_active_runs and workflow.max_active_runs <= limit:
        held.add("max_active_tis_per_dag")
    return frozenset(held)


def at_once(workflow: Workflow) -> int:
    """Return how many tasks of a run may run at the same time; it may be fewer.

    Tasks of a chain never do, and this is the number of chains into which the DAG is taken apart.
    """
    relations = relations_of(workflow)
    ends: set[str] = set()
    for task in relations.upstream_first:
        before = next((up for up in relations.firing[task.task_id] if up in ends), "")
        ends.discard(before)
        ends.add(task.task_id)
    return len(ends)


def _number(limit: Value) -> int:
    """Return a limit; 0 if it is none."""
    return limit if isinstance(limit, int) else 0
