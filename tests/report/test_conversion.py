from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from workflows import glue, partial_fan_in, workflow

from converter import diagnostics as d
from converter import pipeline
from converter.asl.options import Options
from converter.diagnostics import Diagnostic
from converter.report.conversion import conversion_json, status_of
from converter.report.conversion_markdown import conversion_markdown
from converter.report.conversion_page import conversion_page
from converter.workflow import Task


@pytest.fixture(scope="module")
def refused():
    flow = workflow(glue("a"), Task("b<i>", "x.Custom", upstream=("a",)), glue("c", "b<i>"), dag_id="r")
    return pipeline.report_of(pipeline.convert(flow, Options()))


@pytest.fixture(scope="module")
def converted():
    return pipeline.report_of(pipeline.convert(partial_fan_in(source_hash="0" * 64), Options()))


class _Page(HTMLParser):
    """What a page refers to, its ids, and whether its elements are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a":
            self.links.append(given["href"])
        self.loaded += [given[name] for name in ("src", "srcset") if name in given]
        if tag in ("script", "link", "iframe", "img"):
            self.loaded.append(tag)
        if tag not in ("meta", "br", "rect", "path", "circle", "line"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in ("meta", "br", "rect", "path", "circle", "line"):
            assert self.open.pop() == tag


def test_every_task_of_a_refused_dag_has_its_status(refused):
    document = json.loads(conversion_json(refused))
    assert document["dag_id"] == "r"
    assert [(task["task_id"], task["status"], task["codes"]) for task in document["tasks"]] == [
        ("a", "converted", []),
        ("b<i>", "refused", ["D201"]),
        ("c", "converted", []),
    ]
    assert document["tasks"][1]["operator"] == "x.Custom"


def test_of_a_refused_dag_the_other_tasks_show_what_they_would_become(refused):
    assert [task.becomes for task in refused.tasks] == [
        "Task: glue:startJobRun.sync",
        "",
        "Task: glue:startJobRun.sync",
    ]


def test_a_page_needs_nothing_else_and_all_its_links_lead_somewhere(refused, converted):
    for report in (refused, converted):
        page = _Page(conversion_page(report))
        assert page.loaded == []
        assert page.open == []
        assert len(page.ids) == len(set(page.ids))
        assert {link for link in page.links if not link.startswith("#")} == set()
        assert {link.removeprefix("#") for link in page.links} <= set(page.ids)


def test_a_page_escapes_what_comes_from_the_dag(refused):
    text = conversion_page(refused)
    assert "b&lt;i&gt;" in text
    assert "b<i>" not in text


def test_a_page_has_every_task_every_message_and_the_meaning_of_every_code(refused, converted):
    for report in (refused, converted):
        text = re.sub(
            r"\s+",
            " ",
            conversion_page(report).replace("&#39;", "'").replace("&gt;", ">").replace("&lt;", "<"),
        )
        for task in report.tasks:
            assert f'id="task-{task.task.task_id}"' in text
        for item in report.diagnostics:
            assert item.problem in text
            assert item.code.meaning in text


def test_the_same_conversion_gives_the_same_page(converted):
    again = pipeline.report_of(pipeline.convert(partial_fan_in(source_hash="0" * 64), Options()))
    assert conversion_page(again) == conversion_page(converted)


def test_the_next_steps_of_a_refused_dag_are_to_mend_it_and_of_another_to_run_it(refused, converted):
    assert "D201 (1)" in next(refused.next_steps())
    assert not any("deploy" in step for step in refused.next_steps())
    assert "dag2sfn deploy" in list(converted.next_steps())[-1]
    assert "What to do next" in conversion_markdown(refused)


@pytest.mark.parametrize(
    ("codes", "status"),
    [
        ([], "converted"),
        ([d.SHORT_RUN], "converted"),
        ([d.SHORT_RUN, d.LOST_FEATURE], "approximated"),
        ([d.UNKNOWN_OPERATOR, d.LOST_FEATURE], "refused"),
        ([d.CYCLE], "refused"),
    ],
)
def test_the_status_is_that_of_the_worst_message(codes, status):
    assert status_of(Diagnostic(code, "problem") for code in codes) == status
