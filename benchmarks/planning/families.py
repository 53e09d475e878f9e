"""Families of DAGs, from easy to hard for the planner, each in any size and the same on every machine."""

from __future__ import annotations

import random
from collections.abc import Callable
from math import isqrt
from typing import TypeAlias

Graph: TypeAlias = dict[str, list[str]]


def chain(tasks: int) -> Graph:
    """One task after another."""
    return {f"t{task}": [f"t{task - 1}"] if task else [] for task in range(tasks)}


def fan_in(tasks: int) -> Graph:
    """Joins behind a thousand tasks each (fewer in small graphs), every other task behind the join before."""
    width = min(1_000, tasks // 2)
    graph: Graph = {}
    join: list[str] = []
    while len(graph) < tasks:
        group = [f"t{task}" for task in range(len(graph), min(len(graph) + width, tasks - 1))]
        graph.update({task: join if index % 2 else [] for index, task in enumerate(group)})
        join = [f"join{len(graph)}"]
        graph[join[0]] = group
    return graph


def ladder(tasks: int) -> Graph:
    """Two chains with a rung at every step: deep, and not series-parallel anywhere."""
    graph: Graph = {}
    for rung in range(tasks // 2):
        graph[f"a{rung}"] = [f"a{rung - 1}"] if rung else []
        graph[f"b{rung}"] = [f"a{rung}", f"b{rung - 1}"] if rung else ["a0"]
    return graph


def nested(tasks: int) -> Graph:
    """A diamond inside a diamond inside a diamond: series-parallel, as deep as it can be."""
    graph: Graph = {}
    for level in range(tasks // 3):
        graph[f"open{level}"] = [f"open{level - 1}"] if level else []
        graph[f"beside{level}"] = [f"open{level}"]
    inner = f"open{tasks // 3 - 1}"
    for level in reversed(range(tasks // 3)):
        graph[f"close{level}"] = [inner, f"beside{level}"]
        inner = f"close{level}"
    return graph


def grid(tasks: int) -> Graph:
    """A square in which every task waits for the one above and the one to the left."""
    side = isqrt(tasks)
    return {
        f"t{row}_{column}": [f"t{row - 1}_{column}"] * (row > 0) + [f"t{row}_{column - 1}"] * (column > 0)
        for row in range(side)
        for column in range(side)
    }


def layered(tasks: int) -> Graph:
    """Layers, each task behind one to four tasks of the layer before."""
    rng, width = random.Random(tasks), isqrt(tasks)
    graph: Graph = {}
    for task in range(tasks):
        first = (task // width - 1) * width
        before = range(first, first + width) if first >= 0 else []
        count = min(len(before), rng.randint(1, 4))
        graph[f"t{task}"] = [f"t{up}" for up in sorted(rng.sample(before, count))]
    return graph


def dense_layers(tasks: int) -> Graph:
    """Layers, each task behind half of the layer before."""
    rng, width = random.Random(tasks), isqrt(tasks)
    return {
        f"t{task}": [
            f"t{up}"
            for up in range(max(0, (task // width - 1) * width), task // width * width)
            if rng.random() < 0.5
        ]
        for task in range(tasks)
    }


def sparse(tasks: int) -> Graph:
    """Each task behind up to three of the two hundred before it, whichever they are."""
    rng = random.Random(tasks)
    return {
        f"t{task}": [
            f"t{up}"
            for up in sorted({rng.randrange(max(0, task - 200), task) for _ in range(rng.randint(0, 3))})
        ]
        if task
        else []
        for task in range(tasks)
    }


FAMILIES: dict[str, Callable[[int], Graph]] = {
    "chain": chain,
    "fan-in of 1,000": fan_in,
    "nested diamonds": nested,
    "ladder": ladder,
    "grid": grid,
    "layered": layered,
    "sparse random": sparse,
    "dense layers": dense_layers,
}
