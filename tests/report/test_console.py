from __future__ import annotations

import sys

import pytest

from converter import diagnostics as d
from converter.diagnostics import Diagnostic
from converter.planning.plan import Await, Parallel, Plan, Sequence, Step
from converter.report import console


def test_the_worst_problem_comes_first_and_no_line_is_broken(capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 300
    console.print_diagnostics(
        [
            Diagnostic(d.AWAIT_DEADLINE, "in 24 h"),
            Diagnostic(d.UNKNOWN_OPERATOR, f"[{long}] is not converted", "write another"),
            Diagnostic(d.AWS_UNUSABLE, "no region"),
        ]
    )
    assert capsys.readouterr().err.splitlines() == [
        "error D403 no region",
        f"refused D201 [{long}] is not converted; write another",
        "note D301 in 24 h",
    ]


def test_progress_is_one_line_however_long(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_progress("word " * 100 + "[end]")
    assert capsys.readouterr().err == "word " * 100 + "[end]\n"


@pytest.mark.parametrize(
    ("plan", "size"),
    [
        (Step("a"), "1 task, 0 pollers"),
        (Parallel((Step("a"), Sequence((Await(("a",)), Step("b"))))), "2 tasks, 1 poller"),
        (Sequence(()), "0 tasks, 0 pollers"),
    ],
)
def test_a_plan_ends_with_its_size(plan: Plan, size: str, capsys: pytest.CaptureFixture[str]) -> None:
    console.print_plan("etl", plan)
    assert capsys.readouterr().out.splitlines()[-1] == size


def test_a_plan_is_drawn_in_order_and_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    long_id = "x" * 200
    console.print_plan("etl", Sequence((Step("a"), Parallel((Step("b"), Step(long_id))), Await((long_id,)))))
    assert capsys.readouterr().out.splitlines()[:-1] == [
        "etl",
        "└── one after another",
        "    ├── a",
        "    ├── side by side",
        "    │   ├── b",
        f"    │   └── {long_id}",
        f"    └── poll for {long_id}",
    ]


def test_a_plan_of_more_levels_than_python_may_recurse_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    plan: Plan = Step("last")
    for level in range(200):
        plan = Sequence((Step(f"t{level}"), Parallel((Step(f"s{level}"), plan))))
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(300)
    try:
        console.print_plan("deep", plan)
    finally:
        sys.setrecursionlimit(limit)
    assert capsys.readouterr().out.splitlines()[-1] == "401 tasks, 0 pollers"
