"""How a set of tasks falls apart: into a sequence, into parallel parts, or not at all.

*In series*: all tasks of one part come before all tasks of the next, in the DAG itself, so a Sequence
orders nothing that the DAG does not order. *Side by side*: no task of one part natively waits for a task
of another. A task in ``awaiting`` may wait for its upstream tasks with an Await, so its dependencies hold
nothing together; every other task's direct dependencies do.
"""

from __future__ import annotations

from converter.planning.order import Order, bits


def series_parts(order: Order, tasks: int) -> list[int]:
    """Return the parts of ``tasks`` in series, first to last; one part if there is no cut.

    If all of A come before all of B, a task of A has fewer than |A| predecessors here and a task of B has
    at least |A|: sorted by that number, every cut is a prefix. A prefix is a cut if all that follow have it
    among their predecessors.
    """
    ranked = sorted(bits(tasks), key=lambda task: (order.before[task] & tasks).bit_count())
    common_after = [tasks] * (len(ranked) + 1)
    for index in range(len(ranked) - 1, -1, -1):
        common_after[index] = common_after[index + 1] & order.before[ranked[index]]
    parts: list[int] = []
    done = current = 0
    for index, task in enumerate(ranked):
        current |= 1 << task
        if not (done | current) & ~common_after[index + 1]:
            parts.append(current)
            done |= current
            current = 0
    return parts


def parallel_parts(order: Order, tasks: int, awaiting: int) -> list[int]:
    """Return the parts of ``tasks`` that no native dependency connects, by their lowest task."""
    neighbours = dict.fromkeys(bits(tasks), 0)
    for task in bits(tasks & ~awaiting):
        upstream = order.direct[task] & tasks
        neighbours[task] |= upstream
        for up in bits(upstream):
            neighbours[up] |= 1 << task
    parts: list[int] = []
    left = tasks
    while left:
        part = frontier = left & -left
        while frontier:
            reached = 0
            for task in bits(frontier):
                reached |= neighbours[task]
            frontier = reached & ~part
            part |= frontier
        parts.append(part)
        left &= ~part
    return parts


def stuck_parts(order: Order, tasks: int, awaiting: int) -> list[int]:
    """Return the sets in which the decomposition of ``tasks`` ends without reaching single tasks.

    Nothing is lost by splitting wherever a split is possible: a tree of the whole, restricted to the parts
    and joined again in series or side by side, needs no more Awaits. So this list is empty if and only if
    there is a plan in which only ``awaiting`` tasks have Awaits.
    """
    stuck: list[int] = []
    pending = [tasks]
    while pending:
        current = pending.pop()
        if current & (current - 1) == 0:
            continue
        parts = series_parts(order, current)
        if len(parts) == 1:
            parts = parallel_parts(order, current, awaiting)
        if len(parts) == 1:
            stuck.append(current)
        else:
            pending.extend(parts)
    return stuck
