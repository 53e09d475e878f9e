import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workflows import PARTIAL_FAN_IN

from benchmarks.planning.families import FAMILIES
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
    # Task by task, both c or both d would need an Await.
    plan = plan_graph({"a": [], "b": [], "c1": ["a"], "c2": ["a"], "d1": ["a", "b"], "d2": ["a", "b"]})
    assert render(plan) == "Parallel[a > Parallel[c1, c2], b > await(a) > Parallel[d1, d2]]"


def test_the_task_waits_natively_for_what_is_expected_to_end_last():
    # report_b would wait 50 seconds with its Await, report_a 10.
    plan = plan_graph(PARTIAL_FAN_IN, {"glue1": 90, "glue2": 50, "glue3": 100})
    assert render(plan) == "Parallel[glue1 > await(glue3) > report_a, Parallel[glue2, glue3] > report_b]"
    # And now the other way round.
    plan = plan_graph(PARTIAL_FAN_IN, {"glue1": 50, "glue2": 90, "glue3": 100})
    assert render(plan) == "Parallel[Parallel[glue1, glue3] > report_a, glue2 > await(glue3) > report_b]"


def test_an_await_that_could_stand_behind_either_of_two_tasks_stands_behind_the_longer_one():
    graph = {"a": [], "b": [], "c": ["a"], "d": ["a", "b"]}
    assert render(plan_graph(graph, {"a": 100, "b": 1})) == "Parallel[a > Parallel[c, await(b) > d], b]"
    assert render(plan_graph(graph, {"a": 1, "b": 100})) == "Parallel[a > c, b > await(a) > d]"


@settings(max_examples=60, deadline=None)
@given(graphs(), st.lists(st.integers(0, 1000), min_size=12, max_size=12))
def test_a_plan_is_exact_whatever_the_durations_are(graph, seconds):
    plan = plan_graph(graph, {f"t{number}": float(value) for number, value in enumerate(seconds)})
    assert ordered_pairs(plan) == closure(graph)


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


@settings(max_examples=100, deadline=None)
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


@pytest.mark.parametrize("family", ["chain", "nested diamonds", "fan-in of 1,000", "ladder"])
def test_ten_thousand_tasks_in_the_deepest_shapes_are_planned(family):
    graph = FAMILIES[family](10_000)
    plan = plan_graph(graph)
    assert sorted(task_ids(plan)) == sorted(graph)
    # A ladder: one rail natively, each task of the other but the last behind an Await.
    assert len(awaits(plan)) == (4_998 if family == "ladder" else 0)
    assert render(plan).count("await") == len(awaits(plan))


def test_the_plan_does_not_depend_on_the_hash_seed():
    program = (
        "from benchmarks.planning.families import FAMILIES\n"
        "from converter.planning import plan_graph\n"
        "from converter.planning.plan import render\n"
        "for name in FAMILIES: print(render(plan_graph(FAMILIES[name](90))))"
    )
    plans = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(plans) == 1
    assert plans.pop().count("\n") == len(FAMILIES)


@pytest.mark.skipif(not GRAPHS, reason="DAG2SFN_GRAPHS is not set")
def test_known_graphs_need_no_more_awaits_than_an_exhaustive_search_found():
    cases = json.loads(Path(GRAPHS).read_text())
    assert len(cases) > 100
    for number, case in enumerate(cases):
        graph = {str(task): [] for task in range(case["tasks"])}
        for up, down in case["edges"]:
            graph[str(down)].append(str(up))
        assert len(awaits(plan_graph(graph))) <= case["awaits"], f"graph {number}"
