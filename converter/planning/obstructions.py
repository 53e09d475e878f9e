"""Obstructions: sets of tasks of which at least one needs an Await, whatever the rest of the plan is.

A set of tasks is an obstruction if the DAG does not fall apart even when every task outside of it is freed
of its dependencies. The set of all Awaits must hit every obstruction, and a set that hits all of them is
enough. There are far too many to list, so the short ones are listed and the others are found when they
turn out not to be hit.
"""

from __future__ import annotations

from collections.abc import Mapping

from converter.planning.decompose import stuck_parts
from converter.planning.order import Order, bits

#: An obstruction is looked for in neighbourhoods of up to this many tasks.
NEIGHBOURHOOD_LIMIT = 48
#: A task is compared with at most this many others that share an upstream task with it.
PAIR_LIMIT = 128


def short_obstructions(order: Order, tasks: int) -> list[tuple[int, ...]]:
    """Return the pairs of ``tasks`` of which one needs an Await (not all, where there are thousands).

    a → c ← b → d with a not before d is the letter N: no tree has all three dependencies natively. So two
    tasks with a common direct upstream task, one of which has another that does not come before both, are
    an obstruction.
    """
    down = order.downstream()
    found: list[tuple[int, ...]] = []
    for task in bits(tasks):
        above = order.direct[task] & tasks
        sharing = 0
        for up in bits(above):
            sharing |= down[up]
        others = bits((sharing & tasks) >> task + 1 << task + 1)
        for other, _ in zip(others, range(PAIR_LIMIT), strict=False):
            if entangled(order, task, above, other, order.direct[other] & tasks):
                found.append((task, other))
    return found


def entangled(order: Order, one: int, above_one: int, two: int, above_two: int) -> bool:
    """Return whether two tasks, natively behind these direct upstream tasks, hold the letter N."""
    return bool(above_one & above_two and (above_one & ~order.before[two] or above_two & ~order.before[one]))


def find_obstruction(
    order: Order, stuck: int, native: Mapping[int, int], barren: set[int]
) -> tuple[int, ...] | None:
    """Return an obstruction with no superfluous task inside a stuck set; None if it is not to be had cheaply.

    Each neighbourhood that is stuck on its own holds one. The smallest neighbourhoods are looked at first.
    ``barren`` remembers the tasks around which there was none: it is not looked for there again.
    """
    native = {task: ups for task in bits(stuck) if (ups := native.get(task, 0) & stuck)}
    beside = dict.fromkeys(bits(stuck), 0)
    for task, ups in native.items():
        beside[task] |= ups
        for up in bits(ups):
            beside[up] |= 1 << task
    joins = [task for task, ups in native.items() if ups & (ups - 1) and task not in barren]
    size = 6
    while size <= NEIGHBOURHOOD_LIMIT:
        for centre in joins:
            around = _neighbourhood(beside, centre, size)
            for part in stuck_parts(order, around, native):
                return _without_superfluous(order, part, native)
        size *= 2
    barren.update(joins)
    if stuck.bit_count() <= NEIGHBOURHOOD_LIMIT:
        return _without_superfluous(order, stuck, native)
    return None


def _neighbourhood(beside: Mapping[int, int], centre: int, size: int) -> int:
    """Return the ``size`` tasks that are nearest to one (``beside``: task → its neighbours)."""
    around = frontier = 1 << centre
    while frontier:
        reached = 0
        for task in bits(frontier):
            reached |= beside[task]
        frontier = 0
        for task in bits(reached & ~around):
            if around.bit_count() == size:
                return around
            frontier |= 1 << task
            around |= 1 << task
    return around


def _without_superfluous(order: Order, stuck: int, native: Mapping[int, int]) -> tuple[int, ...]:
    """Return the tasks of a stuck set that are needed to keep something in it stuck."""
    kept = {task: ups for task, ups in native.items() if stuck >> task & 1 and ups & stuck}
    for task in sorted(kept, reverse=True):
        fewer = {other: ups for other, ups in kept.items() if other != task}
        if len(fewer) < len(kept) and (still := stuck_parts(order, stuck, fewer)):
            stuck = still[0]
            kept = {other: ups for other, ups in fewer.items() if stuck >> other & 1 and ups & stuck}
    return tuple(sorted(kept))
