"""How a set of tasks falls apart: into a sequence, into parallel parts, or not at all.

*In series*: all tasks of one part come before all tasks of the next, in the DAG itself, so a Sequence
orders nothing that the DAG does not order. *Side by side*: no task of one part must natively wait for a task
of another. ``native`` says, task by task, which direct upstream tasks it must have before it in the tree:
all of them, or fewer for a task that may have an Await for the others (none if it is not named there).

Splitting wherever a split is possible loses nothing: docs/planning.md has the proof.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from converter.planning.order import Order, bits


@dataclass(frozen=True)
class Part:
    """A set of tasks, and what is known of the components that native dependencies connect in it."""

    tasks: int
    components: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Split:
    """The parts of a set: in series, first to last; or side by side, by their lowest task."""

    in_series: bool
    parts: list[Part]


def stuck_parts(order: Order, tasks: int, native: Mapping[int, int]) -> list[int]:
    """Return the sets in which the decomposition of ``tasks`` ends without reaching single tasks.

    This list is empty if and only if there is a tree over ``tasks`` that natively orders nothing that the
    DAG does not order, and each task behind all of its ``native`` upstream tasks.
    """
    stuck: list[int] = []
    decomposition = Decomposition(order, tasks, native)
    pending = [Part(tasks)]
    while pending:
        part = pending.pop()
        if part.tasks & (part.tasks - 1):
            split = decomposition.split(part)
            if split is None:
                stuck.append(part.tasks)
            else:
                pending.extend(split.parts)
    return stuck


class Decomposition:
    """Splits sets of tasks, each in time in proportion to what it splits off, where that is single tasks.

    A set that falls apart one task at a time would otherwise take quadratic time.
    """

    def __init__(self, order: Order, tasks: int, native: Mapping[int, int]) -> None:
        self._order = order
        #: Task → the tasks that it natively waits for, and that natively wait for it.
        self._beside = dict.fromkeys(bits(tasks), 0)
        for task in self._beside:
            upstream = native.get(task, 0) & tasks
            self._beside[task] |= upstream
            for up in bits(upstream):
                self._beside[up] |= 1 << task

    def split(self, part: Part) -> Split | None:
        """Return the parts of a set of two or more tasks; None if it does not fall apart."""
        components = part.components or self._components(part.tasks, part.tasks)
        if len(components) > 1:
            return Split(False, [Part(tasks, (tasks,)) for tasks in sorted(components, key=_lowest)])
        parts = self._peeled(part.tasks) or [Part(tasks) for tasks in series_parts(self._order, part.tasks)]
        return Split(True, parts) if len(parts) > 1 else None

    def _peeled(self, tasks: int) -> list[Part]:
        """Return a connected set in series, with single tasks split off at its ends; nothing if none are."""
        first: list[Part] = []
        last: list[Part] = []
        rest = tasks
        beside = 0
        while rest:
            low, high = rest & -rest, 1 << rest.bit_length() - 1
            if not rest & ~low & ~self._order.after[low.bit_length() - 1]:
                single, end = low, first
            elif not rest & ~high & ~self._order.before[high.bit_length() - 1]:
                single, end = high, last
            else:
                break
            end.append(Part(single))
            beside |= self._beside[single.bit_length() - 1]
            rest ^= single
        if rest and rest != tasks:
            # The set was connected, so each component of the rest has a neighbour of what was split off.
            first.append(Part(rest, self._components(rest, beside & rest)))
        return first + last[::-1]

    def _components(self, tasks: int, seeds: int) -> tuple[int, ...]:
        """Return the components of a set, of which each holds one of ``seeds``.

        All but the largest are searched through; the largest is what is left.
        """
        found: list[int] = []
        limit = 8
        while seeds & (seeds - 1):
            for seed in bits(seeds):
                if not seeds >> seed & 1:
                    continue
                component, complete = self._flood(tasks, 1 << seed, limit)
                seeds &= ~component
                if complete:
                    found.append(component)
                    tasks ^= component
                else:
                    seeds |= 1 << seed
                if not seeds & (seeds - 1):
                    break
            limit *= 4
        return (*found, tasks) if tasks else tuple(found)

    def _flood(self, tasks: int, seed: int, limit: int) -> tuple[int, bool]:
        """Return what is connected to a task, and whether it is all: it stops behind ``limit`` tasks."""
        reached = frontier = seed
        while frontier:
            if reached.bit_count() > limit:
                return reached, False
            beside = 0
            for task in bits(frontier):
                beside |= self._beside[task]
            frontier = beside & tasks & ~reached
            reached |= frontier
        return reached, True


def series_parts(order: Order, tasks: int) -> list[int]:
    """Return the parts of ``tasks`` in series, first to last; one part if there is no cut.

    If all of A come before all of B, a task of A has fewer than |A| predecessors here and a task of B has
    at least |A|: sorted by that number, every cut is a prefix. A prefix is a cut if all that follow have it
    among their predecessors.
    """
    before = order.before
    if not before[tasks.bit_length() - 1] & tasks & -tasks:
        # The lowest task is in the first part and the highest in the last, if there is more than one.
        return [tasks]
    ranked = sorted(bits(tasks), key=lambda task: (before[task] & tasks).bit_count())
    cuts = [tasks]
    common = above = tasks
    for task in reversed(ranked):
        # ``above``: the tasks ranked before this one. All that follow have ``common`` before them.
        above ^= 1 << task
        common &= before[task]
        if not common:
            break
        if not above & ~common:
            cuts.append(above)
    parts: list[int] = []
    done = 0
    for cut in reversed(cuts):
        parts.append(cut ^ done)
        done = cut
    return parts


def _lowest(tasks: int) -> int:
    return tasks & -tasks
