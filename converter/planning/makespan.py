"""What a plan is worth: when its tasks would run if each took the time that is expected of it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from statistics import fmean

from converter.planning.plan import Await, Node, Parallel, Plan, Step
from converter.planning.strategies import plan_by_layers
from converter.relations import relations_of
from converter.workflow import Workflow


@dataclass(frozen=True)
class Span:
    """When a task runs, in seconds after the start of the run."""

    start: float
    end: float


@dataclass(frozen=True)
class Makespans:
    """What one DAG would take, in seconds: by its exact plan, by layers, and at the very least.

    ``critical_path`` are the tasks that keep it from being faster, ``bound`` is what they take. ``advanced``
    is the task that the exact plan ends earliest in comparison with layers, by ``advance`` seconds: it may be
    far ahead although the last task is not. ``poll_interval`` is how often the exact plan's pollers ask, and
    ``known`` the number of tasks whose durations are known: the others count as average.
    """

    exact: float
    barrier: float
    bound: float
    critical_path: tuple[str, ...]
    advanced: str
    advance: float
    poll_interval: float
    known: int


def compare(
    workflow: Workflow, exact: Plan, durations: Mapping[str, float], poll_interval: float
) -> Makespans | None:
    """Return what the exact plan of a workflow is worth, None if no task's duration is known.

    ``durations``: task → seconds; ``poll_interval``: seconds. Tasks, states and status calls are taken to
    cost nothing besides.
    """
    ids = [task.task_id for task in workflow.tasks]
    known = [durations[task] for task in ids if task in durations]
    if not known:
        return None
    usual = fmean(known)
    seconds = {task: durations.get(task, usual) for task in ids}
    path = critical_path(workflow, seconds)
    spans = timeline(exact, seconds, poll_interval)
    layered = timeline(plan_by_layers(workflow), seconds, poll_interval)
    advances = {task: layered[task].end - spans[task].end for task in ids}
    advanced = max(advances, key=advances.__getitem__)
    return Makespans(
        exact=_end(spans),
        barrier=_end(layered),
        bound=sum(seconds[task] for task in path),
        critical_path=path,
        advanced=advanced,
        advance=advances[advanced],
        poll_interval=poll_interval,
        known=len(known),
    )


def critical_path(workflow: Workflow, seconds: Mapping[str, float]) -> tuple[str, ...]:
    """Return the tasks, first to last, of which each waits for the one before and the last ends the run.

    ``seconds`` has a duration for every task. Of equals, it is the path of the first in the file's order.
    For a task with a ``one_*`` rule, the first of its upstream tasks to end is taken to decide.
    """
    relations = relations_of(workflow)
    ends: dict[str, float] = {}
    waits_for: dict[str, str] = {}
    for task in relations.upstream_first:
        name = task.task_id
        decisive = list(relations.firing[name])
        if watched := relations.watched.get(name):
            decisive.append(min(watched, key=ends.__getitem__))
        if decisive:
            waits_for[name] = max(decisive, key=ends.__getitem__)
        ends[name] = seconds[name] + ends.get(waits_for.get(name, ""), 0.0)
    last = max(relations.tasks, key=ends.__getitem__, default=None)
    path: list[str] = []
    while last is not None:
        path.append(last)
        last = waits_for.get(last)
    return tuple(reversed(path))


def timeline(plan: Plan, seconds: Mapping[str, float], poll_interval: float) -> dict[str, Span]:
    """Return when each task of a plan runs if it takes ``seconds[task]``.

    An Await asks when it begins and every ``poll_interval`` seconds from then on (0: it knows at once). That
    an interval grows with the age of the execution, as it does where history events are scarce, is left out.
    Raises graphlib.CycleError if Awaits wait for each other.
    """
    moments = _moments(plan)
    at: dict[int | str, float] = {}
    spans: dict[str, Span] = {}
    for name in TopologicalSorter({name: moment.after for name, moment in moments.items()}).static_order():
        moment = moments[name]
        begin = max((at[before] for before in moment.after if isinstance(before, int)), default=0.0)
        if moment.awaits:
            decisive = min if moment.awaits.any else max
            ready = decisive(at[task] for task in moment.awaits.task_ids)
            at[name] = _served(begin, ready, poll_interval)
        elif isinstance(name, str):
            at[name] = begin + seconds[name]
            spans[name] = Span(begin, at[name])
        else:
            at[name] = max((at[before] for before in moment.after), default=0.0)
    return spans


class _Moment:
    """A point of the plan in time: the end of a task (named by it), or one between nodes (a number).

    It comes ``after`` other moments; if it is the end of an Await, ``awaits`` is that.
    """

    def __init__(self) -> None:
        self.after: list[int | str] = []
        self.awaits: Await | None = None


def _moments(plan: Plan) -> dict[int | str, _Moment]:
    """Return the moments of a plan. Moment 0 is its begin, 1 its end."""
    moments: dict[int | str, _Moment] = defaultdict(_Moment)
    moments[0].after = []
    points = 2
    pending: list[tuple[Node, int, int]] = [(plan, 0, 1)]
    while pending:  # a plan may be thousands of levels deep
        node, begin, end = pending.pop()
        if isinstance(node, Step):
            moments[node.task_id].after.append(begin)
            moments[end].after.append(node.task_id)
        elif isinstance(node, Await):
            moments[points].after = [begin, *node.task_ids]
            moments[points].awaits = node
            moments[end].after.append(points)
            points += 1
        elif isinstance(node, Parallel):
            pending += ((child, begin, end) for child in node.children)
        else:
            between = [begin, *range(points, points + len(node.children) - 1), end]
            points += len(node.children)
            pending += zip(node.children, between, between[1:], strict=False)
    return dict(moments)


def _served(begin: float, ready: float, poll_interval: float) -> float:
    """Return when an Await that begins at ``begin`` knows of what happens at ``ready``."""
    if ready <= begin or not poll_interval:
        return max(begin, ready)
    # A thousandth of an interval is a rounding error, and no reason for one more poll.
    return begin + poll_interval * math.ceil((ready - begin) / poll_interval - 0.001)


def _end(spans: Mapping[str, Span]) -> float:
    return max((span.end for span in spans.values()), default=0.0)
