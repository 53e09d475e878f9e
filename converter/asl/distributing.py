"""Which mapped tasks are distributed: those whose instances one execution may have no room for.

Inline instances share the history of their machine. Where they may take more of it than there is for them,
the largest tasks leave first, until the others fit. Tasks of mapped groups stay, and so do teardowns, which
the outer machine may have to run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from converter import diagnostics as d
from converter.asl.budget import is_apart, polls_of_one
from converter.asl.instances import bytes_of_instances, events_of_instance, most_by_size
from converter.asl.rooms import bytes_for_instances, least_of_instance, may_push_much
from converter.asl.tasks import LONGEST_LIST
from converter.diagnostics import Diagnostic
from converter.operators.arguments import task_diagnostic
from converter.operators.room import LEAST_BYTES
from converter.operators.step import Step
from converter.workflow import Workflow

#: How fast the interval of polls may grow before it is better to give each instance a history of its own.
_GROWTH = 0.02


def with_distributed(
    workflow: Workflow, steps: Mapping[str, Step], events: int, size: int
) -> dict[str, Step]:
    """Return the steps, of which those are distributed that need it, and those summed.

    ``events`` are what inline instances may take of the history of a machine, polls included; ``size`` the
    bytes that the records of all instances may have, beside those of tasks. Of instances whose ids and ARNs
    might not fit, each is told what it may push.
    """
    size = bytes_for_instances(workflow.by_id, size)
    found = dict(steps)
    for step in _to_be_distributed(workflow, steps, events):
        if step.instances is not None:
            found[step.task_id] = replace(step, instances=replace(step.instances, distributed=True))
    for step in _to_be_summed(found, size):
        if step.instances is not None:
            found[step.task_id] = replace(step, instances=replace(step.instances, summed=True))
    for step in list(_measured(workflow, found, size)):
        found[step.task_id] = replace(step, pushes_much=True)
    return found


def _measured(workflow: Workflow, steps: Mapping[str, Step], size: int) -> Iterator[Step]:
    """Yield the mapped tasks whose instances push ids or ARNs for which there may be no room.

    That is where those of all tasks may be too many together, or where others push what there is room for
    and leave to each instance no more than a cause takes.
    """
    pushing: list[tuple[Step, int]] = []
    most = 0
    for of_list in _steps_of_lists(workflow, steps):
        instances = of_list[0].instances
        if instances is None or instances.summed:
            continue
        count = LONGEST_LIST if instances.length is None else instances.length
        found = [step for step in of_list if (step.output or step.xcom) and not may_push_much(step)]
        pushing += [(step, count) for step in found]
        most += bytes_of_instances(of_list, count) + count * len(found) * LEAST_BYTES
    if most > size or any(map(may_push_much, steps.values())):
        yield from (step for step, count in pushing if least_of_instance(count) < LEAST_BYTES)


def _steps_of_lists(workflow: Workflow, steps: Mapping[str, Step]) -> list[list[Step]]:
    """Return the mapped tasks by what they are expanded over: one task, or those of a group."""
    found: dict[str, list[Step]] = {}
    for task in workflow.tasks:
        if steps[task.task_id].instances is not None:
            found.setdefault(task.index_key, []).append(steps[task.task_id])
    return list(found.values())


def _to_be_summed(steps: Mapping[str, Step], size: int) -> Iterator[Step]:
    """Yield the distributed tasks whose records do not fit, if nobody reads what they push."""
    read = {task for step in steps.values() for task in step.reads}
    # Lists that only the run knows are rarely long: they have what is left, and a largest length.
    sizes = {
        name: bytes_of_instances([step], one.length)
        for name, step in steps.items()
        if (one := step.instances) and one.length is not None
    }
    for name in sorted(sizes, key=sizes.__getitem__, reverse=True):
        if sum(sizes.values()) > size and is_apart(steps[name]) and name not in read:
            del sizes[name]
            yield steps[name]


def _to_be_distributed(workflow: Workflow, steps: Mapping[str, Step], events: int) -> Iterator[Step]:
    lists = _lists(workflow, steps)
    leaving = sorted(
        (one for one in lists if one.may_leave), key=lambda one: one.events * one.most, reverse=True
    )
    while leaving and not _have_room(lists, events):
        lists.remove(leaving[0])
        yield steps[leaving.pop(0).task_id]


@dataclass(frozen=True)
class _List:
    """What a task, or a group, is expanded over: ``most`` items, of which each takes so many events."""

    task_id: str
    events: int
    most: int
    is_known: bool
    may_leave: bool


def _lists(workflow: Workflow, steps: Mapping[str, Step]) -> list[_List]:
    most = most_by_size(steps, workflow.by_id)
    return [
        _List(
            of_list[0].task_id,
            sum(_events_of(step, workflow) for step in of_list),
            most[of_list[0].task_id],
            is_known=instances.length is not None,
            may_leave=not instances.group and not workflow.task(of_list[0].task_id).is_teardown,
        )
        for of_list in _steps_of_lists(workflow, steps)
        if (instances := of_list[0].instances) is not None
    ]


def _events_of(step: Step, workflow: Workflow) -> int:
    polls = sum(polls.events(_GROWTH) for polls in polls_of_one(workflow, step))
    return events_of_instance(step, workflow.task(step.task_id)) + polls


def _have_room(lists: Sequence[_List], events: int) -> bool:
    """Whether these fit: those of a known length first, and the others in equal shares of what is left."""
    left = events - sum(one.events * one.most for one in lists if one.is_known)
    unknown = [one for one in lists if not one.is_known]
    return left >= 0 and all(one.events * one.most <= left // len(unknown) for one in unknown)


def distribution_problems(workflow: Workflow, steps: Mapping[str, Step]) -> Iterator[Diagnostic]:
    """Yield the tasks whose instances are executions of their own."""
    for task in workflow.tasks:
        if is_apart(steps[task.task_id]):
            problem = "its instances are executions of their own (a distributed Map)"
            remedy = "nothing to do; with fewer instances or retries they are part of the run's execution"
            yield task_diagnostic(d.DISTRIBUTED, task, problem, remedy)
