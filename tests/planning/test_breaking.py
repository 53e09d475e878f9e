from functools import cache
from itertools import combinations
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from converter.planning import awaits, breaking, hitting, obstructions, plan_graph
from converter.planning.decompose import stuck_parts
from converter.planning.order import make_order


def least_awaiting(graph):
    """The fewest tasks with an Await over all trees there are, by trying every one of them."""
    tasks = list(graph)
    before = {}
    for task in tasks:  # upstream tasks come first in these graphs
        before[task] = set(graph[task]).union(*(before[up] for up in graph[task]))
    direct = {
        task: {up for up in before[task] if not any(up in before[other] for other in before[task])}
        for task in tasks
    }

    @cache
    def awaiting_sets(part):
        """For every tree over a part: which of its tasks do not have all direct upstream natively."""
        if len(part) == 1:
            return frozenset({frozenset()})
        found = set()
        for size in range(1, len(part)):
            for chosen in combinations(sorted(part), size):
                one = frozenset(chosen)
                two = part - one
                cut = frozenset()
                if not all(up in before[task] for task in two for up in one):
                    if min(part) in two:
                        continue  # side by side: each pair once
                    cut = frozenset(
                        task
                        for this, that in ((one, two), (two, one))
                        for task in this
                        if direct[task] & that
                    )
                found.update(a | b | cut for a in awaiting_sets(one) for b in awaiting_sets(two))
        return frozenset(item for item in found if not any(other < item for other in found))

    return min(map(len, awaiting_sets(frozenset(tasks))))


def every_graph(tasks):
    """Every DAG over this many numbered tasks in which dependencies go from lower to higher numbers."""
    pairs = list(combinations(range(tasks), 2))
    for chosen in range(1 << len(pairs)):
        graph = {f"t{task}": [] for task in range(tasks)}
        for place, (up, down) in enumerate(pairs):
            if chosen >> place & 1:
                graph[f"t{down}"].append(f"t{up}")
        yield graph


@st.composite
def graphs(draw, most):
    count = draw(st.integers(4, most))
    share = draw(st.integers(2, 6))
    return {
        f"t{number}": [f"t{up}" for up in range(number) if draw(st.integers(0, share)) == 0]
        for number in range(count)
    }


@st.composite
def two_layers(draw):
    """Producers and consumers: the family in which plans are least often series-parallel."""
    producers, consumers = draw(st.integers(2, 4)), draw(st.integers(2, 5))
    graph = {f"p{number}": [] for number in range(producers)}
    for number in range(consumers):
        graph[f"c{number}"] = [name for name in list(graph)[:producers] if draw(st.booleans())]
    return graph


def choose(graph):
    order = make_order(graph)
    return order, breaking.choose_awaiting(order, lambda task: (-task,))


def falls_apart(order, awaiting):
    native = {task: order.direct[task] for task in range(len(order.names)) if not awaiting >> task & 1}
    return not stuck_parts(order, order.everything, native)


def test_no_tree_of_any_graph_of_up_to_five_tasks_needs_fewer_awaits():
    for tasks in range(1, 6):
        for graph in every_graph(tasks):
            order, choice = choose(graph)
            assert choice.proven
            assert falls_apart(order, choice.awaiting)
            assert choice.awaiting.bit_count() == least_awaiting(graph), graph


@settings(max_examples=40, deadline=None)
@given(graphs(7))
def test_no_tree_of_larger_graphs_needs_fewer_awaits(graph):
    _, choice = choose(graph)
    least = least_awaiting(graph)
    assert choice.proven
    assert choice.awaiting.bit_count() == least
    assert len(awaits(plan_graph(graph))) <= least


@settings(max_examples=40, deadline=None)
@given(two_layers())
def test_no_smaller_set_of_awaits_would_do(graph):
    order, choice = choose(graph)
    consumers = [task for task in range(len(order.names)) if order.direct[task]]
    for size in range(choice.awaiting.bit_count()):
        for fewer in combinations(consumers, size):
            assert not falls_apart(order, sum(1 << task for task in fewer))


@settings(max_examples=40, deadline=None)
@given(graphs(14))
def test_where_nothing_is_searched_the_awaits_still_suffice(graph):
    with (
        mock.patch.object(hitting, "SEARCHED_SIZE", 0),
        mock.patch.object(obstructions, "NEIGHBOURHOOD_LIMIT", 0),
    ):
        order, choice = choose(graph)
    assert falls_apart(order, choice.awaiting)


def test_a_long_n_without_a_short_one_is_found():
    # a → c ← x ← b → d: no two tasks with a common upstream task are in each other's way.
    order, choice = choose({"a": [], "b": [], "x": ["b"], "c": ["a", "x"], "d": ["b"]})
    assert obstructions.short_obstructions(order, order.everything) == []
    assert choice.proven
    assert choice.awaiting.bit_count() == 1
