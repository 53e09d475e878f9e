"""The rows of the page: a task's two lanes, and what opens below them."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from converter.comparison.model import Comparison, Run, Side, Span, SpanKind, TaskComparison, TaskRun

_SIDES = ((Side.AIRFLOW, "Airflow"), (Side.STEP_FUNCTIONS, "Step Functions"))
_MARKS = {"equal": "=", "different": "≠", "unclear": "?"}
#: Characters of a value that the page shows.
_LONGEST_VALUE = 2_000
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)


def axis(length: float) -> str:
    """Return the head of the rows: ticks at round times."""
    step = next((step for step in _STEPS if length / step <= 8), length / 8)
    ticks = (number * step for number in range(int(length / step) + 1))
    spans = "".join(f'<span style="left:{at / length * 100:.3f}%">{_clock(at)}</span>' for at in ticks)
    return f'<div class="axis"><span>task</span><div class="ticks" aria-hidden="true">{spans}</div></div>\n'


def row(task: TaskComparison, comparison: Comparison, length: float, css: str) -> str:
    """Return a task's row."""
    lanes = "".join(
        _lane(instance, comparison.run_of(side), name, length, task.key in comparison.critical[side].path)
        for (side, name), instance in zip(_SIDES, (task.airflow, task.step_functions), strict=True)
    )
    name = html.escape(str(task.key))
    opened = " open" if css == "different" and len(comparison.tasks) <= 20 else ""
    return (
        f'<details data-task="{name}" data-verdict="{css}"{opened}><summary><span class="name">'
        f'<span class="mark {css}" title="{task.verdict.value}" aria-label="{task.verdict.value}" role="img">'
        f'{_MARKS[css]}</span><span title="{name}">{name}</span></span>'
        f'<span class="lanes">{lanes}</span></summary>\n'
        f'<div class="more">{_more(task, comparison)}</div></details>\n'
    )


def _lane(task: TaskRun | None, run: Run, name: str, length: float, is_critical: bool) -> str:
    css = "lane critical" if is_critical else "lane"
    if task is None or run.start is None:
        return f'<span class="{css}" role="img" aria-label="{name}: none"></span>'
    bars = "".join(_bar(span, last, task, run.start, length) for span, last in _with_last(task.spans))
    words = html.escape(f"{name}: {task.state}, {_when(task, run)}")
    return f'<span class="{css}" role="img" aria-label="{words}" title="{words}">{bars}</span>'


def _with_last(spans: tuple[Span, ...]) -> Iterator[tuple[Span, bool]]:
    for number, span in enumerate(spans):
        yield span, number == len(spans) - 1


def _bar(span: Span, last: bool, task: TaskRun, start: datetime, length: float) -> str:
    left = max(0.0, (span.start - start).total_seconds()) / length * 100
    width = max(0.0, span.seconds) / length * 100
    css = span.kind.value
    if span.kind is SpanKind.RUNNING:
        # A try that was not the last has failed.
        css = (task.state or "running") if last else "failed"
    return f'<i class="{css}" style="left:{left:.3f}%;width:{min(width, 100 - left):.3f}%"></i>'


def _more(task: TaskComparison, comparison: Comparison) -> str:
    listed = "".join(f'<li class="different">{html.escape(item.message)}</li>' for item in task.differences)
    listed += "".join(f'<li class="faint">{html.escape(note)}</li>' for note in task.notes)
    heads = "".join(f'<th scope="col">{name}</th>' for _, name in _SIDES)
    sides = [
        (instance, comparison.run_of(side), task.delays.get(side))
        for (side, _), instance in zip(_SIDES, (task.airflow, task.step_functions), strict=True)
    ]
    lines = {
        "state": [html.escape(one.state or "unknown") if one else "" for one, _, _ in sides],
        "ran": [_when(one, run) if one else "" for one, run, _ in sides],
        "start delay": [_seconds(delay) for _, _, delay in sides],
        "duration": [_seconds(one.seconds) if one else "" for one, _, _ in sides],
        "tries": [str(one.tries) if one else "" for one, _, _ in sides],
        "output": [_outputs(one) for one, _, _ in sides],
        "error": [html.escape(one.error or "") if one else "" for one, _, _ in sides],
    }
    body = "".join(
        f'<tr><th scope="row">{name}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'
        for name, cells in lines.items()
        if any(cells)
    )
    table = f'<div class="scroll"><table><tr><td></td>{heads}</tr>{body}</table></div>'
    return (f"<ul>{listed}</ul>" if listed else "") + table


def _outputs(task: TaskRun | None) -> str:
    if task is None or not task.outputs:
        return ""
    shown: Any = task.outputs.get("return_value") if set(task.outputs) == {"return_value"} else task.outputs
    text = json.dumps(shown, indent=2, ensure_ascii=False, default=str)
    short = text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}… ({len(text)} characters)"
    return f"<pre>{html.escape(short)}</pre>"


def _when(task: TaskRun, run: Run) -> str:
    if task.start is None or run.start is None:
        return "did not run" if task.state else "unknown"
    begin = (task.start - run.start).total_seconds()
    if task.end is None:
        return f"from {begin:.1f} s"
    return f"{begin:.1f} s to {(task.end - run.start).total_seconds():.1f} s"


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:,.2f} s"


def _clock(seconds: float) -> str:
    """Return a time on the axis.

    >>> _clock(0.5), _clock(90), _clock(5400)
    ('0.5 s', '1:30', '1:30 h')
    """
    if seconds < 60:
        return f"{seconds:g} s"
    minutes, rest = divmod(round(seconds), 60)
    if seconds < 3600:
        return f"{minutes}:{rest:02d}"
    return f"{minutes // 60}:{minutes % 60:02d} h"
