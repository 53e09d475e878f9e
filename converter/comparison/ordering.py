"""Whether a run kept to the order of its tasks, and how long each task waited after what it needs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from converter.comparison.model import Run, Side, TaskRun

#: Airflow's workers each have a clock of their own; an execution has one.
_TOLERANCE = {Side.AIRFLOW: timedelta(seconds=1), Side.STEP_FUNCTIONS: timedelta(milliseconds=1)}
_ONE_IS_ENOUGH = ("one_success", "one_failed", "one_done")
_ORDERS_NOTHING = "always"


def too_early(run: Run, task: TaskRun) -> Iterator[str]:
    """Yield what a task should have waited for, in words; nothing for a task that never ran."""
    rule = run.trigger_rules.get(task.key.task_id, "all_success")
    if task.start is None or rule == _ORDERS_NOTHING:
        return
    ends = list(upstream_ends(run, task))
    late = [(name, end) for name, end in ends if task.start < end - _TOLERANCE[run.side]]
    if rule in _ONE_IS_ENOUGH and len(late) < len(ends):
        return
    for name, end in late:
        yield f"started {(end - task.start).total_seconds():.2f} s before its upstream task {name} ended"


def upstream_ends(run: Run, task: TaskRun) -> Iterator[tuple[str, datetime]]:
    """Yield the upstream task instances that ran, and when they had ended as far as the task is concerned.

    A poller learns of a job's end from the job itself, sooner than the state that started it does: then it
    counts what the poller saw.
    """
    for task_id in run.upstream.get(task.key.task_id, ()):
        for upstream in _instances_needed(run, task, task_id):
            if upstream.end is None or upstream.start is None:
                continue
            seen = task.awaited.get(task_id)
            end = min(seen, upstream.end) if seen and seen >= upstream.start else upstream.end
            yield str(upstream.key), end


def delay(run: Run, task: TaskRun) -> float | None:
    """Return the seconds from the end of the last upstream task to a task's start, None if it never ran."""
    if task.start is None:
        return None
    ends = [end for _, end in upstream_ends(run, task)]
    begin = max(ends) if ends else run.start
    return (task.start - begin).total_seconds() if begin else None


def _instances_needed(run: Run, task: TaskRun, task_id: str) -> list[TaskRun]:
    """Return the instances that a task waits for: within a mapped task group, those of its own index."""
    instances = run.instances(task_id)
    if task.key.map_index < 0:
        return instances
    own = [upstream for upstream in instances if upstream.key.map_index == task.key.map_index]
    return own or instances
