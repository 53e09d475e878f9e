"""Which mapped tasks are distributed: those whose instances one execution may have no room for.

Inline instances share the history of their machine. Where they may take more of it than there is for them, the
largest tasks leave first, until the others fit. Tasks of mapped groups stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from converter import diagnostics as d
from converter.asl.budget import is_apart, polls_of_one
from converter.asl.instances import LONGEST_LIST, events_of_instance, most_instances
from converter.diagnostics import Diagnostic
from converter.operators.arguments import task_diagnostic
from converter.operators.step import Step
from converter.workflow import Workflow

#: How fast the interval of polls may grow before it is better to give each instance a history of its own.
_GROWTH = 0.02


def with_distributed(workflow: Workflow, steps: Mapping[str, Step], events: int) -> dict[str, Step]:
    """Return the steps, of which those are distributed that need it.

    ``events`` are what inline instances may take of the history of a machine, polls included.
    """
    found = dict(steps)
    costs = {
        name: events_of_instance(step, workflow.task(name))
        + sum(polls.events(_GROWTH) for polls in polls_of_one(workflow, step))
        for name, step in steps.items()
        if step.instances is not None
    }
    while candidate := _largest(workflow, found, costs, events):
        step = found[candidate]
        if step.instances is None:
            raise AssertionError("only mapped tasks are distributed")
        found[candidate] = replace(step, instances=replace(step.instances, distributed=True))
    return found


def _largest(
    workflow: Workflow, steps: Mapping[str, Step], costs: Mapping[str, int], events: int
) -> str | None:
    """Return the inline task whose instances may take most, None if all fit or none can be distributed."""
    inline = {name: one for name in costs if (one := steps[name].instances) and not one.distributed}
    found = {
        name: costs[name] * (LONGEST_LIST if one.length is None else one.length)
        for name, one in inline.items()
        if not one.group
    }
    known = sum(costs[name] * (one.length or 0) for name, one in inline.items())
    most = most_instances(steps, workflow.by_id)
    is_short = known > events or any(
        one.length is None and (most[name] < LONGEST_LIST or costs[name] * most[name] > events)
        for name, one in inline.items()
    )
    return max(found, key=found.__getitem__, default=None) if is_short else None


def distribution_problems(workflow: Workflow, steps: Mapping[str, Step]) -> Iterator[Diagnostic]:
    """Yield the tasks whose instances are executions of their own."""
    for task in workflow.tasks:
        if is_apart(steps[task.task_id]):
            problem = "its instances are executions of their own (a distributed Map)"
            remedy = "nothing to do; with fewer instances or retries they are part of the run's execution"
            yield task_diagnostic(d.DISTRIBUTED, task, problem, remedy)
