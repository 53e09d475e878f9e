"""Two questions about directed graphs, for any nodes that can be hashed. Both take linear time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from math import inf
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def reachable(starts: Iterable[Node], successors: Callable[[Node], Iterable[Node]]) -> set[Node]:
    """Return what can be reached, the starts included."""
    found = set(starts)
    pending = list(found)
    while pending:
        for node in successors(pending.pop()):
            if node not in found:
                found.add(node)
                pending.append(node)
    return found


def components(nodes: Iterable[Node], successors: Callable[[Node], Iterable[Node]]) -> list[tuple[Node, ...]]:
    """Return the strongly connected components, each before those that lead to it (Pearce, 2016).

    >>> components("abcd", {"a": "b", "b": "ca", "c": "d", "d": ""}.__getitem__)
    [('d',), ('c',), ('a', 'b')]
    """
    # The number of a node's visit, or of an earlier one to which it leads; infinite in components found.
    number: dict[Node, float] = {}
    waiting: list[Node] = []  # for an earlier one of their component
    found: list[tuple[Node, ...]] = []
    for root in nodes:
        if root in number:
            continue
        number[root] = len(number)
        visits = [(root, number[root], iter(successors(root)))]
        while visits:
            node, own, following = visits[-1]
            for successor in following:
                if successor not in number:
                    number[successor] = len(number)
                    visits.append((successor, number[successor], iter(successors(successor))))
                    break
                elif number[successor] < number[node]:
                    number[node] = number[successor]
            else:
                visits.pop()
                if number[node] < own:
                    waiting.append(node)
                    before = visits[-1][0]
                    number[before] = min(number[before], number[node])
                    continue
                members = [node]
                while waiting and number[waiting[-1]] >= own:
                    members.append(waiting.pop())
                number.update(dict.fromkeys(members, inf))
                found.append(tuple(members))
    return found
