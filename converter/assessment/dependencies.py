"""Which DAGs hang together: one starts another, awaits its tasks, or makes the assets that start it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from converter.workflow import Opaque, Task, Value, Workflow

#: What comes first in the text of an asset of any kind: its name, or its URI in Airflow 2.
_ASSET = re.compile(r'^[\w.]+\((?:name|uri)="((?:[^"\\]|\\.)*)"')
_STARTS, _AWAITS, _FEEDS = "starts", "awaits", "feeds"


@dataclass(frozen=True)
class Dependency:
    """``source`` starts, awaits or feeds ``target`` (DAG ids). ``how`` names the task or the asset."""

    source: str
    kind: str
    target: str
    how: str


@dataclass(frozen=True)
class Interface:
    """What a DAG has to do with others. Pairs of a task and a DAG id, or of a task and an asset's name."""

    starts: tuple[tuple[str, str], ...] = ()
    awaits: tuple[tuple[str, str], ...] = ()
    makes: tuple[tuple[str, str], ...] = ()
    started_by: tuple[str, ...] = ()


def interface_of(workflow: Workflow) -> Interface:
    """Return what a workflow has to do with other DAGs, as far as the file says it in plain text."""
    return Interface(
        starts=tuple(_named(workflow.tasks, "trigger_dag_id")),
        awaits=tuple(_named(workflow.tasks, "external_dag_id")),
        makes=tuple((task.task_id, name) for task in workflow.tasks for name in _made_by(task)),
        started_by=workflow.scheduled_on,
    )


def dependencies_between(interfaces: Iterable[tuple[str, Interface]]) -> list[Dependency]:
    """Return how these DAGs (by id) hang together, and with what is not among them."""
    known = list(interfaces)
    waiting: dict[str, list[str]] = {}
    for dag_id, interface in known:
        for asset in interface.started_by:
            waiting.setdefault(asset, []).append(dag_id)
    found = []
    for dag_id, interface in known:
        found += [Dependency(dag_id, _STARTS, other, task) for task, other in interface.starts]
        found += [Dependency(dag_id, _AWAITS, other, task) for task, other in interface.awaits]
        found += [
            Dependency(dag_id, _FEEDS, other, asset)
            for asset in dict.fromkeys(asset for _, asset in interface.makes)
            for other in waiting.get(asset, ())
        ]
    return list(dict.fromkeys(found))


def _named(tasks: Iterable[Task], argument: str) -> Iterator[tuple[str, str]]:
    for task in tasks:
        name = task.arguments.get(argument)
        if isinstance(name, str) and name:
            yield task.task_id, name


def _made_by(task: Task) -> Iterator[str]:
    outlets: Value = task.settings.get("outlets")
    for outlet in outlets if isinstance(outlets, list) else [outlets]:
        found = _ASSET.match(outlet.text) if isinstance(outlet, Opaque) else None
        if found:
            yield found[1].replace('\\"', '"')
