"""Two questions about directed graphs, for any nodes that can be hashed. Both take linear time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
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
    """Return the strongly connected components, each before those that lead to it (Tarjan, 1972).

    >>> components("abcd", {"a": "b", "b": "ca", "c": "d", "d": ""}.__getitem__)
    [('d',), ('c',), ('a', 'b')]
    """
    number: dict[Node, int] = {}
    lowest: dict[Node, int] = {}
    stack: list[Node] = []
    position: dict[Node, int] = {}  # on the stack
    found: list[tuple[Node, ...]] = []
    for root in nodes:
        if root in number:
            continue
        number[root] = lowest[root] = len(number)
        position[root] = len(stack)
        stack.append(root)
        visits = [(root, iter(successors(root)))]
        while visits:
            node, following = visits[-1]
            for successor in following:
                if successor not in number:
                    number[successor] = lowest[successor] = len(number)
                    position[successor] = len(stack)
                    stack.append(successor)
                    visits.append((successor, iter(successors(successor))))
                    break
                if successor in position:
                    lowest[node] = min(lowest[node], number[successor])
            else:
                visits.pop()
                if visits:
                    before = visits[-1][0]
                    lowest[before] = min(lowest[before], lowest[node])
                if lowest[node] == number[node]:
                    members = tuple(stack[position[node] :])
                    del stack[position[node] :]
                    for member in members:
                        del position[member]
                    found.append(members)
    return found
