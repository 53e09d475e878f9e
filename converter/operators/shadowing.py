"""What it means to convert a DAG to a machine that runs beside Airflow."""

from __future__ import annotations

from converter import diagnostics as d
from converter.diagnostics import Diagnostic, about_dag
from converter.shadow_mark import NOT_ALLOWED
from converter.workflow import Workflow

#: Tasks that a message names.
_NAMED = 5


def shadow_problems(workflow: Workflow) -> list[Diagnostic]:
    """Return why the DAG must not run twice (D441), which tasks of it do (D442), that it has no schedule."""
    mark = workflow.shadow
    if mark is None:
        return []
    found = []
    if mark.allowed == NOT_ALLOWED:
        remedy = (
            "override them for the environment (jobs, tasks), or write "
            f"'{workflow.dag_id}: {{shadow: {{may-run-twice: on}}}}'"
        )
        problem = "no task that does something has an override, so that all it does would be done twice"
        found.append(about_dag(workflow, d.SHADOW_NOT_ALLOWED, problem, remedy))
    elif mark.twice:
        named = ", ".join(f"'{task_id}'" for task_id in mark.twice[:_NAMED])
        more = f" and {len(mark.twice) - _NAMED} more" if len(mark.twice) > _NAMED else ""
        problem = f"{named}{more} will do the same as in Airflow, beside it"
        remedy = "override them if that must not be"
        found.append(about_dag(workflow, d.SHADOW_RUNS_TWICE, problem, remedy))
    if workflow.schedule is not None:
        problem = "runs of Airflow's start the machine, and the schedule is not deployed"
        remedy = "once you switch over, deploy a bundle of another environment and switch its schedule on"
        found.append(about_dag(workflow, d.SHADOW_HAS_NO_SCHEDULE, problem, remedy))
    return found
