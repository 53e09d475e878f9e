"""Tasks that are refused, in a machine that is to have them all the same (``--allow-unsupported``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from converter.diagnostics import Diagnostic, refuses
from converter.operators.mapping import instances_of
from converter.operators.step import Instances, Step
from converter.workflow import Task, Workflow


def refused_tasks(problems: Iterable[Diagnostic]) -> dict[str, str]:
    """Return the tasks that are refused, each with the first reason."""
    reasons: dict[str, str] = {}
    for item in problems:
        if item.task_id and refuses([item]):
            reasons.setdefault(item.task_id, f"{item.code.id}: {item.problem}")
    return reasons


def with_refusals(
    workflow: Workflow, steps: Mapping[str, Step], reasons: Mapping[str, str]
) -> dict[str, Step]:
    """Return the steps of all tasks: of a refused one, a step that fails with the reason.

    One that is mapped by itself does so once, one of a mapped group for each instance of the group.
    """
    return {
        task.task_id: (
            Step(
                task.task_id,
                task.operator.rpartition(".")[2],
                None,
                refusal=reasons[task.task_id],
                instances=_of_group(task, workflow) if task.mapped_group else None,
            )
            if task.task_id in reasons
            else steps[task.task_id]
        )
        for task in workflow.tasks
    }


def _of_group(task: Task, workflow: Workflow) -> Instances | None:
    others = (other for other in workflow.tasks if other.mapped_group != task.mapped_group)
    return instances_of(task, frozenset(other.task_id for other in others if other.is_mapped))
