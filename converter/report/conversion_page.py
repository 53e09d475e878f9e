"""The report of a conversion as HTML: a page for each DAG, and one for a folder of them.

Each page is one file that needs nothing else: no script, no font, no picture from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from converter.asl.budget import states_of
from converter.diagnostics import Diagnostic, Severity
from converter.planning.plan import render
from converter.report.conversion import ConversionReport
from converter.report.index_row import IndexRow
from converter.report.page import page
from converter.report.plan_svg import plan_svg
from converter.report.plan_view import PlanView
from converter.report.statuses import STATUSES

#: A drawing of more tasks is too large to be read, and states of more tasks make the page too long.
_MOST_DRAWN, _MOST_SHOWN = 400, 300
_DIFFERENCES = (
    ("What is refused", (Severity.UNREADABLE, Severity.REFUSED)),
    ("What differs from Airflow", (Severity.APPROXIMATED,)),
    ("Worth knowing", (Severity.NOTE,)),
)


def conversion_page(report: ConversionReport) -> str:
    """Return the page about one DAG."""
    return page(
        "conversion.html",
        report=report,
        facts=_facts(report),
        drawing=_drawing(report),
        sections=[(title, groups) for title, kinds in _DIFFERENCES if (groups := report.by_code(*kinds))],
        shows_states=len(report.tasks) <= _MOST_SHOWN,
    )


def index_page(title: str, rows: Sequence[IndexRow], unreadable: Iterable[Diagnostic]) -> str:
    """Return the page about a folder of DAG files: every DAG, and every file that could not be read."""
    return page(
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
