"""Prints how fast the planner is over size, and how far its heuristics are from the minimum.

Usage: ``python -m benchmarks.planning [--format json]``
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table

from benchmarks.planning import distance, exhaustive
from benchmarks.planning.families import FAMILIES
from converter.planning import awaits, plan_graph

SIZES = (100, 1_000, 10_000)
RANDOM_SIZES = (12, 25, 50, 100, 200)
#: Small graphs are held against a search through all sets of tasks: families, tasks and how many of each.
SEARCHED, SEARCHED_SIZES, SEARCHED_GRAPHS = ("bip", "layered", "gnp"), (6, 8, 10, 11, 12), 100


@dataclass(frozen=True)
class Scale:
    """One graph planned and checked: seconds of processor time, megabytes of the process at its peak."""

    family: str
    tasks: int
    edges: int
    joins: int
    awaits: int
    seconds: float
    megabytes: float


def main(arguments: list[str]) -> int:
    """Measure everything and print it; return the exit code."""
    if arguments[:1] == ["--one"]:
        print(json.dumps(asdict(_measure(arguments[1], int(arguments[2])))))
        return 0
    scales = [_measure_apart(family, size) for family in FAMILIES for size in SIZES]
    distances = [distance.measure(tasks) for tasks in RANDOM_SIZES]
    compared = [
        exhaustive.compare(family, tasks, SEARCHED_GRAPHS) for family in SEARCHED for tasks in SEARCHED_SIZES
    ]
    if arguments == ["--format", "json"]:
        found = {
            "scale": [asdict(item) for item in scales],
            "distance": [asdict(item) for item in distances],
            "exhaustive": [asdict(item) for item in compared],
        }
        print(json.dumps(found, indent=2))
    else:
        from converter.report import streams  # what is measured shall not carry it

        console = streams.out()
        _print(console, scales, distances)
        _print_compared(console, compared)
    return 0


def _measure_apart(family: str, tasks: int) -> Scale:
    """Measure in a process of its own, so that no graph inherits another's memory."""
    command = [sys.executable, "-m", "benchmarks.planning", "--one", family, str(tasks)]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return Scale(**json.loads(done.stdout))


def _measure(family: str, tasks: int) -> Scale:
    graph = FAMILIES[family](tasks)
    began = time.process_time()
    plan = plan_graph(graph)
    seconds = time.process_time() - began
    return Scale(
        family=family,
        tasks=len(graph),
        edges=sum(map(len, graph.values())),
        joins=sum(len(upstream) > 1 for upstream in graph.values()),
        awaits=len(awaits(plan)),
        seconds=round(seconds, 3),
        megabytes=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    )


def _print(console: Console, scales: list[Scale], distances: list[distance.Distance]) -> None:
    table = Table("family", title="Planning time and memory over size")
    for name in ("tasks", "edges", "joins", "Awaits", "seconds", "MB", "ms per task + edge"):
        table.add_column(name, justify="right")
    for item in scales:
        cost = item.seconds * 1_000 / (item.tasks + item.edges)
        numbers = (
            item.tasks,
            item.edges,
            item.joins,
            item.awaits,
            item.seconds,
            item.megabytes,
            f"{cost:.3f}",
        )
        table.add_row(item.family, *map(str, numbers), end_section=item.tasks > max(SIZES) // 2)
    console.print(table)
    table = Table(title="Tasks with an Await in random graphs, where the minimum is proven")
    for name in ("tasks", "graphs", "proven", "fewest", "greedy", "one per join", "greedy / fewest"):
        table.add_column(name, justify="right")
    for row in distances:
        numbers_of = (row.tasks, row.graphs, row.proven, row.fewest, row.greedy, row.one_per_join)
        table.add_row(*map(str, numbers_of), f"{row.greedy_over_fewest:.3f}")
    console.print(table)


def _print_compared(console: Console, compared: list[exhaustive.Compared]) -> None:
    table = Table("family", title="Await nodes against the fewest tasks that need one, by exhaustive search")
    for name in ("tasks", "graphs", "fewer", "as many", "more"):
        table.add_column(name, justify="right")
    for row in compared:
        table.add_row(row.family, *map(str, (row.tasks, row.graphs, row.fewer, row.equal, row.more)))
    console.print(table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
