"""Which tasks look at the records of others, by data that is handed from state to state.

A record comes to a state from the states before it in its Sequences, or from an Await before it in one of
them. What another branch knows does not get there, other than by an Await.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from converter.asl.rules import Rules
from converter.planning import Await, Node, Parallel, Plan, Sequence, Step


class _Place(NamedTuple):
    parent: int
    depth: int
    is_sequence: bool


class Looks:
    """Who looks at whom in a plan.

    ``later``: task → the tasks behind it that look at its record; ``readers``: those that read its output.
    """

    def __init__(self, plan: Plan, rules: Rules) -> None:
        self._places: list[_Place] = []
        self._step: dict[str, int] = {}
        self._await: dict[int, int] = {}
        self._number(plan)
        self.later: Mapping[str, set[str]] = defaultdict(set)
        self.readers: Mapping[str, set[str]] = defaultdict(set)
        self._elsewhere: dict[str, list[str]] = defaultdict(list)
        for task in self._step:
            for before in rules.looks_at(task):
                if before not in self._step:
                    continue
                if self._places[self._meet(self._step[before], self._step[task])].is_sequence:
                    self.later[before].add(task)
                    if before in rules.reads[task]:
                        self.readers[before].add(task)
                else:
                    self._elsewhere[before].append(task)

    def after(self, node: Await, task_id: str) -> set[str]:
        """Return the tasks behind an Await, in its Sequence, that look at an awaited task's record."""
        place = self._await[id(node)]
        sequence = self._places[place].parent
        return {
            looker for looker in self._elsewhere[task_id] if self._meet(place, self._step[looker]) == sequence
        }

    def _number(self, plan: Plan) -> None:
        pending: list[tuple[Node, int, int]] = [(plan, -1, 0)]
        while pending:
            node, parent, depth = pending.pop()
            number = len(self._places)
            self._places.append(_Place(parent, depth, isinstance(node, Sequence)))
            if isinstance(node, Step):
                self._step[node.task_id] = number
            elif isinstance(node, Await):
                self._await[id(node)] = number
            elif isinstance(node, (Sequence, Parallel)):
                pending.extend((child, number, depth + 1) for child in reversed(node.children))

    def _meet(self, one: int, other: int) -> int:
        """Return the lowest node that is above two others."""
        places = self._places
        while one != other:
            if places[one].depth >= places[other].depth:
                one = places[one].parent
            else:
                other = places[other].parent
        return one
