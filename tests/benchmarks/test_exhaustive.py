import pytest

from benchmarks.planning.exhaustive import compare, least_awaiting, small_graphs

FAN_IN = {
    "glue1": [],
    "glue2": [],
    "glue3": [],
    "report_a": ["glue1", "glue3"],
    "report_b": ["glue2", "glue3"],
}


def test_the_example_needs_one_await_and_a_chain_none():
    assert least_awaiting(FAN_IN) == 1
    assert least_awaiting({"a": [], "b": ["a"], "c": ["a", "b"]}) == 0


def test_the_complete_bipartite_graph_needs_none_and_a_ladder_of_three_rungs_one():
    assert least_awaiting({"a": [], "b": [], "c": ["a", "b"], "d": ["a", "b"]}) == 0
    ladder = {"a0": [], "b0": ["a0"], "a1": ["a0"], "b1": ["a1", "b0"], "a2": ["a1"], "b2": ["a2", "b1"]}
    assert least_awaiting(ladder) == 1


@pytest.mark.parametrize("family", ["bip", "layered", "gnp"])
def test_no_plan_of_a_small_graph_has_more_awaits_than_the_search_finds(family):
    for tasks in (5, 8, 12):
        assert compare(family, tasks, graphs=10).more == 0


def test_graphs_are_the_same_each_time():
    assert list(small_graphs("gnp", 6, 3)) == list(small_graphs("gnp", 6, 3))
