"""The report of one DAG's conversion: what became of each task, and each difference with its meaning."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from converter.diagnostics import Diagnostic, Severity
from converter.planning import Plan
from converter.planning.plan import render
from converter.workflow import Workflow

_WORST_FIRST = (Severity.REFUSED, Severity.APPROXIMATED)


def conversion_json(workflow: Workflow, diagnostics: Sequence[Diagnostic]) -> str:
    """Return the report as JSON text.

    ``{"dag_id", "dag": [code, …], "tasks": [{"task_id", "operator", "status", "codes", "source"}]}``;
    ``status`` is ``converted``, ``approximated`` or ``refused``, ``source`` is ``file:line``.
    """
    tasks = []
    for task in workflow.tasks:
        mine = [item for item in diagnostics if item.task_id == task.task_id]
        tasks.append(
            {
                "task_id": task.task_id,
                "operator": task.operator,
                "status": _status(mine),
                "codes": [item.code.id for item in mine],
                "source": str(task.location),
            }
        )
    dag = [item.code.id for item in diagnostics if not item.task_id]
    return json.dumps({"dag_id": workflow.dag_id, "dag": dag, "tasks": tasks}, indent=2) + "\n"


def conversion_markdown(workflow: Workflow, plan: Plan | None, diagnostics: Sequence[Diagnostic]) -> str:
    """Return the report as Markdown."""
    lines = [
        f"# {workflow.dag_id}",
        "",
        f"{len(workflow.tasks)} task{'s' * (len(workflow.tasks) != 1)}, from `{workflow.location}`.",
        "",
    ]
    if plan is not None:
        lines += ["Plan (`>` then, `Parallel[…]` side by side, `await(…)` a poller):", ""]
        lines += ["```", render(plan), "```", ""]
    lines += ["| task | operator | status | codes |", "| --- | --- | --- | --- |"]
    for task in workflow.tasks:
        mine = [item for item in diagnostics if item.task_id == task.task_id]
        codes = ", ".join(dict.fromkeys(item.code.id for item in mine))
        lines.append(f"| {task.task_id} | {task.operator.rpartition('.')[2]} | {_status(mine)} | {codes} |")
    if diagnostics:
        lines += ["", "## What differs", ""]
        lines += [f"- **{item.code.title}** — {item}" for item in diagnostics]
    return "\n".join(lines) + "\n"


def _status(diagnostics: Iterable[Diagnostic]) -> str:
    found = {item.code.severity for item in diagnostics}
    return next((severity.value for severity in _WORST_FIRST if severity in found), "converted")
