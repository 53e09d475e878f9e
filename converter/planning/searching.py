"""Branch and bound for the fewest tasks that hit all of a list of sets.

At every node of the search tree, what must be chosen or may be left out is decided first; then the search
branches on the task that hits most of what is left. If the budget runs out, the best answer so far stands.
The budget counts what is looked at, never seconds: the same sets have the same answer everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from converter.planning.order import bits


class Search:
    """A list of sets, as bit sets: set → its tasks, task → the sets that it hits."""

    def __init__(self, members: Sequence[Sequence[int]], hits: Sequence[Sequence[int]]) -> None:
        self.members = [sum(1 << task for task in tasks) for tasks in members]
        self.hits = [sum(1 << number for number in numbers) for numbers in hits]
        self._all_sets = (1 << len(self.members)) - 1
        self._all_tasks = (1 << len(self.hits)) - 1

    def certain(self) -> tuple[set[int], list[tuple[int, ...]]]:
        """Return tasks that a smallest answer has, and the sets that they leave open, narrowed down."""
        left, allowed, chosen = self._reduce(self._all_sets, self._all_tasks, 0) or (0, 0, 0)
        return set(bits(chosen)), sorted(
            {tuple(bits(self.members[number] & allowed)) for number in bits(left)}
        )

    def fewer_than(self, known: set[int], effort: int) -> tuple[set[int], bool]:
        """Return the smallest answer found, ``known`` if none is smaller, and whether it is proven.

        ``effort``: tasks and sets that may be looked at, over all nodes of the search tree.
        """
        best = sum(1 << task for task in known)
        pending = [(self._all_sets, self._all_tasks, 0)]
        for _ in range(effort // (len(self.members) + len(self.hits))):
            if not pending:
                return set(bits(best)), True
            reduced = self._reduce(*pending.pop())
            if reduced is None:
                continue
            left, allowed, chosen = reduced
            if chosen.bit_count() + self._at_least(left, allowed) >= best.bit_count():
                continue
            if not left:
                best = chosen
                continue
            task = max(bits(allowed), key=lambda task: ((self.hits[task] & left).bit_count(), -task))
            allowed ^= 1 << task
            pending.append((left, allowed, chosen))
            pending.append((left & ~self.hits[task], allowed, chosen | 1 << task))
        return set(bits(best)), not pending

    def _reduce(self, left: int, allowed: int, chosen: int) -> tuple[int, int, int] | None:
        """Return the problem (sets left, tasks allowed, tasks chosen) without what is decided already.

        None if a set has no task left.
        """
        before = None
        while before != (left, allowed):
            before = left, allowed
            left = self._without_wider(left, allowed)
            for number in bits(left):
                live = self.members[number] & allowed
                if not live:
                    return None
                if not live & (live - 1) and left >> number & 1:
                    chosen |= live
                    left &= ~self.hits[live.bit_length() - 1]
            allowed = self._without_weaker(left, allowed & ~chosen)
        return left, allowed, chosen

    def _without_wider(self, left: int, allowed: int) -> int:
        """Return the sets without those that hold another: whoever hits the narrower one hits both."""
        for number in bits(left):
            live = self.members[number] & allowed
            if not left >> number & 1 or not live:
                continue
            rivals = left
            for task in bits(live):
                rivals &= self.hits[task]
            left &= ~rivals | 1 << number
        return left

    def _without_weaker(self, left: int, allowed: int) -> int:
        """Return the tasks without those that hit nothing, or nothing that one other does not hit."""
        for task in bits(allowed):
            hit = self.hits[task] & left
            rivals = allowed
            for number in bits(hit):
                rivals &= self.members[number]
            if not hit or rivals & ~(1 << task):
                allowed ^= 1 << task
        return allowed

    def _at_least(self, left: int, allowed: int) -> int:
        """Return a number of tasks that is needed: of sets that have no task in common, narrow ones first."""
        used = count = 0
        live = [self.members[number] & allowed for number in bits(left)]
        for tasks in sorted(live, key=lambda tasks: (tasks.bit_count(), tasks)):
            if not tasks & used:
                used |= tasks
                count += 1
        return count
