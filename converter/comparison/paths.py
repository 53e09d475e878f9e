"""Why a run took as long as it did: its critical path, and the time that its tasks alone would need."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from converter.comparison.model import Critical, Key, Run, TaskRun
from converter.comparison.ordering import upstream_ends


def critical(run: Run) -> Critical:
    """Return what decided a run's length.

    The ideal is what an orchestrator would need that starts each task at the moment when its upstream tasks
    have ended, given how long the tasks took in this very run (retries and waits between tries included).
    """
    ideal = _ideal(run)
    overhead = None if run.seconds is None else max(0.0, run.seconds - ideal)
    return Critical(_path(run), ideal, overhead)


def _path(run: Run) -> tuple[Key, ...]:
    """Return the tasks from first to last: each is the last to end of those that the next one waited for."""
    ran = [task for task in run.tasks.values() if task.end and task.start]
    if not ran:
        return ()
    by_name = {str(task.key): task for task in ran}
    task: TaskRun | None = max(ran, key=lambda item: (item.end, item.key))
    path: list[Key] = []
    while task and task.key not in path:
        path.append(task.key)
        ends = sorted(upstream_ends(run, task), key=lambda item: (item[1], item[0]))
        task = by_name.get(ends[-1][0]) if ends else None
    return tuple(reversed(path))


def _ideal(run: Run) -> float:
    seconds = _longest_instances(run)
    graph = {task_id: run.upstream.get(task_id, ()) for task_id in {key.task_id for key in run.tasks}}
    ends: dict[str, float] = {}
    try:
        for task_id in TopologicalSorter(graph).static_order():
            needed = [ends[upstream] for upstream in run.upstream.get(task_id, ()) if upstream in ends]
            ends[task_id] = _begin(run.trigger_rules.get(task_id, ""), needed) + seconds.get(task_id, 0.0)
    except CycleError:  # of no DAG, but foreign data is what it is
        return 0.0
    return max(ends.values(), default=0.0)


def _begin(rule: str, upstream_ends_after: list[float]) -> float:
    if rule == "always" or not upstream_ends_after:
        return 0.0
    return min(upstream_ends_after) if rule.startswith("one_") else max(upstream_ends_after)


def _longest_instances(run: Run) -> Mapping[str, float]:
    longest: dict[str, float] = {}
    for task in run.tasks.values():
        longest[task.key.task_id] = max(longest.get(task.key.task_id, 0.0), task.seconds or 0.0)
    return longest
