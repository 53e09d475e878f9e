import json
import os
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workflows import PARTIAL_FAN_IN

from converter.planning import Await, Parallel, Sequence, Step, awaits, plan_graph, task_ids
from converter.planning.order import CycleError
from converter.planning.plan import render, walk

GRAPHS = os.environ.get("DAG2SFN_GRAPHS")


@st.composite
def graphs(draw, max_tasks=12):
    count = draw(st.integers(1, max_tasks))
    return {
        f"t{number}": [f"t{up}" for up in range(number) if draw(st.booleans())] for number in range(count)
    }


def closure(upstream):
    """All ordered pairs of a graph, by walking it: shares nothing with the planner."""
    pairs = set()
    for task in upstream:
        pending = list(upstream[task])
        while pending:
            up = pending.pop()
            if (up, task) not in pairs:
                pairs.add((up, task))
                pending.extend(upstream[up])
    return pairs


def ordered_pairs(plan):
    """All pairs that a plan orders, from the meaning of its nodes."""
    pairs = set()

    def run(node, before):
        """Return all tasks that have certainly ended when the node has."""
        if isinstance(node, Step):
            pairs.update((task, node.task_id) for task in before)
            return before | {node.task_id}
        if isinstance(node, Await):
            return before | set(node.task_ids)
        if isinstance(node, Parallel):
            return before.union(*(run(child, before) for child in node.children))
        for child in node.children:
            before = run(child, before)
        return before

    run(plan, frozenset())
    while True:  # what an awaited task waited for has ended, too
        more = {(a, d) for a, b in pairs for c, d in pairs if b == c} - pairs
        if not more:
            return pairs
        pairs |= more


def test_the_example_needs_one_await_and_the_other_branch_waits_natively():
    plan = plan_graph(PARTIAL_FAN_IN)
    assert render(plan) == ("Parallel[Parallel[glue1, glue3] > report_a, glue2 > await(glue3) > report_b]")


def test_an_await_stands_behind_what_its_task_waits_for_natively():
    plan = plan_graph(PARTIAL_FAN_IN)
    assert Sequence((Step("glue2"), Await(("glue3",)), Step("report_b"))) in plan.children


def test_a_dag_without_tasks_is_an_empty_plan():
    assert plan_graph({}) == Sequence(())


def test_a_cycle_is_refused_with_its_tasks():
    with pytest.raises(CycleError) as caught:
        plan_graph({"a": [], "b": ["a", "d"], "c": ["b"], "d": ["c"]})
    assert set(caught.value.tasks) == {"b", "c", "d"}


def test_dependencies_that_others_imply_are_no_reason_for_an_await():
    assert awaits(plan_graph({"a": [], "b": ["a"], "c": ["a", "b"], "d": ["a", "c", "b"]})) == ()


def test_one_await_serves_all_branches_of_a_parallel_that_begin_with_it():
    plan = plan_graph({"a": [], "x": [], "y": ["x"], "b": ["a", "x"], "c": ["a", "x"]})
    assert [node.task_ids for node in awaits(plan)] == [("a",)] or [
        node.task_ids for node in awaits(plan)
    ] == [("x",)]


@pytest.mark.parametrize(
    ("graph", "count"),
    [
        ({"a": [], "b": [], "c": ["a"], "d": ["a", "b"]}, 1),  # the letter N
        ({"a": [], "b": [], "c": ["a", "b"], "d": ["a", "b"]}, 0),  # complete between two layers
        ({"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}, 0),  # a diamond
        ({"a": [], "b": [], "c": [], "d": ["a", "b"], "e": ["b", "c"], "f": ["a", "c"]}, 2),  # a crown
    ],
)
def test_small_shapes_need_as_many_awaits_as_worked_out_by_hand(graph, count):
    assert len(awaits(plan_graph(graph))) == count


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_a_plan_orders_two_tasks_if_and_only_if_the_dag_does(graph):
    assert ordered_pairs(plan_graph(graph)) == closure(graph)


@settings(max_examples=80, deadline=None)
@given(graphs(max_tasks=9))
def test_a_plan_runs_every_task_once_and_nests_no_node_in_its_own_kind(graph):
    plan = plan_graph(graph)
    assert sorted(task_ids(plan)) == sorted(graph)
    for node in walk(plan):
        if isinstance(node, (Sequence, Parallel)):
            assert len(node.children) > 1
            assert not any(isinstance(child, type(node)) for child in node.children)


def test_larger_random_graphs_are_planned_exactly():
    rng = random.Random(7)
    for _ in range(20):
        graph = {
            f"t{number}": [f"t{up}" for up in range(number) if rng.random() < 0.12] for number in range(30)
        }
        assert ordered_pairs(plan_graph(graph)) == closure(graph)


@settings(max_examples=40, deadline=None)
@given(graphs(max_tasks=10), st.randoms(use_true_random=False))
def test_the_plan_does_not_depend_on_the_order_of_a_tasks_upstream_list(graph, rng):
    shuffled = {task: rng.sample(ups, len(ups)) for task, ups in graph.items()}
    assert plan_graph(shuffled) == plan_graph(graph)


@pytest.mark.skipif(not GRAPHS, reason="DAG2SFN_GRAPHS is not set")
def test_known_graphs_need_no_more_awaits_than_an_exhaustive_search_found():
    cases = json.loads(Path(GRAPHS).read_text())
    assert len(cases) > 100
    for number, case in enumerate(cases):
        graph = {str(task): [] for task in range(case["tasks"])}
        for up, down in case["edges"]:
            graph[str(down)].append(str(up))
        assert len(awaits(plan_graph(graph))) <= case["awaits"], f"graph {number}"
