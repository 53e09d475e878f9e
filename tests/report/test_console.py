from __future__ import annotations

import pytest
from workflows import partial_fan_in, workflow

from converter import diagnostics as d
from converter import pipeline
from converter.asl.options import Options
from converter.diagnostics import Code, Diagnostic
from converter.planning.plan import Step
from converter.report import console
from converter.report.plan_view import PlanView
from converter.workflow import Location, Task


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


def test_what_is_the_same_of_many_tasks_is_told_once_and_refusals_each(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def about(task: str, code: Code, line: int, dag: str = "etl", problem: str = "it is so") -> Diagnostic:
        place = Location("dags/etl.py", line)
        return Diagnostic(code, f"task '{task}': {problem}", "change it", place, dag, task)

    console.print_diagnostics(
        [
            *(about(task, d.LOST_FEATURE, line) for line, task in enumerate("abc", 3)),
            about("d", d.LOST_FEATURE, 9, problem="it is another"),
            about("a", d.LOST_FEATURE, 3, dag="other"),
            *(about(task, d.UNKNOWN_OPERATOR, 7) for task in "ab"),
        ]
    )
    assert capsys.readouterr().err.splitlines() == [
        "refused D201 dags/etl.py:7: task 'a': it is so; change it",
        "refused D201 dags/etl.py:7: task 'b': it is so; change it",
        "approximated D220 dags/etl.py:3: task 'a' and 2 more: it is so; change it",
        "approximated D220 dags/etl.py:9: task 'd': it is another; change it",
        "approximated D220 dags/etl.py:3: task 'a': it is so; change it",
    ]


def test_progress_is_one_line_however_long(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_progress("word " * 100 + "[end]")
    assert capsys.readouterr().err == "word " * 100 + "[end]\n"


def test_plans_are_printed_with_a_blank_line_between_them(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_plans([PlanView("etl", Step("a"), ()), PlanView("more", Step("b"), ())])
    size = "1 task, 0 dependencies, 0 pollers"
    assert capsys.readouterr().out.splitlines() == ["etl", "a", size, "", "more", "b", size]


def test_what_exactness_buys_is_told_where_durations_are_known() -> None:
    conversion = pipeline.convert(partial_fan_in(), Options(poll_interval=10))
    assert console.worth_of(conversion, {"unheard_of": 1.0}) == ""
    refused = pipeline.convert(workflow(Task("a", "unheard.Of")), Options())
    assert console.worth_of(refused, {"a": 1.0}) == ""
    worth = console.worth_of(conversion, {"glue1": 60.0})
    assert worth.startswith("partial_fan_in: expected makespan: exact 2 min, barrier 2 min")
