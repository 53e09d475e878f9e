from __future__ import annotations

import random

import pytest

from converter.planning import plan_graph, task_ids
from converter.planning.makespan import Makespans
from converter.planning.plan import Await, Parallel, Plan, Sequence, Step
from converter.report.plan_text import UNBOUNDED, plan_text
from converter.report.plan_view import PlanView

EDGES = (("glue1", "report_a"), ("glue3", "report_a"), ("glue2", "report_b"), ("glue3", "report_b"))
EXAMPLE = Parallel(
    (
        Sequence((Parallel((Step("glue1"), Step("glue3"))), Step("report_a"))),
        Sequence((Step("glue2"), Await(("glue3",)), Step("report_b"))),
    )
)


def tree(plan: Plan, width: int = UNBOUNDED, *, ascii_only: bool = False) -> list[str]:
    """The lines between title and size."""
    return plan_text(PlanView("etl", plan, EDGES), width, ascii_only=ascii_only).plain.splitlines()[1:-1]


def test_downward_is_later_and_a_branch_begins_with_its_own_sign() -> None:
    assert plan_text(PlanView("partial_fan_in", EXAMPLE, EDGES), 80).plain.splitlines() == [
        "partial_fan_in",
        "side by side",
        "├─ side by side",
        "│  ├─ glue1",
        "│  └─ glue3",
        "│  report_a",
        "└─ glue2",
        "   await glue3",
        "   report_b",
        "5 tasks, 4 dependencies, 1 poller",
    ]


def test_a_terminal_without_unicode_gets_the_same_tree() -> None:
    assert tree(EXAMPLE, ascii_only=True)[:4] == [
        "side by side",
        "|- side by side",
        "|  |- glue1",
        "|  `- glue3",
    ]


def test_what_is_known_of_durations_comes_last() -> None:
    makespans = Makespans(10.0, 20.0, 10.0, ("a",), "a", 0.0, 30, known=1)
    last = plan_text(PlanView("etl", Step("a"), (), makespans), 80).plain.splitlines()[-1]
    assert last.startswith("expected makespan: exact 10 s, barrier 20 s, critical path 10 s (a)")


def test_in_a_narrow_terminal_long_lines_go_on_beside_their_branch() -> None:
    plan = Parallel((Sequence((Await(("first_task", "second_task", "third")), Step("x" * 40))), Step("b")))
    assert tree(plan, 30) == [
        "side by side",
        "├─ await first_task,",
        "│    second_task, third",
        "│  " + "x" * 27,
        "│    " + "x" * 13,
        "└─ b",
    ]


def test_elsewhere_no_line_is_broken() -> None:
    awaited = tuple(f"task_{number}" for number in range(200))
    assert tree(Sequence((Await(awaited), Step("x" * 250)))) == [f"await {', '.join(awaited)}", "x" * 250]


def test_deep_branches_show_their_innermost_levels_only() -> None:
    plan: Plan = Step("last")
    for level in range(2_000):
        plan = Parallel((Step(f"s{level}"), Sequence((Step(f"t{level}"), plan))))
    lines = tree(plan)
    assert len(lines) == 6_001
    assert max(map(len, lines)) < 140
    assert lines[-1].startswith("…")
    assert lines[-1].endswith(" last")
    assert max(map(len, tree(plan, 40))) <= 40


@pytest.mark.parametrize("width", [40, 80])
def test_two_hundred_tasks_fit_a_terminal_one_line_each(width: int) -> None:
    rng = random.Random(5)
    names = [f"task_{number}" for number in range(200)]
    plan = plan_graph(
        {name: rng.sample(names[max(0, at - 12) : at], min(at, 2)) for at, name in enumerate(names)}
    )
    lines = tree(plan, width)
    assert max(map(len, lines)) <= width
    assert [line.split()[-1] for line in lines if line.split()[-1] in names and "await" not in line][:1]
    for task in task_ids(plan):
        assert any(line.endswith(f" {task}") or line == task for line in lines)


def test_a_dag_without_tasks_has_an_empty_tree() -> None:
    assert tree(Sequence(())) == []
