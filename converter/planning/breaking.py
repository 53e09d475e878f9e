"""Which tasks get an Await, where a DAG is not series-parallel: as few as possible.

In a set that falls apart neither in series nor side by side, the root of the plan can only be a Parallel
that cuts dependencies, and every task with a cut dependency needs an Await. So the question is: which is
the smallest set of tasks that, freed from their dependencies, lets the rest fall apart completely? Small
sets are searched through, smallest answers first, so the answer is the least one. Larger ones are freed
task by task, each time the one that leaves the least undone.
"""

from __future__ import annotations

from itertools import combinations

from converter.planning.decompose import stuck_parts
from converter.planning.order import Order, bits

#: Up to this many decompositions are tried for a proven minimum (about 0.1 ms each for a dozen tasks).
SEARCH_LIMIT = 2_000
#: In larger sets, at most this many tasks are tried for each Await.
CANDIDATE_LIMIT = 64


def choose_awaiting(order: Order) -> int:
    """Return the set of tasks that need an Await, such that the DAG falls apart without the others."""
    awaiting = 0
    stuck = stuck_parts(order, order.everything, awaiting)
    while stuck:
        tasks = stuck.pop()
        found = _fewest(order, tasks, awaiting)
        awaiting |= found if found is not None else _most_useful(order, tasks, awaiting)
        stuck.extend(stuck_parts(order, tasks, awaiting))
    return awaiting


def _fewest(order: Order, tasks: int, awaiting: int) -> int | None:
    """Return a smallest set of further Awaits that suffices for ``tasks``; None if the search is too long."""
    consumers = _consumers(order, tasks, awaiting)
    tried = 0
    for size in range(1, len(consumers) + 1):
        for chosen in combinations(consumers, size):
            tried += 1
            if tried > SEARCH_LIMIT:
                return None
            freed = sum(1 << task for task in chosen)
            if not stuck_parts(order, tasks, awaiting | freed):
                return freed
    raise AssertionError("a set in which every task has an Await always falls apart")


def _most_useful(order: Order, tasks: int, awaiting: int) -> int:
    """Return the one task whose Await leaves the smallest stuck sets (measured by squared size)."""
    consumers = _consumers(order, tasks, awaiting)
    # Tasks with many upstream tasks entangle most: they are worth a try first.
    consumers.sort(key=lambda task: (-(order.direct[task] & tasks).bit_count(), -task))

    def undone(task: int) -> tuple[int, int]:
        left = stuck_parts(order, tasks, awaiting | 1 << task)
        return sum(part.bit_count() ** 2 for part in left), -task

    return 1 << min(consumers[:CANDIDATE_LIMIT], key=undone)


def _consumers(order: Order, tasks: int, awaiting: int) -> list[int]:
    """Return the tasks that could be freed, last first: early ones rather wait natively."""
    return [task for task in bits(tasks & ~awaiting) if order.direct[task] & tasks][::-1]
