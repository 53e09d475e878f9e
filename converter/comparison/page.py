"""The comparison as one HTML file: both timelines on one axis, task by task. It needs nothing beside itself.

Both runs begin at 0 on the axis. The first lane of a task is Airflow's, the second that of Step Functions.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from datetime import datetime
from importlib.resources import files

from converter.comparison.costs import PRICES_OF, cost_of
from converter.comparison.model import Comparison, Run, Side, TaskComparison, TaskRun, Verdict
from converter.comparison.page_rows import axis, row

_NAMES = {Side.AIRFLOW: "Airflow", Side.STEP_FUNCTIONS: "Step Functions"}
_CLASSES = {
    Verdict.EQUAL: "equal",
    Verdict.DIFFERENT: "different",
    Verdict.NOT_COMPARABLE: "unclear",
}
_LEGEND = (
    ("success", "runs, and succeeds (Airflow above)"),
    ("machine", "the same on Step Functions (below)"),
    ("failed", "runs, and fails"),
    ("waiting", "waits for the orchestrator"),
    ("polling", "a poller asks"),
    ("retrying", "between two tries"),
    ("mark", "on the run's critical path"),
)


def page(comparison: Comparison, theme: str = "auto", zone: str | None = None) -> str:
    """Return the page. ``theme`` is ``light``, ``dark``, or that of the reader's system, as is ``zone``."""
    runs = (comparison.airflow, comparison.step_functions)
    length = max((_extent(run) for run in runs), default=0.0) or 1.0
    title = f"{comparison.dag_id}: Airflow and Step Functions"
    chosen = f' data-theme="{theme}"' if theme in ("light", "dark") else ""
    chosen += f' data-zone="{html.escape(zone)}"' if zone else ""
    rows = "".join(row(task, comparison, length, _CLASSES[task.verdict]) for task in _by_start(comparison))
    return "".join(
        [
            f'<!doctype html>\n<html lang="en"{chosen}>\n<head>\n<meta charset="utf-8">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            f"<title>{html.escape(title)}</title>\n<style>\n{_resource('page.css')}</style>\n</head>\n<body>\n",
            _header(comparison),
            _runs_table(comparison),
            _spent(comparison),
            f"<h2>Task by task</h2>\n{_tools(comparison)}{_legend()}",
            f'<div class="rows">\n{axis(length)}{rows}</div>\n',
            "<footer>Seconds count from each run's own start. "
            "The cost is that of orchestration: jobs cost the same on both sides.</footer>\n",
            f"<script>\n{_resource('page.js')}</script>\n</body>\n</html>\n",
        ]
    )


def _resource(name: str) -> str:
    return files("converter.comparison").joinpath(name).read_text("utf-8")


def _extent(run: Run) -> float:
    """Return the seconds from a run's start to the last thing known of it."""
    if run.start is None:
        return 0.0
    ends = [moment for moment in (run.end, *(task.end for task in run.tasks.values())) if moment]
    return max(((end - run.start).total_seconds() for end in ends), default=0.0)


def _by_start(comparison: Comparison) -> list[TaskComparison]:
    """Return the tasks in the order in which they began, so that the rows form a staircase."""

    def began(task: TaskComparison) -> float:
        offsets = [
            _offset(run, instance)
            for run, instance in (
                (comparison.step_functions, task.step_functions),
                (comparison.airflow, task.airflow),
            )
        ]
        return next((offset for offset in offsets if offset is not None), float("inf"))

    return sorted(comparison.tasks, key=lambda task: (began(task), task.key))


def _offset(run: Run, task: TaskRun | None) -> float | None:
    return (task.start - run.start).total_seconds() if task and task.start and run.start else None


def _header(comparison: Comparison) -> str:
    css = _CLASSES[comparison.verdict]
    reasons = "".join(f"<li>{html.escape(reason)}</li>" for reason in comparison.reasons)
    unequal = sum(task.verdict is not Verdict.EQUAL for task in comparison.tasks)
    tasks = f"{len(comparison.tasks) - unequal} of {len(comparison.tasks)} tasks are equal"
    return (
        f"<header><h1>{html.escape(comparison.dag_id)}</h1>"
        f'<span class="verdict {css}">{comparison.verdict.value}</span>'
        f'<span class="faint">{tasks}</span></header>\n'
        + (f'<ul class="reasons">{reasons}</ul>\n' if reasons else "")
    )


