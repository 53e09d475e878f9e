"""Python and Bash tasks that may take longer than Lambda allows, by their execution_timeout.

Many a DAG sets an hour for all its tasks, most of which take seconds. Which do is for their owners to say:
with ``--long-functions cap``, these tasks have the time that Lambda gives.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from converter import diagnostics as d
from converter.diagnostics import Diagnostic
from converter.operators.arguments import task_diagnostic
from converter.task_runtime import LONGEST_RUN
from converter.workflow import Workflow


def capped(workflow: Workflow, problems: Iterable[Diagnostic]) -> tuple[Workflow, tuple[Diagnostic, ...]]:
    """Return the workflow in which tasks that are refused for their time have Lambda's, and what that means.

    ``problems`` are those of the workflow's conversion as it is.
    """
    found = {item.task_id for item in problems if item.code is d.TOO_LONG_FOR_LAMBDA}
    if not found:
        return workflow, ()
    tasks = tuple(
        replace(task, execution_timeout=float(LONGEST_RUN)) if task.task_id in found else task
        for task in workflow.tasks
    )
    notes = (
        task_diagnostic(
            d.TIME_IS_CAPPED,
            task,
            f"a try fails after {LONGEST_RUN} s, in Airflow after {task.execution_timeout:g} s",
            "check how long it took in past runs",
        )
        for task in workflow.tasks
        if task.task_id in found
    )
    return replace(workflow, tasks=tasks), tuple(notes)
