"""How a DAG is planned: exactly, or layer by layer."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from converter.planning.barrier import plan_layers
from converter.planning.exactness import InexactPlanError, assert_exact
from converter.planning.mapped_groups import (
    groups_in_a_circle,
    with_groups_as_tasks,
    with_mapped_groups,
    without_groups,
)
from converter.planning.plan import Plan, await_any
from converter.planning.planner import plan_graph
from converter.relations import relations_of
from converter.workflow import Workflow


class Strategy(str, Enum):
    """How a DAG is planned."""

    EXACT = "exact"  # each task waits for what it needs; pollers where nesting cannot say that
    BARRIER = "barrier"  # layer by layer, without pollers: what it would be like otherwise


def plan_by(workflow: Workflow, strategy: Strategy, durations: Mapping[str, float] | None = None) -> Plan:
    """Return the plan of a workflow. ``durations``: see :func:`converter.planning.plan_graph`."""
    if strategy is Strategy.BARRIER:
        return plan_by_layers(workflow)
    return plan_workflow(workflow, durations)


def plan_workflow(workflow: Workflow, durations: Mapping[str, float] | None = None) -> Plan:
    """Return the plan of a workflow: what has to be decided before a task may run comes before it.

    A task with a ``one_*`` rule begins where all its upstream tasks may have begun, and awaits any of them.
    ``durations``: see :func:`converter.planning.plan_graph`.
    """
    workflow = _with_usable_groups(workflow)
    relations = relations_of(workflow)
    plan = plan_graph(with_groups_as_tasks(relations.firing, workflow), durations)
    plan = await_any(plan, relations.watched) if relations.watched else plan
    return with_mapped_groups(plan, workflow)


def plan_by_layers(workflow: Workflow) -> Plan:
    """Return the plan of a workflow layer by layer, without Awaits.

    A task with a ``one_*`` rule waits for all its upstream tasks, as nothing else can be said natively.
    """
    workflow = _with_usable_groups(workflow)
    relations = relations_of(workflow)
    waiting = {name: (*ups, *relations.watched.get(name, ())) for name, ups in relations.firing.items()}
    return with_mapped_groups(plan_layers(with_groups_as_tasks(waiting, workflow)), workflow)


def _with_usable_groups(workflow: Workflow) -> Workflow:
    """Return the workflow; as if it had no mapped groups, if it is to be refused because of them."""
    return without_groups(workflow) if groups_in_a_circle(workflow) else workflow


def orders_more(workflow: Workflow, plan: Plan) -> bool:
    """Return whether a plan by layers makes tasks wait for others that they do not wait for in the DAG."""
    try:
        assert_exact(plan, relations_of(workflow).firing)
    except InexactPlanError:
        return True
    return False
