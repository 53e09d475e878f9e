"""The tree, once it is known what every task waits for natively."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from converter.planning.decompose import Decomposition, Part, Split
from converter.planning.modules import Quotient
from converter.planning.order import bits
from converter.planning.plan import Await, Node, Parallel, Sequence, parallel, sequence


@dataclass(frozen=True)
class _Join:
    """Put the last ``count`` trees together."""

    in_series: bool
    count: int


@dataclass(frozen=True)
class TreeBuilder:
    """Builds the tree of a quotient in which each task comes natively after its ``native`` upstream tasks."""

    core: Quotient
    native: Mapping[int, int]

    def build(self) -> Node:
        """Return the tree of all tasks. It does not recurse: a tree may be thousands of levels deep."""
        everything = self.core.order.everything
        decomposition = Decomposition(self.core.order, everything, self.native)
        trees: list[Node] = []
        # Parts to make a tree of, each with the tasks that have finished natively before it.
        pending: list[tuple[Part, int] | _Join] = [(Part(everything), 0)]
        while pending:
            current = pending.pop()
            if isinstance(current, _Join):
                children = trees[-current.count :]
                del trees[-current.count :]
                trees.append(sequence(*children) if current.in_series else _share_await(parallel(*children)))
                continue
            part, done = current
            if part.tasks & (part.tasks - 1) == 0:
                trees.append(self._leaf(part.tasks.bit_length() - 1, done))
                continue
            split = decomposition.split(part)
            if split is None:
                raise AssertionError("a set of tasks does not fall apart: the Awaits were chosen wrongly")
            pending.append(_Join(split.in_series, len(split.parts)))
            pending.extend(reversed(_with_done(split, done)))
        return trees[0]

    def _leaf(self, task: int, done: int) -> Node:
        """Return the tree of one module, behind an Await for what has not finished natively."""
        module = self.core.modules[task]
        missing = 0
        for up in bits(self.core.order.direct[task] & ~done):
            missing |= self.core.modules[up].last
        if not missing:
            return module.node
        names = self.core.order.names
        return sequence(Await(tuple(names[up] for up in bits(missing))), module.node)


def _with_done(split: Split, done: int) -> list[tuple[Part, int]]:
    """Return the parts, each with the tasks that have finished natively before it."""
    parts: list[tuple[Part, int]] = []
    for part in split.parts:
        parts.append((part, done))
        if split.in_series:
            done |= part.tasks
    return parts


def _share_await(node: Node) -> Node:
    """Put what every branch of a Parallel awaits first into one Await before the Parallel.

    Only where that leaves no more Awaits than before: at least one branch must await nothing else.
    """
    if not isinstance(node, Parallel):
        return node
    heads = [_leading_await(child) for child in node.children]
    common = set(heads[0]).intersection(*heads[1:])
    if not common or all(len(head) > len(common) for head in heads):
        return node
    branches = [_without_leading(child, common) for child in node.children]
    shared = tuple(task for task in heads[0] if task in common)
    return sequence(Await(shared), parallel(*branches))


def _leading_await(node: Node) -> tuple[str, ...]:
    first = node.children[0] if isinstance(node, Sequence) else node
    return first.task_ids if isinstance(first, Await) else ()


def _without_leading(node: Node, shared: set[str]) -> Node:
    """Return the Sequence without the shared tasks in the Await that it begins with."""
    children = node.children if isinstance(node, Sequence) else ()
    rest = tuple(task for task in _leading_await(node) if task not in shared)
    return sequence(*((Await(rest),) if rest else ()), *children[1:])
