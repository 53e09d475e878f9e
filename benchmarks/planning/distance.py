"""How far the planner's heuristics are from the fewest Awaits, where these are proven."""

from __future__ import annotations

import random
from dataclasses import dataclass
from unittest import mock

from benchmarks.planning.families import Graph
from converter.planning import hitting
from converter.planning.breaking import Choice, choose_awaiting
from converter.planning.modules import contract
from converter.planning.order import make_order
from converter.planning.waiting import dearness, expected_finish

GRAPHS_PER_SIZE = 20


@dataclass(frozen=True)
class Distance:
    """Over ``graphs`` random graphs of a size: on how many the minimum is proven, and the Awaits on those."""

    tasks: int
    graphs: int
    proven: int
    fewest: int
    greedy: int
    one_per_join: int

    @property
    def greedy_over_fewest(self) -> float:
        """Awaits of the greedy answer, which very large parts of a graph get, per Await that is needed."""
        return self.greedy / self.fewest if self.fewest else 1.0


def measure(tasks: int) -> Distance:
    """Return the distances on random graphs with this many tasks and about one and a half times the edges."""
    rng = random.Random(tasks)
    proven = fewest = greedy = joins = 0
    for _ in range(GRAPHS_PER_SIZE):
        graph = _random_graph(rng, tasks)
        choice = _choose(graph)
        if choice.proven:
            proven += 1
            fewest += choice.awaiting.bit_count()
            with mock.patch.object(hitting, "SEARCHED_SIZE", 0):
                greedy += _choose(graph).awaiting.bit_count()
            joins += sum(direct.bit_count() > 1 for direct in make_order(graph).direct)
    return Distance(tasks, GRAPHS_PER_SIZE, proven, fewest, greedy, joins)


def _choose(graph: Graph) -> Choice:
    core = contract(make_order(graph))
    return choose_awaiting(core.order, dearness(core.order, expected_finish(core.order, {})))


def _random_graph(rng: random.Random, tasks: int) -> Graph:
    return {
        f"t{task}": [f"t{up}" for up in sorted(rng.sample(range(task), min(task, rng.randint(0, 3))))]
        for task in range(tasks)
    }
