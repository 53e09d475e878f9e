from __future__ import annotations

import random
from itertools import combinations, pairwise

import pytest

from converter.planning import plan_graph
from converter.planning.plan import Await, Parallel, Plan, Sequence, Step, walk
from converter.report.plan_labels import LINE_HEIGHT
from converter.report.plan_layout import Box, Layout, lay_out

EXAMPLE = Parallel(
    (
        Sequence((Parallel((Step("glue1"), Step("glue3"))), Step("report_a"))),
        Sequence((Step("glue2"), Await(("glue3",)), Step("report_b"))),
    )
)


def random_plan(count: int, seed: int) -> Plan:
    rng = random.Random(seed)
    names = [f"{'long_' * rng.randint(0, 6)}task_{number}" for number in range(count)]
    return plan_graph(
        {
            name: rng.sample(names[max(0, at - 15) : at], min(at, rng.randint(0, 3)))
            for at, name in enumerate(names)
        }
    )


def contains(outer: Box, inner: Box) -> bool:
    return (
        outer.x < inner.x
        and outer.y < inner.y
        and inner.x + inner.width < outer.x + outer.width
        and inner.bottom < outer.bottom
    )


def overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.bottom
        and other.y < one.bottom
    )


def of_task(layout: Layout, task_id: str) -> Box:
    return next(box for box in layout.boxes if box.node == Step(task_id))


@pytest.mark.parametrize(("count", "seed"), [(5, 1), (50, 2), (200, 3), (200, 4)])
@pytest.mark.parametrize("marks", [False, True])
def test_two_boxes_contain_each_other_or_are_apart(count: int, seed: int, marks: bool) -> None:
    plan = random_plan(count, seed)
    boxes = lay_out(plan, marks=marks).boxes
    assert sorted(map(id, (box.node for box in boxes))) == sorted(map(id, walk(plan)))
    for one, other in combinations(boxes, 2):  # outer ones before inner ones
        assert contains(one, other) or not overlap(one, other)


@pytest.mark.parametrize(("count", "seed"), [(50, 2), (200, 3)])
@pytest.mark.parametrize("marks", [False, True])
def test_every_label_fits_its_box(count: int, seed: int, marks: bool) -> None:
    for box in lay_out(random_plan(count, seed), marks=marks).boxes:
        if box.label:
            mark = 18 if marks or isinstance(box.node, Await) else 0
            assert box.label.width + mark < box.width
            assert len(box.label.lines) * LINE_HEIGHT < box.height


def test_branches_stand_beside_each_other_and_steps_below() -> None:
    layout = lay_out(EXAMPLE)
    glue1, glue2, glue3 = (of_task(layout, f"glue{number}") for number in (1, 2, 3))
    assert glue1.x < glue3.x < glue2.x
    assert glue1.y == glue3.y
    assert of_task(layout, "report_a").y > glue1.bottom
    assert of_task(layout, "report_b").middle == glue2.middle


def test_an_arrow_leads_from_each_step_to_the_next() -> None:
    layout = lay_out(EXAMPLE)
    glue2, report_b = of_task(layout, "glue2"), of_task(layout, "report_b")
    (poller,) = (box for box in layout.boxes if isinstance(box.node, Await))
    assert ((glue2.middle, glue2.bottom), (poller.middle, poller.y)) in layout.arrows
    assert ((poller.middle, poller.bottom), (report_b.middle, report_b.y)) in layout.arrows
    assert len(layout.arrows) == 3


def test_an_arrow_to_the_next_column_passes_between_the_boxes() -> None:
    layout = lay_out(Sequence(tuple(Step(f"t{number}") for number in range(40))))
    bows = [arrow for arrow in layout.arrows if len(arrow) > 2]
    assert bows
    for arrow in bows:
        for (x1, y1), (x2, y2) in pairwise(arrow):
            assert x1 == x2 or y1 == y2
            line = Box(Step(""), min(x1, x2), min(y1, y2), abs(x1 - x2), abs(y1 - y2))
            assert not any(overlap(line, box) for box in layout.boxes[1:])


def test_a_page_of_many_tasks_keeps_to_its_width() -> None:
    assert lay_out(Parallel(tuple(Step(f"task_{number}") for number in range(200)))).width <= 1_840
    assert lay_out(Sequence(tuple(Step(f"task_{number}") for number in range(200)))).width <= 1_840


def test_a_plan_may_be_deeper_than_the_stack_of_python() -> None:
    plan: Plan = Step("last")
    for level in range(2_000):
        plan = Parallel((Step(f"s{level}"), Sequence((Step(f"t{level}"), plan))))
    assert len(lay_out(plan).boxes) == 8_001


def test_a_dag_without_tasks_has_one_empty_box() -> None:
    layout = lay_out(Sequence(()))
    assert (layout.width, layout.height, layout.arrows) == (0, 0, ())
