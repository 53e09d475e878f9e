"""The proof that a plan is exact: it orders two tasks if and only if the DAG orders them.

This is checked on every plan that is made. It shares nothing with the planner: it plays the plan as the
machine runs it (a task starts when what stands before it in its Sequences has finished and when its Awaits
are served) and compares, task by task, what must have finished with the DAG's own ancestors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence as SequenceOf
from graphlib import CycleError, TopologicalSorter
from typing import TypeAlias

from converter.planning.plan import Await, Node, Parallel, Plan, Step, awaits

#: What can be waited for while a plan is played: the end of a task (its id), or a point between nodes.
_Event: TypeAlias = "str | int"


class InexactPlanError(AssertionError):
    """The plan orders two tasks that the DAG does not order, or fails to order two that it does."""


def assert_exact(plan: Plan, upstream: Mapping[str, SequenceOf[str]]) -> None:
    """Raise :class:`InexactPlanError` unless the plan orders exactly what the graph (task → upstream) orders.

    Also raised for a task that is missing, runs twice, or can never start (Awaits that wait for each other).
    Takes time and memory in proportion to tasks + dependencies + nodes of the tree, times the tasks' bits.
    """
    played = _play(plan)
    tasks = {event for event in played if isinstance(event, str)}
    if tasks != upstream.keys():
        more, less = sorted(tasks - upstream.keys()), sorted(upstream.keys() - tasks)
        raise InexactPlanError(f"the plan runs {more}, which the DAG does not have, and leaves out {less}")
    if strangers := {task for node in awaits(plan) for task in node.task_ids} - tasks:
        raise InexactPlanError(f"the plan awaits {sorted(strangers)}, which it does not run")
    number = {task: index for index, task in enumerate(upstream)}
    planned = _ancestors(played, number)
    wanted = _ancestors(dict(upstream.items()), number)
    for task in number:
        difference = planned[task] ^ wanted[task]
        if difference:
            other = list(number)[difference.bit_length() - 1]
            verb = "does not order" if wanted[task] >> number[other] & 1 else "orders"
            raise InexactPlanError(f"the plan {verb} '{other}' before '{task}', unlike the DAG")


def planned_before(plan: Plan) -> dict[str, frozenset[str]]:
    """Return task → all tasks that a plan puts before it."""
    played = _play(plan)
    tasks = [event for event in played if isinstance(event, str)]
    found = _ancestors(played, {task: index for index, task in enumerate(tasks)})
    return {
        task: frozenset(other for index, other in enumerate(tasks) if found[task] >> index & 1)
        for task in tasks
    }


def _play(plan: Plan) -> dict[_Event, list[_Event]]:
    """Return event → the events that come right before it, as the plan's own shape says.

    Every node begins at one point and ends at another; points 0 and 1 are the plan's own. Through points, a
    thousand branches before a thousand others are two thousand pairs and not a million.
    """
    before: dict[_Event, list[_Event]] = defaultdict(list)
    points = 2
    pending: list[tuple[Node, int, int]] = [(plan, 0, 1)]
    while pending:
        node, begin, end = pending.pop()
        if isinstance(node, Step):
            if node.task_id in before:
                raise InexactPlanError(f"the plan runs '{node.task_id}' twice")
            before[node.task_id].append(begin)
            before[end].append(node.task_id)
        elif isinstance(node, Await):
            before[end].extend((begin, *node.task_ids))
        elif isinstance(node, Parallel):
            pending.extend((child, begin, end) for child in node.children)
        else:
            between = [begin, *range(points, points + len(node.children) - 1), end]
            points += len(node.children)
            pending.extend(zip(node.children, between, between[1:], strict=False))
    return before


def _ancestors(upstream: Mapping[_Event, SequenceOf[_Event]], number: Mapping[str, int]) -> dict[_Event, int]:
    """Return event → all tasks that must have finished before it, as a bit set over ``number``."""
    found: dict[_Event, int] = {}
    begun: set[_Event] = set()
    pending = list(upstream)
    while pending:
        event = pending[-1]
        if event in found:
            pending.pop()
            continue
        ups = upstream.get(event, ())
        missing = [up for up in ups if up not in found]
        if missing:
            # All that it lacked has been found since, unless that needs it in turn.
            if event in begun:
                raise InexactPlanError(f"tasks wait for each other: {_cycle(upstream)}")
            begun.add(event)
            pending += missing
            continue
        ancestors = 0
        for up in ups:
            ancestors |= found[up]
            if isinstance(up, str):
                ancestors |= 1 << number[up]
        found[event] = ancestors
    return found


def _cycle(upstream: Mapping[_Event, SequenceOf[_Event]]) -> str:
    """Return the tasks of a cycle of a graph that has one."""
    try:
        TopologicalSorter(upstream).prepare()
    except CycleError as error:
        return " > ".join(event for event in error.args[1] if isinstance(event, str))
    raise ValueError("the graph has no cycle")
