"""Parts of a DAG that are series-parallel and look like one task from outside: their trees, ready made.

Two tasks in a chain (one is the other's only direct downstream, the other its only direct upstream) or two
*twins* (same direct upstream, same direct downstream) can be planned on their own and from then on count as
one. Repeated, this turns every series-parallel part into a single task, in time close to linear; what
remains is the hard core of the DAG. An Await before such a part serves all its tasks.
"""

from __future__ import annotations

from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass, replace

from converter.planning.order import Order, bits
from converter.planning.plan import Node, Step, parallel, sequence


@dataclass(frozen=True)
class Module:
    """One part: its tree without Awaits, and the sets of tasks that come first and last in it."""

    node: Node
    first: int
    last: int


@dataclass(frozen=True)
class Quotient:
    """The order that is left when each module is one task, named after its lowest.

    ``order`` keeps the numbers of the whole; only the tasks of ``modules`` are in it.
    """

    order: Order
    modules: dict[int, Module]

    def ends(self, finish: SequenceOf[float]) -> tuple[float, ...]:
        """Return task → when its module ends, given when each task does (0 for what is no module's name)."""
        return tuple(
            max(finish[last] for last in bits(self.modules[task].last)) if task in self.modules else 0.0
            for task in range(len(finish))
        )


def contract(order: Order) -> Quotient:
    """Return the order with its series-parallel modules contracted, as far as that goes."""
    contraction = _Contraction(order)
    while contraction.changed:
        contraction.join_chains()
        contraction.join_twins()
    tasks = sum(1 << task for task in contraction.modules)
    return Quotient(replace(order, direct=tuple(contraction.up), everything=tasks), contraction.modules)


class _Contraction:
    """The contraction under way: direct upstream and downstream of what is left, as bit sets."""

    def __init__(self, order: Order) -> None:
        self.up = list(order.direct)
        self.down = list(order.downstream())
        self.modules = {
            task: Module(Step(name), 1 << task, 1 << task) for task, name in enumerate(order.names)
        }
        #: Tasks whose neighbours changed since they were last looked at.
        self.changed = set(self.modules)
        #: Neighbours → the task that has them. Entries of tasks that changed since are stale.
        self._with_neighbours: dict[tuple[int, int], int] = {}

    def join_chains(self) -> None:
        """Make one module of every chain with a changed task in it."""
        for task in sorted(self.changed):
            if task not in self.modules:
                continue
            chain = [task]
            while (above := _only(self.up[chain[0]])) is not None and self.down[above] == 1 << chain[0]:
                chain[0] = above
            while (below := _only(self.down[chain[-1]])) is not None and self.up[below] == 1 << chain[-1]:
                chain.append(below)
            if len(chain) > 1:
                self._replace_chain(chain)
        self.changed &= self.modules.keys()

    def _replace_chain(self, chain: list[int]) -> None:
        head, tail = chain[0], chain[-1]
        parts = [self.modules.pop(task) for task in chain]
        self.modules[head] = Module(sequence(*(part.node for part in parts)), parts[0].first, parts[-1].last)
        self.down[head] = self.down[tail]
        for below in bits(self.down[head]):
            self.up[below] ^= 1 << tail | 1 << head
            self.changed.add(below)
        self.changed.add(head)

    def join_twins(self) -> None:
        """Make one module of all tasks with the same neighbours, where one of them changed."""
        twins: dict[int, list[int]] = {}
        for task in sorted(self.changed):
            key = self.up[task], self.down[task]
            known = self._with_neighbours.setdefault(key, task)
            if known not in self.modules or (self.up[known], self.down[known]) != key:
                self._with_neighbours[key] = task
            elif known != task:
                twins.setdefault(known, [known]).append(task)
        self.changed = set()
        for group in twins.values():
            self._replace_twins(sorted(group))

    def _replace_twins(self, twins: list[int]) -> None:
        parts = [self.modules.pop(task) for task in twins]
        first = last = 0
        for part in parts:
            first |= part.first
            last |= part.last
        head = twins[0]
        self.modules[head] = Module(parallel(*(part.node for part in parts)), first, last)
        gone = sum(1 << task for task in twins[1:])
        for above in bits(self.up[head]):
            self.down[above] &= ~gone
        for below in bits(self.down[head]):
            self.up[below] &= ~gone
        self.changed.add(head)
        self.changed.update(bits(self.up[head] | self.down[head]))
        # A neighbour may itself have been joined into another module of this round.
        self.changed &= self.modules.keys()


def _only(members: int) -> int | None:
    """Return the member of a set of one."""
    top = members.bit_length() - 1
    return top if members and members == 1 << top else None
