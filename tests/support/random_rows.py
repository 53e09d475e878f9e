"""Random workflows in which tasks are expanded over dicts that others return (``expand_kwargs``)."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from mapped import xcom
from random_data_dags import random_data_dag
from random_mapped_dags import TOO_EARLY

from converter.expansion import Expansion
from converter.workflow import Task, Workflow


def random_dag_with_rows(seed: int, largest: int = 10) -> Workflow:
    """Return a DAG of :func:`random_data_dag` in which many tasks that call a service take all that may be a
    template from rows which an upstream task returns.
    """
    rng = Random(f"rows {seed}")
    flow = random_data_dag(seed, largest)
    taken = {name for task in flow.tasks for name in (task.expansion.task_ids() if task.expansion else ())}
    tasks = []
    for task in flow.tasks:
        over = [up for up in task.upstream if flow.by_id[up].operator == "tests.Reader" and up not in taken]
        if over and _may_take_rows(task) and rng.random() < 0.8:
            task = _with_rows(task, rng.choice(over))  # noqa: PLW2901
            taken.update(task.expansion.task_ids() if task.expansion else ())
        tasks.append(task)
    return replace(flow, tasks=tuple(tasks))


def _may_take_rows(task: Task) -> bool:
    is_plain = not (task.is_mapped or task.is_setup or task.is_teardown)
    gives = any(field in task.arguments for field in task.template_fields if field != "payload")
    return is_plain and gives and "amazon" in task.operator and task.trigger_rule not in TOO_EARLY


def _with_rows(task: Task, source: str) -> Task:
    names = tuple(sorted(field for field in task.template_fields if field in task.arguments))
    left = {field: value for field, value in task.arguments.items() if field not in names}
    rows = Expansion(rows=xcom(source), names=names, file_endings=(".sql",))
    return replace(task, arguments=left, is_mapped=True, expansion=rows)
