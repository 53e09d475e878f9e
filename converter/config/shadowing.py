"""What overrides change in a DAG: its tasks, and the texts that Airflow and the machine then have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from converter.shadow_mark import MAY_RUN_TWICE, NOT_ALLOWED, OVERRIDDEN, ShadowMark
from converter.workflow import Task, Workflow, to_json

_TEMPLATE = re.compile(r"(\{\{.*?\}\}|\{%.*?%\})", re.DOTALL)
#: They do nothing that could be done twice. Nor do sensors, but for those that run what the author has
#: written, or take away what they find.
_HARMLESS = ("EmptyOperator", "DummyOperator", "LatestOnlyOperator")
_ACTING_SENSORS = ("BashSensor", "HttpSensor", "PythonSensor", "SqlSensor", "SqsSensor")


@dataclass(frozen=True)
class Overridden:
    """Of the tasks that do something, ``tasks`` have other arguments than in the DAG, ``untouched`` the same.

    ``instead``: pairs of a text in the DAG's arguments and the one in its place.
    """

    tasks: tuple[str, ...]
    untouched: tuple[str, ...]
    instead: tuple[tuple[str, str], ...]


def overridden(before: Workflow, after: Workflow) -> Overridden:
    """Compare a DAG as its file says with the DAG that overrides make of it."""
    changed: list[str] = []
    same: list[str] = []
    pairs: list[tuple[str, str]] = []
    for old in before.tasks:
        new = after.by_id.get(old.task_id, old)
        is_other = _given(new) != _given(old)
        if is_other:
            pairs += _pairs(_given(old), _given(new))
        if not _is_harmless(old):
            (changed if is_other else same).append(old.task_id)
    return Overridden(tuple(changed), tuple(same), tuple(dict.fromkeys(pairs)))


def as_shadow(before: Workflow, after: Workflow, *, may_run_twice: bool) -> Workflow:
    """Return a DAG with its overrides (``after``) as one whose machine is to run beside Airflow."""
    found = overridden(before, after)
    # Where nothing acts, nothing is done twice.
    is_safe = found.tasks or not found.untouched
    allowed = OVERRIDDEN if is_safe else MAY_RUN_TWICE if may_run_twice else NOT_ALLOWED
    mark = ShadowMark(before.source_hash, allowed, found.instead, found.untouched)
    return replace(after, shadow=mark)


def _given(task: Task) -> Any:
    """Return all that a task was given; arguments of a mapped one may stand in its expansion."""
    return {"arguments": dict(task.arguments), "expansion": to_json(task.expansion)}


def _is_harmless(task: Task) -> bool:
    name = task.operator.rpartition(".")[2]
    return name in _HARMLESS or (name.endswith("Sensor") and name not in _ACTING_SENSORS)


def _pairs(old: Any, new: Any) -> Iterator[tuple[str, str]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in old.keys() & new.keys():
            yield from _pairs(old[name], new[name])
    elif isinstance(old, (list, tuple)) and isinstance(new, (list, tuple)):
        for left, right in zip(old, new, strict=False):
            yield from _pairs(left, right)
    elif isinstance(old, str) and isinstance(new, str) and old != new:
        yield from _text_pairs(old, new)


def _text_pairs(old: str, new: str) -> Iterator[tuple[str, str]]:
    """Yield what stands around the same templates in both texts, and the names in which ARNs end."""
    left, right = _TEMPLATE.split(old), _TEMPLATE.split(new)
    if left[1::2] != right[1::2]:
        return  # the run decides what either becomes
    for one, other in zip(left[::2], right[::2], strict=True):
        if one != other and one and other:
            yield one, other
            if one.startswith("arn:") and other.startswith("arn:"):
                yield re.split("[:/]", one)[-1], re.split("[:/]", other)[-1]
