"""Finds what tasks are given that names a place in Airflow's home.

While files are read, that is a folder of the converter's own, gone afterwards; and no task of a machine runs
where Airflow is at home.
"""

from __future__ import annotations

from dataclasses import replace
from operator import is_

from converter.workflow import HOME_PATH, Opaque, Task, Value, Workflow


def with_home_paths(workflow: Workflow, home: str) -> Workflow:
    """Return the workflow with an Opaque for each text that names a place in Airflow's ``home``."""
    tasks = tuple(_marked_task(task, home) for task in workflow.tasks)
    return workflow if all(map(is_, tasks, workflow.tasks)) else replace(workflow, tasks=tasks)


def _marked_task(task: Task, home: str) -> Task:
    arguments = {name: _marked(value, home) for name, value in task.arguments.items()}
    expansion = task.expansion and task.expansion.with_values(lambda value: _marked(value, home))
    is_same = (arguments, expansion) == (task.arguments, task.expansion)
    return task if is_same else replace(task, arguments=arguments, expansion=expansion)


def _marked(value: Value, home: str) -> Value:
    """Return a value with its texts marked.

    >>> _marked({"script": "/tmp/x/airflow/dags/a.sql", "n": 1}, "/tmp/x/airflow")
    {'script': Opaque(kind="path in Airflow's home", text='$AIRFLOW_HOME/dags/a.sql'), 'n': 1}
    """
    if isinstance(value, str):
        return Opaque(HOME_PATH, value.replace(home, "$AIRFLOW_HOME")) if home in value else value
    if isinstance(value, dict):
        return {name: _marked(item, home) for name, item in value.items()}
    if isinstance(value, list):
        return [_marked(item, home) for item in value]
    return value
