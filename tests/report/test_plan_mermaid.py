from __future__ import annotations

import pytest

from converter.planning.plan import Await, Parallel, Plan, Sequence, Step
from converter.report.plan_mermaid import plan_mermaid
from converter.report.plan_view import PlanView


def chart(plan: Plan, dag_id: str = "etl") -> list[str]:
    return plan_mermaid(PlanView(dag_id, plan, ())).splitlines()


def test_a_parallel_is_a_subgraph_and_an_awaited_task_points_at_its_poller() -> None:
    plan = Parallel((Step("glue3"), Sequence((Step("glue2"), Await(("glue3",)), Step("report_b")))))
    assert chart(plan) == [
        "---",
        'title: "etl"',
        "---",
        "flowchart TB",
        'subgraph n1["side by side"]',
        "direction TB",
        'n2["glue3"]',
        'n4["glue2"]',
        'n5{{"await glue3"}}:::poller',
        'n6["report_b"]',
        "end",
        "n4 --> n5",
        "n5 --> n6",
        "n2 -.-> n5",
        "classDef poller stroke-dasharray:4 3",
    ]


def test_an_arrow_leads_from_a_whole_subgraph_to_what_comes_behind_it() -> None:
    lines = chart(Sequence((Parallel((Step("a"), Step("b"))), Step("c"))))
    assert 'subgraph n2["side by side"]' in lines
    assert 'n3["c"]' in lines
    assert "n2 --> n3" in lines


def test_an_await_for_any_of_its_tasks_says_so() -> None:
    plan = Parallel((Step("a"), Step("b"), Sequence((Await(("a", "b"), any=True), Step("c")))))
    assert 'n5{{"await any of a, b"}}:::poller' in chart(plan)


@pytest.mark.parametrize(
    ("task_id", "label"),
    [
        ("load_2.part-1", "load_2.part-1"),
        ("__init__", "#95;#95;init#95;#95;"),  # Markdown: bold
        ("1.", "1#46;"),  # Markdown: a list
        ("größe", "größe"),
        ('a"]', "a#34;#93;"),
        ("a`<b>", "a#96;#60;b#62;"),
    ],
)
def test_what_mermaid_could_take_for_syntax_is_escaped(task_id: str, label: str) -> None:
    assert f'n1["{label}"]' in chart(Step(task_id))


def test_a_chart_beyond_the_limits_of_mermaid_says_what_it_needs() -> None:
    small, large = (
        chart(Sequence(tuple(Step(f"t{number}") for number in range(count)))) for count in (500, 502)
    )
    assert not any(line.startswith("%%") for line in small)
    assert large[3].startswith("%% needs mermaid.initialize({maxEdges: 501, maxTextSize: ")


def test_a_plan_may_be_deeper_than_the_stack_of_python() -> None:
    plan: Plan = Step("last")
    for level in range(3_000):
        plan = Parallel((Step(f"s{level}"), Sequence((Step(f"t{level}"), plan))))
    lines = chart(plan)
    assert lines.count("end") == 3_000
