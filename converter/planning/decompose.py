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

from converter.planning.order import Order, as_bits, bits, lowest

#: The part of a task that is one by itself.
_ALONE = -1


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

    A set that falls apart one task at a time would otherwise take quadratic time. For the same reason, what
    is connected is looked for along lists of neighbours: bit sets would be as long as the whole DAG for each.
    """

    def __init__(self, order: Order, tasks: int, native: Mapping[int, int]) -> None:
        self._order = order
        #: Task → the tasks that it natively waits for, and that natively wait for it.
        self._beside: dict[int, list[int]] = {task: [] for task in bits(tasks)}
        for task, beside in self._beside.items():
            for up in bits(native.get(task, 0) & tasks):
                beside.append(up)
                self._beside[up].append(task)
        #: Task → the part of a Sequence that it is in. Other parts have other numbers; branches of a Parallel
        #: keep that of the whole, as nothing connects them.
        self._part = dict.fromkeys(self._beside, 0)
        self._parts = 1

    def split(self, part: Part) -> Split | None:
        """Return the parts of a set of two or more tasks; None if it does not fall apart."""
        components = part.components or self._components(part.tasks)
        if len(components) > 1:
            return Split(False, [Part(tasks, (tasks,)) for tasks in sorted(components, key=lowest)])
        parts = self._peeled(part.tasks) or self._cut(part.tasks)
        return Split(True, parts) if len(parts) > 1 else None

    def _cut(self, tasks: int) -> list[Part]:
        """Return a connected set in series."""
        parts = series_parts(self._order, tasks)
        if len(parts) > 1:
            for part in parts:
                self._part.update(dict.fromkeys(bits(part), self._parts))
                self._parts += 1
        return [Part(part) for part in parts]

    def _peeled(self, tasks: int) -> list[Part]:
        """Return a connected set in series, with single tasks split off at its ends; nothing if none are."""
        before, after = self._order.before, self._order.after
        part = self._part[lowest(tasks)]
        first: list[Part] = []
        last: list[Part] = []
        beside: set[int] = set()
        rest = tasks
        while rest:
            low, high = lowest(rest), rest.bit_length() - 1
            if low != high and not after[low] >> high & 1:
                break
            if (rest & after[low]) ^ rest == 1 << low:
                single, end = low, first
            elif (rest & before[high]) ^ rest == 1 << high:
                single, end = high, last
            else:
                break
            end.append(Part(1 << single))
            self._part[single] = _ALONE
            beside.update(self._beside[single])
            rest ^= 1 << single
        if rest and rest != tasks:
            # The set was connected, so each component of the rest has a neighbour of what was split off.
            seeds = sorted(task for task in beside if self._part[task] == part)
            first.append(Part(rest, self._components_from(rest, seeds)))
        return first + last[::-1]

    def _components(self, tasks: int) -> tuple[int, ...]:
        """Return the components of a set."""
        found: list[int] = []
        while tasks:
            component, _ = self._flood(lowest(tasks), len(self._beside))
            found.append(as_bits(component))
            tasks ^= found[-1]
        return tuple(found)

    def _components_from(self, tasks: int, seeds: list[int]) -> tuple[int, ...]:
        """Return the components of a set, of which each holds one of ``seeds``.

        All but the largest are searched through; the largest is what is left.
        """
        found: list[int] = []
        limit = 8
        waiting = dict.fromkeys(seeds)
        while len(waiting) > 1:
            for seed in tuple(waiting):
                if seed not in waiting:
                    continue
                component, complete = self._flood(seed, limit)
                for task in component:
                    waiting.pop(task, None)
                if complete:
                    found.append(as_bits(component))
                    tasks ^= found[-1]
                else:
                    waiting[seed] = None
                if len(waiting) < 2:
                    break
            limit *= 4
        return (*found, tasks) if tasks else tuple(found)

    def _flood(self, seed: int, limit: int) -> tuple[set[int], bool]:
        """Return what is connected to a task, and whether it is all: it stops behind ``limit`` tasks."""
        part = self._part[seed]
        reached = {seed}
        frontier = [seed]
        while frontier:
            if len(reached) > limit:
                return reached, False
            for task in self._beside[frontier.pop()]:
                if task not in reached and self._part[task] == part:
                    reached.add(task)
                    frontier.append(task)
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
