from __future__ import annotations

from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from converter.planning.plan import Await, Parallel, Plan, Sequence, Step
from converter.report.plan_style import MARKS
from converter.report.plan_svg import plan_svg
from converter.report.plan_view import PlanView
from converter.workflow import Outcome

SVG = "{http://www.w3.org/2000/svg}"
EDGES = (("glue1", "report_a"), ("glue3", "report_a"), ("glue2", "report_b"), ("glue3", "report_b"))
EXAMPLE = Parallel(
    (
        Sequence((Parallel((Step("glue1"), Step("glue3"))), Step("report_a"))),
        Sequence((Step("glue2"), Await(("glue3",)), Step("report_b"))),
    )
)


def drawn(plan: Plan, dag_id: str = "etl", **more: dict[str, str]) -> Element:
    return ElementTree.fromstring(plan_svg(PlanView(dag_id, plan, EDGES), **more))  # noqa: S314 - our own


def of_class(root: Element, name: str) -> list[Element]:
    return [element for element in root.iter() if name in element.get("class", "").split()]


def titles(elements: list[Element]) -> list[str | None]:
    return [element.findtext(f"{SVG}title") for element in elements]


def texts(element: Element) -> list[str | None]:
    return [text.text for text in element.iter(f"{SVG}text")]


def test_a_drawing_says_what_it_shows_to_those_who_cannot_see_it() -> None:
    root = drawn(EXAMPLE, "partial_fan_in")
    assert root.get("role") == "graphics-document document"
    assert root.findtext(f"{SVG}title") == "partial_fan_in"
    assert root.findtext(f"{SVG}desc") == "The plan of partial_fan_in: 5 tasks, 4 dependencies, 1 poller."


def test_every_task_and_every_poller_has_a_box() -> None:
    root = drawn(EXAMPLE)
    assert titles(of_class(root, "step")) == ["glue1", "glue3", "report_a", "glue2", "report_b"]
    (poller, _sample) = of_class(root, "poller")
    assert poller.findtext(f"{SVG}title") == "await glue3"
    assert len(of_class(root, "parallel")) == 2 + 1  # one in the legend
    assert len(of_class(root, "branch")) == 2


def test_a_poller_leads_to_the_task_that_it_awaits() -> None:
    root = drawn(EXAMPLE, "größe")
    (link,) = root.iter(f"{SVG}a")
    assert link.get("href") == "#plan-gr%C3%B6%C3%9Fe--glue3"
    assert "plan-größe--glue3" in [element.get("id") for element in of_class(root, "step")]
    assert len(of_class(root, "wire")) == 1


def test_lines_to_pollers_are_left_out_where_they_are_many() -> None:
    awaited = tuple(f"t{number}" for number in range(13))
    plan = Parallel((*map(Step, awaited), Sequence((Await(awaited), Step("z")))))
    assert of_class(drawn(plan), "wire") == []


@pytest.mark.parametrize("state", MARKS)
def test_a_state_has_its_colour_its_mark_and_its_words(state: str) -> None:
    (box, sample) = of_class(drawn(Step("a"), states={"a": state}), state)
    assert box.findtext(f"{SVG}title") == f"a: {state}"
    assert [mark.get("d") for mark in of_class(box, "mark")] == [MARKS[state]]
    assert [mark.get("d") for mark in of_class(sample, "mark")] == [MARKS[state]]


def test_tasks_without_a_state_or_with_one_that_has_no_colour_look_as_in_a_plan() -> None:
    root = drawn(Parallel((Step("a"), Step("b"), Step("c"))), states={"a": "success", "b": "queued"})
    classes = [box.get("class") for box in of_class(root, "step")]
    assert classes == ["step success", "step", "step", "step success"]  # the last one is in the legend
    assert titles(of_class(root, "step"))[:3] == ["a: success", "b: queued", "c"]


def test_an_outcome_is_a_state() -> None:
    (box, _sample) = of_class(drawn(Step("a"), states={"a": Outcome.UPSTREAM_FAILED}), "upstream_failed")
    assert box.findtext(f"{SVG}title") == "a: upstream_failed"


def test_a_task_may_lead_to_a_page() -> None:
    root = drawn(Step("a"), links={"a": 'https://example.org/?x=1&y="2"'})
    (link,) = root.iter(f"{SVG}a")
    assert link.get("href") == 'https://example.org/?x=1&y="2"'
    assert texts(link) == ["a"]


def test_colours_follow_the_reader_and_may_be_replaced_by_a_page() -> None:
    style = drawn(EXAMPLE).findtext(f"{SVG}style") or ""
    light, _, dark = style.partition("@media (prefers-color-scheme:dark)")
    assert "--ink:var(--plan-ink,#1f2328)" in light
    assert "--ink:var(--plan-ink,#e6edf3)" in dark
    selectors = [line.split("{")[0] for line in style.splitlines() if "{" in line and "@media" not in line]
    assert all(part.startswith(".dag2sfn-plan") for line in selectors for part in line.split(","))


def test_a_drawing_needs_nothing_from_elsewhere() -> None:
    text = plan_svg(PlanView("etl", EXAMPLE, EDGES)).replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "http" not in text
    assert "<script" not in text
    assert "url(" not in text


def test_odd_names_are_no_markup() -> None:
    root = drawn(Step('<a&"b">'), 'd&<"g>')
    assert titles(of_class(root, "step")) == ['<a&"b">']
    assert root.findtext(f"{SVG}title") == 'd&<"g>'


def test_the_legend_explains_only_what_is_there() -> None:
    assert texts(drawn(EXAMPLE))[-3:] == ["then", "side by side", "waits for a task of another branch"]
    assert texts(drawn(Step("a"))) == ["etl", "1 task, 4 dependencies, 0 pollers", "a"]


def test_a_deep_plan_is_no_deep_document() -> None:
    plan: Plan = Step("last")
    for level in range(1_000):
        plan = Parallel((Step(f"s{level}"), Sequence((Step(f"t{level}"), plan))))
    assert len(of_class(drawn(plan), "step")) == 2_001


def test_the_same_plan_has_the_same_drawing() -> None:
    view = PlanView("etl", EXAMPLE, EDGES)
    assert plan_svg(view, states={"glue1": "success"}) == plan_svg(view, states={"glue1": "success"})


def test_a_dag_without_tasks_is_drawn() -> None:
    assert texts(drawn(Sequence(()))) == ["etl", "0 tasks, 4 dependencies, 0 pollers"]
