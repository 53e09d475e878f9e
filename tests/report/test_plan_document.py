from __future__ import annotations

from converter.planning.makespan import Makespans
from converter.planning.plan import Await, Parallel, Sequence, Step
from converter.report.plan_document import node_json, plan_document
from converter.report.plan_view import PlanView


def test_a_plan_is_a_tree_of_four_kinds_in_order() -> None:
    plan = Parallel((Sequence((Step("a"), Await(("b", "c")), Step("d"))), Step("b"), Step("c")))
    assert node_json(plan) == {
        "kind": "parallel",
        "children": [
            {
                "kind": "sequence",
                "children": [
                    {"kind": "step", "task": "a"},
                    {"kind": "await", "tasks": ["b", "c"]},
                    {"kind": "step", "task": "d"},
                ],
            },
            {"kind": "step", "task": "b"},
            {"kind": "step", "task": "c"},
        ],
    }


def test_an_await_for_any_of_its_tasks_says_so() -> None:
    assert node_json(Await(("a", "b"), any=True)) == {"kind": "await", "tasks": ["a", "b"], "any": True}


def test_a_dag_without_tasks_is_an_empty_sequence() -> None:
    assert node_json(Sequence(())) == {"kind": "sequence", "children": []}


def test_a_document_has_counts_dependencies_and_the_tree() -> None:
    plan = Parallel((Step("a"), Sequence((Await(("a",)), Step("b")))))
    assert plan_document(PlanView("etl", plan, (("a", "b"),))) == {
        "dag_id": "etl",
        "tasks": 2,
        "edges": [["a", "b"]],
        "awaits": 1,
        "plan": node_json(plan),
    }


def test_makespans_are_added_where_durations_are_known() -> None:
    makespans = Makespans(12.0, 20.0, 10.0, ("a", "b"), "a", 8.0, 30, known=2)
    assert plan_document(PlanView("etl", Step("a"), (), makespans))["makespan"] == {
        "exact": 12.0,
        "barrier": 20.0,
        "critical_path": 10.0,
        "tasks": ["a", "b"],
    }