def _runs_table(comparison: Comparison) -> str:
    runs = (comparison.airflow, comparison.step_functions)
    critical = [comparison.critical[run.side] for run in runs]
    cost = sum(item.amount for item in cost_of(comparison.step_functions))
    items = ", ".join(f"{item.quantity:,} {item.what}" for item in cost_of(comparison.step_functions))
    lines: list[tuple[str, Iterable[str]]] = [
        ("state", (html.escape(run.state) for run in runs)),
        ("run", (_linked(run) for run in runs)),
        ("start", (_time(run.start) for run in runs)),
        ("makespan", (_seconds(run.seconds) for run in runs)),
        ("ideal", (_seconds(item.ideal) for item in critical)),
        ("orchestrator overhead", (_seconds(item.overhead) for item in critical)),
        ("critical path", (html.escape(" > ".join(map(str, item.path))) for item in critical)),
        (
            "orchestration cost",
            ("", f'${cost:.6f} <span class="faint">{items}, at prices of {PRICES_OF}</span>'),
        ),
    ]
    body = "".join(
        f'<tr><th scope="row">{name}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>\n'
        for name, cells in lines
    )
    heads = "".join(f'<th scope="col">{_NAMES[run.side]}</th>' for run in runs)
    return (
        f'<h2>The runs</h2>\n<div class="scroll"><table>\n<tr><td></td>{heads}</tr>\n{body}</table></div>\n'
    )


def _linked(run: Run) -> str:
    name = f"<code>{html.escape(run.name)}</code>"
    if not run.url:
        return name
    return f'{name} <a href="{html.escape(run.url)}" rel="noreferrer" target="_blank">open</a>'


def _spent(comparison: Comparison) -> str:
    """Return how each run's time divides into what its tasks need and what the orchestrator adds."""
    runs = (comparison.airflow, comparison.step_functions)
    longest = max((run.seconds or 0.0 for run in runs), default=0.0)
    if not longest:
        return ""
    bars = []
    for run in runs:
        critical = comparison.critical[run.side]
        ideal = min(critical.ideal, run.seconds or 0.0) / longest * 100
        over = (critical.overhead or 0.0) / longest * 100
        words = (
            f"{_NAMES[run.side]}: ideal {_seconds(critical.ideal)}, overhead {_seconds(critical.overhead)}"
        )
        bars.append(
            f'<span>{_NAMES[run.side]}</span><div class="bar" role="img" aria-label="{words}">'
            f'<b style="left:0;width:{ideal:.2f}%"></b>'
            f'<s style="left:{ideal:.2f}%;width:{over:.2f}%"></s></div>'
        )
    caption = "solid: the tasks themselves, each as soon as it may; hatched: what the orchestrator adds"
    return (
        f'<h2>Against the ideal</h2>\n<div class="spent">{"".join(bars)}</div>\n'
        f'<p class="faint">{caption}</p>\n'
    )


def _tools(comparison: Comparison) -> str:
    total = len(comparison.tasks)
    return (
        '<div class="tools">'
        '<input type="search" id="search" placeholder="Find a task" aria-label="Find a task">'
        '<label><input type="checkbox" id="unequal"> only what differs</label>'
        f'<span id="count" class="faint" aria-live="polite">{total} of {total} tasks</span></div>\n'
    )


def _legend() -> str:
    items = "".join(f'<li><i class="{css}"></i>{words}</li>' for css, words in _LEGEND)
    return f'<ul class="legend faint">{items}</ul>\n'


def _time(moment: datetime | None) -> str:
    if moment is None:
        return ""
    return f'<time datetime="{moment.isoformat()}">{moment:%Y-%m-%d %H:%M:%S} UTC</time>'


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:,.1f} s"
