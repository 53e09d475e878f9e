"""Mapped tasks for tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from workflows import GLUE

from converter.expansion import Expansion, Source, SourceKind
from converter.workflow import Task


def listed(*items: Any) -> Source:
    return Source(SourceKind.LITERAL, list(items))


def xcom(task_id: str) -> Source:
    return Source(SourceKind.XCOM, task_id=task_id)


def zipped(*sources: Source) -> Source:
    return Source(SourceKind.ZIP, sources=sources)


def mapped(task: Task, **over: Source) -> Task:
    """Return the task, expanded over these arguments."""
    return replace(task, is_mapped=True, expansion=Expansion(over))


def mapped_glue(task_id: str, *upstream: str, over: Source, **fields: Any) -> Task:
    """A Glue job that is run once for each item, which are its arguments."""
    task = Task(
        task_id,
        GLUE,
        arguments={"job_name": task_id},
        template_fields=("script_args",),
        upstream=upstream,
        **fields,
    )
    return mapped(task, script_args=over)


def days(*names: str) -> Source:
    return listed(*({"--day": name} for name in names))


def grouped(task: Task, group: str = "g", **over: Source) -> Task:
    """Return the task, of a mapped task group that is expanded over these arguments."""
    return replace(mapped(task, **over), mapped_group=group)
