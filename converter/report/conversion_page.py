"""The report of a conversion as HTML: a page for each DAG, and one for a folder of them.

Each page is one file that needs nothing else: no script, no font, no picture from elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from converter import __version__
from converter.asl.budget import states_of
from converter.diagnostics import Code, Diagnostic, Severity
from converter.planning.plan import render
from converter.report.conversion import STATUSES, ConversionReport, plural
from converter.report.documents import severity_word
from converter.report.plan_svg import plan_svg
from converter.report.plan_view import PlanView
from converter.workflow import Location

_PAGES = Path(__file__).parent / "pages"
#: A drawing of more tasks is too large to be read, and states of more tasks make the page too long.
_MOST_DRAWN, _MOST_SHOWN = 400, 300
_CODE = re.compile(r"`([^`]+)`")
_NAMES_TASK = re.compile(r"^task '[^']*': ")
_DIFFERENCES = (
    ("What is refused", (Severity.UNREADABLE, Severity.REFUSED)),
    ("What differs from Airflow", (Severity.APPROXIMATED,)),
    ("Worth knowing", (Severity.NOTE,)),
)


def conversion_page(report: ConversionReport) -> str:
    """Return the page about one DAG."""
    return _page(
        "conversion.html",
        report=report,
        facts=_facts(report),
        drawing=_drawing(report),
        sections=[(title, groups) for title, kinds in _DIFFERENCES if (groups := report.by_code(*kinds))],
        shows_states=len(report.tasks) <= _MOST_SHOWN,
    )


@dataclass(frozen=True)
class IndexRow:
    """One DAG in the page of a folder. ``page`` leads to its own; empty if there is none."""

    dag_id: str
    status: str
    source: str
    counts: Mapping[str, int]
    codes: Sequence[str]
    page: str

    @classmethod
    def of(cls, report: ConversionReport, page: str) -> IndexRow:
        """Return the row of a DAG."""
        standing = [code.id for code, _ in report.by_code(Severity.UNREADABLE, Severity.REFUSED)]
        counts = {status: report.count(status) for status in STATUSES}
        return cls(report.dag_id, report.status, str(report.location), counts, standing, page)


def index_page(title: str, rows: Sequence[IndexRow], unreadable: Iterable[Diagnostic]) -> str:
    """Return the page about a folder of DAG files: every DAG, and every file that could not be read."""
    return _page(
        "index.html",
        title=title,
        rows=rows,
        unreadable=list(unreadable),
        dags={status: sum(row.status == status for row in rows) for status in STATUSES},
        tasks={status: sum(row.counts[status] for row in rows) for status in STATUSES},
    )


def _facts(report: ConversionReport) -> list[tuple[str, str]]:
    facts = [(f"task{'s' * (len(report.tasks) != 1)}", f"{len(report.tasks):,}")]
    facts += [(status, f"{report.count(status):,}") for status in STATUSES]
    if report.machine is not None:
        states = sum(1 for _ in states_of(report.machine.definition))
        facts += [("states", f"{states:,}"), ("pollers", f"{report.machine.pollers:,}")]
    return facts


def _drawing(report: ConversionReport) -> Markup:
    """Return the picture of the plan, in which every task leads to its row; of a large one the text."""
    if report.plan is None or report.workflow is None or not report.tasks:
        return Markup()
    if len(report.tasks) > _MOST_DRAWN:
        return Markup("<pre>{}</pre>").format(render(report.plan))
    edges = tuple((up, task.task_id) for task in report.workflow.tasks for up in dict.fromkeys(task.upstream))
    links = {task.task_id: f"#task-{task.task_id}" for task in report.workflow.tasks}
    # Ours: what it takes from the DAG, it has escaped.
    return Markup(plan_svg(PlanView(report.dag_id, report.plan, edges), links=links))  # noqa: S704


def _with_code(text: str) -> Markup:
    """Return a text in which what stands between backticks is code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped just before


def _place_in(place: Location, dag: Location) -> str:
    """Return where a task is: the line is enough within the DAG's own file."""
    return f"line {place.line}" if place.file == dag.file and place.line else str(place)


def _without_task(problem: str) -> str:
    """Return a message that stands beside its task without the task's name."""
    return _NAMES_TASK.sub("", problem)


def _anchor(code: Code) -> str:
    return f"code-{code.id}"


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _page(name: str, **values: Any) -> str:
    return _environment().get_template(name).render(version=__version__, **values) + "\n"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_PAGES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {
        "with_code": _with_code,
        "anchor": _anchor,
        "json_text": _json,
        "place_in": _place_in,
        "without_task": _without_task,
        "severity_word": severity_word,
    }
    environment.globals["plural"] = plural
    return environment
