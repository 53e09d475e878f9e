from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from converter.planning import breaking
from converter.planning.decompose import stuck_parts
from converter.planning.order import make_order


@st.composite
def two_layers(draw):
    """Producers and consumers: the family in which plans are least often series-parallel."""
    producers, consumers = draw(st.integers(2, 4)), draw(st.integers(2, 5))
    graph = {f"p{number}": [] for number in range(producers)}
    for number in range(consumers):
        graph[f"c{number}"] = [name for name in list(graph)[:producers] if draw(st.booleans())]
    return graph


@settings(max_examples=60, deadline=None)
@given(two_layers())
def test_no_smaller_set_of_awaits_would_do(graph):
    order = make_order(graph)
    chosen = breaking.choose_awaiting(order).bit_count()
    consumers = [task for task in range(len(order.names)) if order.direct[task]]
    for size in range(chosen):
        for fewer in combinations(consumers, size):
            assert stuck_parts(order, order.everything, sum(1 << task for task in fewer))


def test_a_set_too_large_to_search_is_still_broken_up(monkeypatch):
    monkeypatch.setattr(breaking, "SEARCH_LIMIT", 0)
    graph = {"a": [], "b": [], "c": [], "d": ["a", "b"], "e": ["b", "c"], "f": ["a", "c"]}
    order = make_order(graph)
    assert not stuck_parts(order, order.everything, breaking.choose_awaiting(order))
