"""The Plan: a tree of Sequence, Parallel, Step and Await nodes.

A tree may be thousands of levels deep, so nothing here recurses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Step:
    """Run one task."""

    task_id: str


@dataclass(frozen=True)
class Await:
    """Wait here until these tasks, which run in sibling branches, are finished.

    ``any``: until the first of them lets the task behind it run, by its trigger rule (``one_*``).
    """

    task_ids: tuple[str, ...]
    any: bool = False


@dataclass(frozen=True)
class Sequence:
    """Run the children one after another. Never directly inside another Sequence."""

    children: tuple[Node, ...]


@dataclass(frozen=True)
class Parallel:
    """Run the children side by side and wait for all. Never directly inside another Parallel."""

    children: tuple[Node, ...]


@dataclass(frozen=True)
class MappedGroup(Parallel):
    """Run the tasks of a mapped task group, its only child, once for each of the group's instances."""

    group_id: str = ""


Node: TypeAlias = "Step | Await | Sequence | Parallel"
#: A whole plan: the root of the tree. A DAG without tasks is an empty Sequence.
Plan: TypeAlias = Node


def sequence(*nodes: Node) -> Node:
    """Return the nodes in sequence, nested Sequences spliced in; a single node stays what it is."""
    flat = [child for node in nodes for child in (node.children if isinstance(node, Sequence) else (node,))]
    return flat[0] if len(flat) == 1 else Sequence(tuple(flat))


def parallel(*nodes: Node) -> Node:
    """Return the nodes side by side, nested Parallels spliced in; a single node stays what it is."""
    flat = [child for node in nodes for child in (node.children if isinstance(node, Parallel) else (node,))]
    return flat[0] if len(flat) == 1 else Parallel(tuple(flat))


def walk(node: Node) -> Iterator[Node]:
    """Yield every node of the tree, parents first, in the order of the tree."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        if isinstance(current, (Sequence, Parallel)):
            pending.extend(reversed(current.children))


def task_ids(node: Node) -> tuple[str, ...]:
    """Return the tasks that the tree runs, in the order of the tree."""
    return tuple(item.task_id for item in walk(node) if isinstance(item, Step))


def awaits(node: Node) -> tuple[Await, ...]:
    """Return the Await nodes of the tree, in the order of the tree."""
    return tuple(item for item in walk(node) if isinstance(item, Await))


def await_any(plan: Node, watched: Mapping[str, tuple[str, ...]]) -> Node:
    """Return the plan with an Await for any of ``watched[task]`` before each of these tasks."""
    built: list[Node] = []
    pending: list[tuple[Node, bool]] = [(plan, False)]
    while pending:
        node, children_are_built = pending.pop()
        if isinstance(node, (Sequence, Parallel)):
            if not children_are_built:
                pending.append((node, True))
                pending.extend((child, False) for child in reversed(node.children))
                continue
            count = len(node.children)
            children = built[len(built) - count :]
            del built[len(built) - count :]
            make = sequence if isinstance(node, Sequence) else parallel
            built.append(make(*children))
        elif isinstance(node, Step) and node.task_id in watched:
            built.append(sequence(Await(watched[node.task_id], any=True), node))
        else:
            built.append(node)
    return built[0]


def render(node: Node) -> str:
    """Return the tree on one line: ``Parallel[glue1, glue2 > await(glue3) > report_b]``."""
    written: list[str] = []
    pending: list[Node | str] = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, str):
            written.append(current)
        elif isinstance(current, Step):
            written.append(current.task_id)
        elif isinstance(current, Await):
            written.append(f"await{' any' if current.any else ''}({', '.join(current.task_ids)})")
        elif isinstance(current, Parallel):
            name = f"each of {current.group_id}" if isinstance(current, MappedGroup) else "Parallel"
            pending.extend(("]", *_joined(current.children, ", "), f"{name}["))
        else:
            pending.extend(_joined(current.children, " > "))
    return "".join(written)


def _joined(children: tuple[Node, ...], separator: str) -> list[Node | str]:
    """Return the children with the separator between them, last first (as a stack wants them)."""
    joined: list[Node | str] = []
    for child in reversed(children):
        joined.extend((child, separator))
    return joined[:-1]
