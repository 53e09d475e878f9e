"""A DAG as an order: who comes before whom, in sets of small integers held as bits of an int.

Bit sets make the planner's questions ("do all of these come before all of those?") single operations:
10,000 tasks take 10,000 ints of 10,000 bits, 13 MB.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

#: Members are taken out of a set by chunks of so many bits, each an int that Python handles at full speed.
_CHUNK = 60


def bits(members: int) -> list[int]:
    """Return the members of a bit set in ascending order."""
    found: list[int] = []
    while members:
        # From the top, as what is left gets shorter: on all of a large set each operation takes its time.
        length = members.bit_length()
        base = length - _CHUNK if length > _CHUNK else 0
        chunk = members >> base
        members ^= chunk << base
        while chunk:
            top = chunk.bit_length() - 1
            found.append(base + top)
            chunk ^= 1 << top
    found.reverse()
    return found


def as_bits(members: Iterable[int]) -> int:
    """Return a bit set of these members."""
    found = 0
    for member in members:
        found |= 1 << member
    return found


def lowest(members: int) -> int:
    """Return the lowest member of a bit set that is not empty."""
    return (members ^ (members - 1)).bit_length() - 1


@dataclass(frozen=True)
class Order:
    """The order of a DAG's tasks. Tasks are numbered in an order in which upstream tasks come first.

    ``before[v]`` is the set of all tasks before v (the transitive closure) and ``after[v]`` of those that v
    is before; ``direct[v]`` those of ``before[v]`` that no other one comes between (the transitive
    reduction). ``everything`` is the set of all tasks: after a contraction not all numbers are in it.
    """

    names: tuple[str, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    direct: tuple[int, ...]
    everything: int

    def downstream(self) -> tuple[int, ...]:
        """Return for each task the set of those that it is a direct upstream task of."""
        down = [0] * len(self.names)
        for task in bits(self.everything):
            for up in bits(self.direct[task]):
                down[up] |= 1 << task
        return tuple(down)


class CycleError(ValueError):
    """The dependencies are no DAG. ``tasks`` are those on a cycle or behind one."""

    def __init__(self, tasks: tuple[str, ...]) -> None:
        super().__init__(f"dependencies form a cycle among {', '.join(tasks)}")
        self.tasks = tasks


def make_order(upstream: Mapping[str, Sequence[str]]) -> Order:
    """Return the order of a graph that is given as task → its upstream tasks.

    The numbering is deterministic and stays close to the mapping's own order. Raises
    :class:`CycleError`, and KeyError for an upstream task that the mapping does not have.
    """
    names = _topological(upstream)
    number = {name: index for index, name in enumerate(names)}
    before: list[int] = []
    direct: list[int] = []
    for name in names:
        ancestors = reduced = 0
        # Nearest first: an upstream task that is already covered by a later one is no direct upstream.
        for up in sorted((number[up] for up in set(upstream[name])), reverse=True):
            if not ancestors >> up & 1:
                reduced |= 1 << up
                ancestors |= before[up] | 1 << up
        before.append(ancestors)
        direct.append(reduced)
    after = [0] * len(names)
    for task in reversed(range(len(names))):
        for up in bits(direct[task]):
            after[up] |= after[task] | 1 << task
    return Order(names, tuple(before), tuple(after), tuple(direct), (1 << len(names)) - 1)


def _topological(upstream: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Kahn's algorithm; of the tasks that are free to come next, the one that the mapping names first."""
    names = tuple(upstream)
    place = {name: index for index, name in enumerate(names)}
    open_upstream = [len(set(upstream[name])) for name in names]
    downstream: list[list[int]] = [[] for _ in names]
    for index, name in enumerate(names):
        for up in set(upstream[name]):
            downstream[place[up]].append(index)
    ready = [index for index, count in enumerate(open_upstream) if count == 0]
    ordered: list[str] = []
    while ready:
        current = heappop(ready)
        ordered.append(names[current])
        for down in downstream[current]:
            open_upstream[down] -= 1
            if open_upstream[down] == 0:
                heappush(ready, down)
    if len(ordered) < len(names):
        raise CycleError(tuple(name for name, count in zip(names, open_upstream, strict=True) if count))
    return tuple(ordered)
