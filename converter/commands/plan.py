"""``dag2sfn plan``."""

from __future__ import annotations

from converter.cli_support import Format, print_json, reports_problems
from converter.commands.parameters import DagIds, DagPath, OutputFormat, TimeLimit
from converter.report import console
from converter.report.documents import plan_json


@reports_problems(dags=[])
def plan(
    path: DagPath, dag_id: DagIds = None, timeout: TimeLimit = 60, format: OutputFormat = Format.TEXT
) -> None:
    """Show what would run side by side, what in sequence, and where a branch polls for a sibling's task.

    Example: `dag2sfn plan dags/partial_fan_in.py`
    """
    from converter import loading, planning

    workflows = loading.load(path, dag_ids=dag_id or (), timeout=timeout)
    plans = [(workflow.dag_id, planning.plan_workflow(workflow)) for workflow in workflows]
    if format is Format.JSON:
        dags = [{"dag_id": name, "plan": plan_json(tree)} for name, tree in plans]
        print_json({"dags": dags, "diagnostics": []})
    else:
        for name, tree in plans:
            console.print_plan(name, tree)
