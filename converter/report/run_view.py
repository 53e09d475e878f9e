"""What the command line shows of a run: a table that follows it on a terminal, plain lines elsewhere."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from converter.report import streams

if TYPE_CHECKING:
    from converter.executions import RunResult, TaskResult

_STATE_STYLES = {
    "success": "green",
    "failed": "red",
    "upstream_failed": "dark_orange",
    "skipped": "magenta",
    "running": "cyan",
    "waiting": "dim",
}
_TITLES = ("task", "state", "start", "end", "seconds", "attempts", "output")
_NUMBERS = ("seconds", "attempts")
#: Where the JSON of a cause has its message: of a Lambda function, of a job of Glue.
_MESSAGES = ("errorMessage", "ErrorMessage")
#: Characters; `--format json` has all of it.
_LONGEST_CAUSE = 300


def print_run(result: RunResult) -> None:
    """Print a run's outcome, on stdout: one line for each task, which only a terminal's width shortens."""
    if sys.stdout.isatty():
        streams.out().print(_view(result))
    else:
        sys.stdout.write("".join(f"{line}\n" for line in _plain_lines(result)))


def show_live(results: Iterator[RunResult]) -> RunResult:
    """Show a run while it goes on, on stderr; return its end.

    On a terminal that is a table that updates, elsewhere a line for each change. Raises ValueError if
    there is nothing to show.
    """
    console = streams.err()
    last: RunResult | None = None
    if sys.stderr.isatty():
        with Live(console=console, auto_refresh=False) as live:
            for last in results:
                live.update(_view(last), refresh=True)
    else:
        for result in results:
            for line in _changes(last, result):
                console.print(line, highlight=False, soft_wrap=True)
            last = result
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


def _view(result: RunResult) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in _TITLES:
        table.add_column(title, justify="right" if title in _NUMBERS else "left")
    for row in _rows(result):
        task_id, state, *times, output = row
        table.add_row(
            Text(task_id),
            Text(state, _STATE_STYLES.get(state, "dim")),
            *times,
            Text(output, overflow="ellipsis", no_wrap=True),
        )
    lines: list[RenderableType] = [table, Text.assemble(("execution ", "bold"), result.status)]
    if result.cause:
        lines.append(Text(f"{result.error}: {result.cause}", "red"))
    return Group(*lines)


def _plain_lines(result: RunResult) -> Iterator[str]:
    rows = [_TITLES, *_rows(result)]
    # The last column is not padded: one long output would make every line as long.
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    for *cells, output in rows:
        padded = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        yield f"{padded}  {output}".rstrip()
    yield f"execution {result.status}"
    if result.cause:
        yield _one_line(f"{result.error}: {result.cause}")


def _rows(result: RunResult) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each task, one for each of the titles."""
    for task_id, task in result.tasks.items():
        seconds = f"{(task.end - task.start).total_seconds():.1f}" if task.start and task.end else ""
        yield (
            task_id,
            task.state or "waiting",
            _clock(task.start),
            _clock(task.end),
            seconds,
            str(task.attempts),
            _output(task),
        )


def _output(task: TaskResult) -> str:
    """Return what a task gave, or the error that it failed with and why."""
    shown = task.output
    if task.error:
        why = _why(task.cause or "")
        shown = f"{task.error}: {why}" if why else task.error
    if shown is None:
        return ""
    return _one_line(shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False))


def _why(cause: str) -> str:
    """Return the message in a cause: Lambda's, with its traceback, and a job's are JSON, others are texts."""
    try:
        told = json.loads(cause)
    except ValueError:
        told = cause
    if isinstance(told, dict):
        told = next((told[name] for name in _MESSAGES if told.get(name)), "")
    text = told if isinstance(told, str) else cause
    return text if len(text) <= _LONGEST_CAUSE else f"{text[:_LONGEST_CAUSE]}…"


def _one_line(text: str) -> str:
    return " ".join(text.splitlines())


def _clock(moment: datetime | None) -> str:
    """Return the time of day in the user's zone."""
    return moment.astimezone().strftime("%H:%M:%S") if moment else " " * 8
