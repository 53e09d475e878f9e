"""One DAG's plan with what is worth saying about it, and the words that all its forms share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from converter.planning.makespan import Makespans
from converter.planning.plan import Await, MappedGroup, Parallel, Plan, awaits, task_ids

#: Tasks of a critical path that are named; of a longer one, those at its ends.
_NAMED = 6
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


@dataclass(frozen=True)
class PlanView:
    """The plan of one DAG. ``edges`` are the dependencies as the DAG has them (upstream task, downstream
    task), implied ones included.

    ``makespans`` is None where no durations are known.
    """

    dag_id: str
    plan: Plan
    edges: tuple[tuple[str, str], ...]
    makespans: Makespans | None = None

    @cached_property
    def tasks(self) -> int:
        """How many tasks the plan runs."""
        return len(task_ids(self.plan))

    @cached_property
    def awaits(self) -> int:
        """How many Awaits it has: each becomes a poller."""
        return len(awaits(self.plan))

    def size(self) -> str:
        """Return the counts in words."""
        counts = (
            counted(self.tasks, "task"),
            f"{len(self.edges):,} {'dependency' if len(self.edges) == 1 else 'dependencies'}",
            counted(self.awaits, "poller"),
        )
        return ", ".join(counts)


def counted(number: int, noun: str) -> str:
    """Return the number with its noun: ``1 task``, ``1,200 tasks``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def await_label(node: Await) -> str:
    """Return what an Await does: ``await a, b``, or ``await any of a, b``."""
    return f"{await_verb(node)} {', '.join(node.task_ids)}"


def parallel_label(node: Parallel) -> str:
    """Return how the branches of a Parallel run: of a mapped task group, its tasks once for each item."""
    return f"for each item of {node.group_id}" if isinstance(node, MappedGroup) else "side by side"


def await_verb(node: Await) -> str:
    """Return the words before the awaited tasks."""
    return "await any of" if node.any else "await"


def makespan_line(makespans: Makespans, tasks: int) -> str:
    """Return the line that says what exactness buys."""
    path = makespans.critical_path
    if len(path) > _NAMED:
        path = (*path[:2], f"… {len(path) - 4} more …", *path[-2:])
    parts = [
        f"expected makespan: exact {in_words(makespans.exact)}, barrier {in_words(makespans.barrier)}, "
        f"critical path {in_words(makespans.bound)} ({' > '.join(path)})"
    ]
    if makespans.advance > 0:
        parts.append(f"exact ends {makespans.advanced} {in_words(makespans.advance)} before the barrier does")
    parts.append(f"pollers ask every {in_words(makespans.poll_interval)}")
    if guessed := tasks - makespans.known:
        parts.append(f"{counted(guessed, 'task')} without a known duration taken as average")
    return "; ".join(parts)


def in_words(seconds: float) -> str:
    """Return a duration by its two largest units: ``1 h 7 min``, ``45 s``, ``0.4 s``."""
    if seconds < 10:
        return f"{seconds:.1f} s".replace(".0 ", " ")
    for (unit, size), (part, part_size) in pairwise(_UNITS):
        if seconds >= size:
            whole, parts = divmod(round(seconds / part_size), size // part_size)
            return f"{whole} {unit} {parts} {part}" if parts else f"{whole} {unit}"
    return f"{round(seconds)} s"
