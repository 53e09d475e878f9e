"""The fewest tasks with an Await, found by trying all sets of tasks: for small graphs.

A set will do if what is left falls apart by splits in series and side by side (docs/planning.md proves why).
It shares no code with the planner: its relations are sets of pairs, and it knows no modules or obstructions.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from benchmarks.planning.families import Graph
from converter.planning import awaits, plan_graph

GRAPHS_PER_FAMILY = 100


@dataclass(frozen=True)
class Compared:
    """On how many of ``graphs`` random ones the plan has fewer Await nodes than tasks need one, or more."""

    family: str
    tasks: int
    graphs: int
    fewer: int
    equal: int
    more: int


def compare(family: str, tasks: int, graphs: int = GRAPHS_PER_FAMILY) -> Compared:
    """Return how plans of random graphs of a family compare with the exhaustive search."""
    differences = [
        len(awaits(plan_graph(graph))) - least_awaiting(graph)
        for graph in small_graphs(family, tasks, graphs)
    ]
    fewer, more = sum(found < 0 for found in differences), sum(found > 0 for found in differences)
    return Compared(family, tasks, graphs, fewer, graphs - fewer - more, more)


def least_awaiting(graph: Graph) -> int:
    """Return the fewest tasks that need an Await, one each."""
    before = _before(graph)
    direct = {
        (up, task)
        for task, ups in graph.items()
        for up in ups
        if not any(up in before[other] for other in ups if other != up)
    }
    waiting = [task for task in graph if any(task == down for _, down in direct)]
    for count in range(len(waiting) + 1):
        for chosen in combinations(waiting, count):
            native = [(up, task) for up, task in direct if task not in chosen]
            if _falls_apart(frozenset(graph), native, before):
                return count
    raise AssertionError("a DAG without native dependencies falls apart")


def _falls_apart(
    tasks: frozenset[str], native: list[tuple[str, str]], before: dict[str, frozenset[str]]
) -> bool:
    if len(tasks) < 2:
        return True
    parts = list(_components(tasks, native))
    if len(parts) > 1:
        return all(_falls_apart(part, native, before) for part in parts)
    # Whatever comes first in a series has fewer tasks before it than what comes later.
    ranked = sorted(tasks, key=lambda task: len(before[task] & tasks))
    for cut in range(1, len(ranked)):
        first, rest = frozenset(ranked[:cut]), frozenset(ranked[cut:])
        if all(first <= before[task] for task in rest):
            return _falls_apart(first, native, before) and _falls_apart(rest, native, before)
    return False


def _components(tasks: frozenset[str], native: list[tuple[str, str]]) -> Iterator[frozenset[str]]:
    beside: dict[str, set[str]] = {task: set() for task in tasks}
    for up, task in native:
        if up in tasks and task in tasks:
            beside[up].add(task)
            beside[task].add(up)
    left = set(tasks)
    while left:
        pending, found = [left.pop()], set[str]()
        while pending:
            task = pending.pop()
            found.add(task)
            pending += beside[task] & left
            left -= beside[task]
        yield frozenset(found)


def _before(graph: Graph) -> dict[str, frozenset[str]]:
    """Return the tasks before each; a graph here names tasks after their upstream tasks."""
    found: dict[str, frozenset[str]] = {}
    for task, ups in graph.items():
        found[task] = frozenset(ups).union(*(found[up] for up in ups))
    return found


def small_graphs(family: str, tasks: int, count: int) -> Iterator[Graph]:
    """Yield random graphs: ``bip`` (two layers), ``layered``, or ``gnp`` (any edge by the same chance)."""
    rng = random.Random(f"{family} {tasks}")
    for _ in range(count):
        share = rng.uniform(0.2, 0.7)
        layer = _layers(rng, family, tasks)
        yield {
            f"t{task}": [
                f"t{up}"
                for up in range(task)
                if (layer is None or layer[task] == layer[up] + 1) and rng.random() < share
            ]
            for task in range(tasks)
        }


def _layers(rng: random.Random, family: str, tasks: int) -> list[int] | None:
    if family == "gnp":
        return None
    if family == "bip":
        half = rng.randint(2, tasks - 2)
        return [0] * half + [1] * (tasks - half)
    layers: list[int] = []
    while len(layers) < tasks:
        layers += [layers[-1] + 1 if layers else 0] * rng.randint(1, 4)
    return layers[:tasks]
