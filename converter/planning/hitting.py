"""The fewest tasks that hit all of a list of sets.

Sets that have no task in common with the others are a problem of their own, so a list of thousands is often
many small problems, which ``searching`` solves for certain. A good answer to start from is found greedily;
for a problem too large to search, it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import TypeAlias

from converter.planning.searching import Search

#: A set of tasks, ascending.
Members: TypeAlias = tuple[int, ...]
Dearness: TypeAlias = Callable[[int], tuple[float, ...]]

#: What all searches for one list may cost, in tasks and sets looked at (a microsecond or two each), and what
#: each may cost however many there are.
EFFORT = 300_000
LEAST_EFFORT = 3_000
#: A problem with more tasks times sets is not searched: its bit sets would take too much time and memory.
SEARCHED_SIZE = 250_000


@dataclass(frozen=True)
class Hitting:
    """A set of tasks that hits all sets. ``proven``: none with fewer tasks does."""

    chosen: frozenset[int]
    proven: bool


def hit_all(
    sets: Iterable[Members], dearness: Dearness, solved: dict[tuple[Members, ...], Hitting]
) -> Hitting:
    """Return few tasks that hit all of the sets (none of them empty); among equals rather those less dear.

    ``solved`` remembers the problems of earlier calls: a list that grew here has not changed there.
    """
    problems = [tuple(problem) for problem in _separate(sorted(set(sets)))]
    new = [problem for problem in problems if problem not in solved]
    effort = max(LEAST_EFFORT, EFFORT // max(1, len(new)))
    for problem in new:
        solved[problem] = _Problem(problem, dearness).solve(effort)
    chosen: set[int] = set()
    proven = True
    for problem in problems:
        found = solved[problem]
        chosen |= found.chosen
        proven &= found.proven
    return Hitting(frozenset(chosen), proven)


def _separate(sets: list[Members]) -> list[list[Members]]:
    """Return the sets in groups that have no task in common."""
    group: dict[int, int] = {}

    def find(task: int) -> int:
        while group.setdefault(task, task) != task:
            group[task] = task = group[group[task]]
        return task

    for members in sets:
        for task in members[1:]:
            group[find(task)] = find(members[0])
    parts: dict[int, list[Members]] = {}
    for members in sets:
        parts.setdefault(find(members[0]), []).append(members)
    return list(parts.values())


class _Problem:
    """Sets that belong together. They and their tasks are numbered from 0, the least dear task first."""

    def __init__(self, sets: SequenceOf[Members], dearness: Dearness) -> None:
        self.tasks = sorted({task for members in sets for task in members}, key=dearness)
        place = {task: index for index, task in enumerate(self.tasks)}
        #: Set → its tasks; task → the sets that it hits.
        self.members = [sorted(place[task] for task in members) for members in sets]
        self.hits: list[list[int]] = [[] for _ in self.tasks]
        for number, members in enumerate(self.members):
            for task in members:
                self.hits[task].append(number)

    def solve(self, effort: int) -> Hitting:
        """Return the fewest tasks, or, where it would take more than ``effort``, few."""
        best = self._improved(self._without_superfluous(self._greedy()))
        proven = False
        if len(self.tasks) * len(self.members) <= SEARCHED_SIZE:
            best, proven = self._searched(best, effort)
            best = self._improved(self._without_superfluous(best))
        return Hitting(frozenset(self.tasks[task] for task in best), proven)

    def _searched(self, known: set[int], effort: int) -> tuple[set[int], bool]:
        """Return the smallest answer found and whether it is proven."""
        search = Search(self.members, self.hits)
        certain, open_sets = search.certain()
        parts = _separate(open_sets)
        if not parts:
            return certain, True
        if len(parts) == 1 and len(open_sets) == len(self.members):
            return search.fewer_than(known, effort)
        # What is certain tears the rest apart, into smaller problems.
        pieces = [_Problem(part, lambda task: (task,)).solve(effort // len(parts)) for part in parts]
        answer = certain.union(*(piece.chosen for piece in pieces))
        return answer if len(answer) < len(known) else known, all(piece.proven for piece in pieces)

    def _greedy(self) -> set[int]:
        """Return tasks that hit all sets, each the one that hit most at its time."""
        open_hits = [len(numbers) for numbers in self.hits]
        missed = [True] * len(self.members)
        heap = [(-count, task) for task, count in enumerate(open_hits)]
        heapify(heap)
        chosen: set[int] = set()
        while heap:
            count, task = heappop(heap)
            if -count != open_hits[task]:
                heappush(heap, (-open_hits[task], task))
            elif count:
                chosen.add(task)
                for number in self.hits[task]:
                    if missed[number]:
                        missed[number] = False
                        for member in self.members[number]:
                            open_hits[member] -= 1
            else:
                break
        return chosen

    def _without_superfluous(self, chosen: set[int]) -> set[int]:
        """Return the chosen without those whose sets are hit by others, the dearest left out first."""
        times = self._times_hit(chosen)
        kept = set(chosen)
        for task in sorted(chosen, reverse=True):
            if all(times[number] > 1 for number in self.hits[task]):
                kept.remove(task)
                for number in self.hits[task]:
                    times[number] -= 1
        return kept

    def _improved(self, chosen: set[int]) -> set[int]:
        """Return as many tasks, each exchanged for a less dear one that hits what it alone hit."""
        times = self._times_hit(chosen)
        improved = set(chosen)
        for task in sorted(chosen, reverse=True):
            alone = [set(self.members[number]) for number in self.hits[task] if times[number] == 1]
            better = min(set.intersection(*alone)) if alone else task
            if better != task:
                improved ^= {task, better}
                for number in self.hits[task]:
                    times[number] -= 1
                for number in self.hits[better]:
                    times[number] += 1
        return improved

    def _times_hit(self, chosen: set[int]) -> list[int]:
        return [sum(member in chosen for member in members) for members in self.members]
