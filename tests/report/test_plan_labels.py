from __future__ import annotations

import pytest

from converter.planning.plan import Await, Step
from converter.report.plan_labels import Label, label_of


def texts(label: Label) -> list[str]:
    return [line.text for line in label.lines]


def test_a_short_id_is_one_line() -> None:
    assert texts(label_of(Step("glue1"))) == ["glue1"]


def test_a_long_id_is_broken_behind_its_separators() -> None:
    label = label_of(Step("section_one.inner_group.load_customers_from_the_warehouse"))
    assert texts(label) == ["section_one.inner_group.load_", "customers_from_the_warehouse"]


@pytest.mark.parametrize("task_id", ["x" * 250, "a_b.c-" * 40, "__" * 30, "größe" * 20, "-" * 70])
def test_an_id_is_there_in_full_in_lines_that_are_not_too_long(task_id: str) -> None:
    lines = texts(label_of(Step(task_id)))
    assert "".join(lines) == task_id
    assert all(0 < len(line) <= 32 for line in lines)


def test_wide_characters_take_two_columns() -> None:
    assert label_of(Step("日本")).width == label_of(Step("abcd")).width
    assert texts(label_of(Step("日" * 20))) == ["日" * 16, "日" * 4]


def test_a_poller_names_what_it_waits_for() -> None:
    assert texts(label_of(Await(("glue3",)))) == ["await glue3"]
    assert texts(label_of(Await(("a", "b"), any=True))) == ["await any of", "a", "b"]


def test_a_poller_for_many_tasks_names_some() -> None:
    assert texts(label_of(Await(tuple("abcde")))) == ["await", "a", "b", "c", "d", "e"]
    assert texts(label_of(Await(tuple("abcdef")))) == ["await", "a", "b", "c", "d", "and 2 more"]


def test_a_line_knows_the_task_that_it_names() -> None:
    label = label_of(Await(("b", "x" * 40)))
    assert [line.task for line in label.lines] == ["", "b", "x" * 40, "x" * 40]
