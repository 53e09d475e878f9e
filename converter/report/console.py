"""What the command line says about DAGs: problems, what became of each, plans as trees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from converter.diagnostics import Diagnostic, Severity
from converter.planning.makespan import compare
from converter.planning.plan import Plan, awaits, task_ids
from converter.report import streams
from converter.report.documents import severity_word
from converter.report.plan_text import plan_text
from converter.report.plan_view import PlanView, counted, makespan_line

if TYPE_CHECKING:
    from converter.pipeline import Conversion

_SEVERITY_STYLES = {
    Severity.UNREADABLE: "red",
    Severity.REFUSED: "red",
    Severity.APPROXIMATED: "yellow",
    Severity.NOTE: "dim",
}


def print_progress(message: str) -> None:
    """Say what is going on, on stderr."""
    streams.err().print(message, style="dim", markup=False, highlight=False, soft_wrap=True)


def print_diagnostics(diagnostics: Iterable[Diagnostic]) -> None:
    """Print diagnostics on stderr, one a line, the worst first."""
    console, order = streams.err(), list(Severity)
    for item in sorted(diagnostics, key=lambda item: order.index(item.code.severity)):
        severity = item.code.severity
        line = Text.assemble((f"{severity_word(severity)} ", _SEVERITY_STYLES[severity]), str(item))
        console.print(line, soft_wrap=True, highlight=False)


def print_conversion(conversion: Conversion, written: Path | None) -> None:
    """Print what became of one DAG, on stderr."""
    print_diagnostics(conversion.diagnostics)
    dag_id = conversion.workflow.dag_id
    if written is None or conversion.plan is None:
        line = Text(f"{dag_id}: not converted, nothing written", "red")
    else:
        line = Text(f"{dag_id}: {_size(conversion.plan)} -> {written}", "green")
    streams.err().print(line, soft_wrap=True)


def print_worth(conversion: Conversion, durations: Mapping[str, float]) -> None:
    """Print what exactness buys one DAG, on stderr: nothing if it was refused or no durations are known."""
    workflow, plan = conversion.workflow, conversion.plan
    if plan and (makespans := compare(workflow, plan, durations, conversion.options.poll_interval)):
        print_progress(f"{workflow.dag_id}: {makespan_line(makespans, len(workflow.tasks))}")


def print_plans(views: Iterable[PlanView]) -> None:
    """Print plans as trees, on stdout, with a blank line between them."""
    console = streams.out()
    ascii_only = not console.encoding.lower().startswith("utf")
    for number, view in enumerate(views):
        if number:
            console.print()
        console.print(plan_text(view, console.width, ascii_only=ascii_only), highlight=False)


def _size(plan: Plan) -> str:
    return f"{counted(len(task_ids(plan)), 'task')}, {counted(len(awaits(plan)), 'poller')}"
