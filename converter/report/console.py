"""What the command line says about DAGs: problems, what became of each, plans as trees."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from converter.diagnostics import Diagnostic, Severity
from converter.planning import Strategy, plan_workflow
from converter.planning.makespan import compare
from converter.planning.plan import Plan, awaits, task_ids
from converter.report import streams
from converter.report.documents import severity_word
from converter.report.plan_text import plan_text
from converter.report.plan_view import PlanView, counted, makespan_line
from converter.report.statuses import REFUSED

if TYPE_CHECKING:
    from converter.folder import Converted
    from converter.pipeline import Conversion

_SEVERITY_STYLES = {
    Severity.UNREADABLE: "red",
    Severity.REFUSED: "red",
    Severity.APPROXIMATED: "yellow",
    Severity.NOTE: "dim",
}
#: Severities of which many tasks may have the same to tell.
_ONCE = (Severity.APPROXIMATED, Severity.NOTE)


def print_progress(message: str) -> None:
    """Say what is going on, on stderr."""
    streams.err().print(message, style="dim", markup=False, highlight=False, soft_wrap=True)


def print_diagnostics(diagnostics: Iterable[Diagnostic]) -> None:
    """Print diagnostics on stderr, one a line, the worst first; what is the same of many tasks only once.

    Reports and JSON have each of them. Refusals are lines of their own: each is a place to change.
    """
    order = list(Severity)
    if worst_first := sorted(_once(diagnostics), key=lambda item: order.index(item.code.severity)):
        streams.say(*map(_line, worst_first))


def _line(item: Diagnostic) -> streams.Line:
    severity = item.code.severity
    return (f"{severity_word(severity)} ", _SEVERITY_STYLES[severity]), (str(item), "")


def _once(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return the diagnostics, with one for those that say the same of several tasks of a DAG."""
    alike: dict[Hashable, list[Diagnostic]] = {}
    for number, item in enumerate(diagnostics):
        about_task = f"task '{item.task_id}': "
        if item.code.severity in _ONCE and item.task_id and item.problem.startswith(about_task):
            file = item.location.file if item.location else ""
            told = item.problem.removeprefix(about_task)
            alike.setdefault((item.code, item.dag_id, file, told, item.remedy), []).append(item)
        else:
            alike[number] = [item]
    return [_of_tasks(items) for items in alike.values()]


def _of_tasks(alike: list[Diagnostic]) -> Diagnostic:
    first, others = alike[0], len(alike) - 1
    if not others:
        return first
    about_task = f"task '{first.task_id}'"
    problem = f"{about_task} and {others} more{first.problem.removeprefix(about_task)}"
    return replace(first, problem=problem)


def print_converted(converted: Converted) -> None:
    """Print what became of one DAG, on stderr."""
    print_diagnostics(converted.diagnostics)
    dag_id, refused = converted.dag_id, converted.row.counts[REFUSED]
    if converted.bundle is None:
        report = f"its report is in {converted.report}" if converted.report else "nothing written"
        line = (f"{dag_id}: not converted, {report}", "red")
    elif refused:
        fails = f"{counted(refused, 'task')} not converted, which will fail"
        line = (f"{dag_id}: {converted.size}, {fails} -> {converted.bundle}", "yellow")
    else:
        line = (f"{dag_id}: {converted.size} -> {converted.bundle}", "green")
    streams.say([line])
    if converted.worth:
        print_progress(converted.worth)


def worth_of(conversion: Conversion, durations: Mapping[str, float]) -> str:
    """Return what exactness buys one DAG: nothing if it was refused or no durations are known."""
    workflow, plan = conversion.workflow, conversion.plan
    if conversion.refused or plan is None:
        return ""
    exact = plan if conversion.options.strategy is Strategy.EXACT else plan_workflow(workflow, durations)
    if makespans := compare(workflow, exact, durations, conversion.options.poll_interval):
        return f"{workflow.dag_id}: {makespan_line(makespans, len(workflow.tasks))}"
    return ""


def print_plans(views: Iterable[PlanView]) -> None:
    """Print plans as trees, on stdout, with a blank line between them."""
    console = streams.out()
    ascii_only = not console.encoding.lower().startswith("utf")
    for number, view in enumerate(views):
        if number:
            console.print()
        console.print(plan_text(view, console.width, ascii_only=ascii_only), highlight=False)


def size_of(plan: Plan) -> str:
    """Return how many tasks and pollers a plan has, in words."""
    return f"{counted(len(task_ids(plan)), 'task')}, {counted(len(awaits(plan)), 'poller')}"
