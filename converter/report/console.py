"""What the command line shows: tables and trees on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from converter.diagnostics import Diagnostic, Severity
from converter.planning.plan import Await, Node, Parallel, Plan, Step, awaits, task_ids

if TYPE_CHECKING:
    from converter.executions import RunResult
    from converter.pipeline import Conversion

_out = Console()
_err = Console(stderr=True)

_STATE_STYLES = {
    "success": "green",
    "failed": "red",
    "upstream_failed": "dark_orange",
    "skipped": "magenta",
    "running": "cyan",
}
_SEVERITY_STYLES = {
    Severity.UNREADABLE: "red",
    Severity.REFUSED: "red",
    Severity.APPROXIMATED: "yellow",
    Severity.NOTE: "dim",
}


def print_progress(message: str) -> None:
    """Say what is going on, on stderr."""
    _err.print(message, style="dim", markup=False, highlight=False)


def print_diagnostics(diagnostics: Iterable[Diagnostic]) -> None:
    """Print diagnostics on stderr, one a line, the worst first."""
    order = list(Severity)
    for item in sorted(diagnostics, key=lambda item: order.index(item.code.severity)):
        style = _SEVERITY_STYLES[item.code.severity]
        line = Text.assemble((f"{item.code.severity.value} ", style), str(item))
        _err.print(line, soft_wrap=True, highlight=False)


def print_conversion(conversion: Conversion, written: Path | None) -> None:
    """Print what became of one DAG, on stderr."""
    print_diagnostics(conversion.diagnostics)
    dag_id = conversion.workflow.dag_id
    if written is None:
        _err.print(Text(f"{dag_id}: not converted, nothing written", "red"))
        return
    plan = conversion.plan
    pollers = len(awaits(plan)) if plan is not None else 0
    tasks = len(conversion.workflow.tasks)
    _err.print(Text(f"{dag_id}: {tasks} tasks, {pollers} poller(s) -> {written}", "green"))


def print_plan(dag_id: str, plan: Plan) -> None:
    """Print a plan as a tree, on stdout."""
    tree = Tree(Text(dag_id, "bold"))
    _grow(tree, plan)
    _out.print(tree)
    _out.print(f"{len(task_ids(plan))} tasks, {len(awaits(plan))} poller(s)", highlight=False)


def print_run(result: RunResult) -> None:
    """Print a run's outcome, on stdout."""
    _out.print(_run_view(result))


def show_live(results: Iterator[RunResult]) -> RunResult:
    """Show a run while it goes on, on stderr; return its end.

    On a terminal that is a table that updates, elsewhere a line for each change. Raises ValueError if
    there is nothing to show.
    """
    last: RunResult | None = None
    if not _err.is_terminal:
        for result in results:
            for line in _changes(last, result):
                _err.print(line, highlight=False, soft_wrap=True)
            last = result
    else:
        with Live(console=_err, auto_refresh=False) as live:
            for last in results:
                live.update(_run_view(last), refresh=True)
    if last is None:
        raise ValueError("no execution to show")
    return last


def _changes(before: RunResult | None, now: RunResult) -> Iterator[Text]:
    for task_id, task in now.tasks.items():
        earlier = before.tasks[task_id].state if before else None
        if task.state and task.state != earlier:
            when = task.end or task.start
            yield Text.assemble(
                f"{_clock(when)}  {task_id} ", (task.state, _STATE_STYLES.get(task.state, ""))
            )
    if not before or before.status != now.status:
        yield Text(f"{_clock(now.stop)}  execution {now.status}")


def _run_view(result: RunResult) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("task", "state", "start", "end", "seconds", "attempts", "output"):
        table.add_column(title, justify="right" if title in ("seconds", "attempts") else "left")
    for task_id, task in result.tasks.items():
        state = task.state or "waiting"
        seconds = f"{(task.end - task.start).total_seconds():.1f}" if task.start and task.end else ""
        shown = task.error if task.error else task.output
        table.add_row(
            task_id,
            Text(state, _STATE_STYLES.get(state, "dim")),
            _clock(task.start),
            _clock(task.end),
            seconds,
            str(task.attempts),
            Text("" if shown is None else str(shown), overflow="ellipsis", no_wrap=True),
        )
    ended = Text.assemble(("execution ", "bold"), result.status)
    lines: list[RenderableType] = [table, ended]
    if result.cause:
        lines.append(Text(f"{result.error}: {result.cause}", "red"))
    return Group(*lines)


def _clock(moment: datetime | None) -> str:
    """Return the time of day in the user's zone."""
    return moment.astimezone().strftime("%H:%M:%S") if moment else " " * 8


def _grow(tree: Tree, node: Node) -> None:
    if isinstance(node, Step):
        tree.add(Text(node.task_id, "bold"))
    elif isinstance(node, Await):
        tree.add(Text(f"poll for {', '.join(node.task_ids)}", "cyan"))
    else:
        side_by_side = isinstance(node, Parallel)
        branch = tree.add(Text("side by side" if side_by_side else "one after another", "dim"))
        for child in node.children:
            _grow(branch, child)
