"""What the command line says about DAGs: problems, what became of each, plans as trees."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text
from rich.tree import Tree

from converter.diagnostics import Diagnostic, Severity
from converter.planning.plan import Await, Node, Parallel, Plan, Step, awaits, task_ids
from converter.report import streams
from converter.report.documents import severity_word

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


def print_plan(dag_id: str, plan: Plan) -> None:
    """Print a plan as a tree, on stdout."""
    console = streams.out()
    console.print(_tree(dag_id, plan))
    console.print(_size(plan), highlight=False)


def _size(plan: Plan) -> str:
    return f"{_counted(len(task_ids(plan)), 'task')}, {_counted(len(awaits(plan)), 'poller')}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _tree(dag_id: str, plan: Plan) -> Tree:
    root = Tree(Text(dag_id, "bold"))
    pending: list[tuple[Tree, Node]] = [(root, plan)]
    while pending:  # a plan may be thousands of levels deep
        parent, node = pending.pop()
        if isinstance(node, Step):
            parent.add(Text(node.task_id, "bold"))
        elif isinstance(node, Await):
            parent.add(Text(f"poll for {', '.join(node.task_ids)}", "cyan"))
        else:
            side_by_side = isinstance(node, Parallel)
            branch = parent.add(Text("side by side" if side_by_side else "one after another", "dim"))
            pending += ((branch, child) for child in reversed(node.children))
    return root
