"""Finds what tasks are given that a DAG file makes of the time, or of chance, while it is imported.

Airflow imports the file for each run of a task, and the argument is another one each time. In a machine it
would be that of the conversion for ever.
"""

from __future__ import annotations

import re
from dataclasses import replace

from converter.expansion import Expansion
from converter.workflow import MOMENTARY, Opaque, Task, Value, Workflow

#: Calls that give something else each time.
_CALLS = re.compile(
    rb"\b(now|utcnow|today|yesterday|tomorrow|days_ago|time|time_ns|gmtime|localtime|strftime|uuid[14]|"
    rb"random|randint|choice|choices|sample|token_hex|token_urlsafe|getrandbits)\s*\("
)


def may_be_momentary(source: bytes) -> bool:
    """Return whether a file calls something that gives another value each time.

    >>> may_be_momentary(b"day = date.today()"), may_be_momentary(b"day = '{{ ds }}'")
    (True, False)
    """
    return bool(_CALLS.search(source))


def with_momentary(first: Workflow, second: Workflow) -> Workflow:
    """Return the first of two readings of a DAG, with an Opaque for what the second has otherwise."""
    others = {task.task_id: task for task in second.tasks}
    tasks = [_compared(task, others.get(task.task_id)) for task in first.tasks]
    return replace(first, tasks=tuple(tasks))


def _compared(task: Task, other: Task | None) -> Task:
    if other is None or (task.arguments, task.expansion) == (other.arguments, other.expansion):
        return task
    arguments = {
        name: _marked(value, other.arguments[name]) if name in other.arguments else value
        for name, value in task.arguments.items()
    }
    return replace(task, arguments=arguments, expansion=_marked_expansion(task.expansion, other.expansion))


def _marked_expansion(first: Expansion | None, second: Expansion | None) -> Expansion | None:
    if first is None or second is None or _shape(first) != _shape(second):
        return first
    others = (value for source in second.sources for value in source.values())
    return first.with_values(lambda value: _marked(value, next(others)))


def _shape(expansion: Expansion) -> Expansion:
    return expansion.with_values(lambda value: None)


def _marked(value: Value, other: Value) -> Value:
    if value == other or isinstance(value, Opaque):
        return value
    if isinstance(value, dict) and isinstance(other, dict) and value.keys() == other.keys():
        return {name: _marked(item, other[name]) for name, item in value.items()}
    if isinstance(value, list) and isinstance(other, list) and len(value) == len(other):
        return [_marked(item, inner) for item, inner in zip(value, other, strict=True)]
    return Opaque(MOMENTARY, str(value))
