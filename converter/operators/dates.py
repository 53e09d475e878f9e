"""Refuses a DAG whose tasks use the run's dates while nobody has said what these are.

All texts in template fields are looked at, among them those of Python and Bash tasks, which their function
renders; and what the functions of Python tasks ask of the context.
"""

from __future__ import annotations

from pathlib import Path

from converter import diagnostics as d
from converter.diagnostics import Diagnostic, about_dag
from converter.task_runtime.callables import facts_of
from converter.task_runtime.context_uses import DATES_OF_RUNS, NAMES_OF_DATES
from converter.workflow import Opaque, Task, Workflow, texts_in

_MARKS = ("{{", "{%")
#: Tasks that a message names.
_NAMED = 3


def date_problems(workflow: Workflow) -> list[Diagnostic]:
    """Return D240 for a DAG whose tasks use dates that hang on what nobody has told."""
    schedule = workflow.schedule
    if schedule is None or not schedule.assumed:
        return []
    tasks = [task.task_id for task in workflow.tasks if uses_dates(task)]
    if not tasks:
        return []
    named = ", ".join(f"'{task_id}'" for task_id in tasks[:_NAMED])
    more = f" and {len(tasks) - _NAMED} more" if len(tasks) > _NAMED else ""
    problem = (
        f"the schedule '{schedule.expression}' gives runs another date in Airflow 2 than in Airflow 3, and "
        f"{named}{more} {'uses' if len(tasks) == 1 else 'use'} the run's dates"
    )
    remedy = (
        "say which it is: --source-airflow 2 or 3, or --airflow-config FILE; or give a timetable as schedule"
    )
    return [about_dag(workflow, d.DATES_UNKNOWN, problem, remedy)]


def uses_dates(task: Task) -> bool:
    """Whether a template or the function of a task asks for the run's dates, or the task is about them."""
    if task.operator.endswith(".ExternalTaskSensor"):
        return True
    values = [task.arguments.get(name) for name in task.template_fields]
    if task.expansion is not None:
        values += [source.value for source in task.expansion.sources]
    if any(map(_names_dates, texts_in(values, of_objects=True))):
        return True
    function = task.arguments.get("python_callable")
    if function is None and not task.operator.startswith("airflow."):
        function = Opaque("class", task.operator)
    if not isinstance(function, Opaque):
        return False
    facts = facts_of(function.text, Path(task.location.file))
    return facts is not None and facts.uses_dates


def _names_dates(text: str) -> bool:
    if not any(mark in text for mark in _MARKS) or not any(name in text for name in NAMES_OF_DATES):
        return False
    # Jinja is imported for templates only.
    from jinja2 import Environment, TemplateSyntaxError, nodes

    try:
        tree = Environment().parse(text)  # noqa: S701 - it is not rendered
    except TemplateSyntaxError:
        return False  # refused where it is translated
    if any(node.name in NAMES_OF_DATES for node in tree.find_all(nodes.Name)):
        return True
    members = ((node.node, node.attr) for node in tree.find_all(nodes.Getattr))
    return any(
        isinstance(owner, nodes.Name) and owner.name == "dag_run" and attribute in DATES_OF_RUNS
        for owner, attribute in members
    )
