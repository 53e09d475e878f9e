"""How a DAG is planned: exactly, or layer by layer."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from converter.planning.barrier import plan_by_layers
from converter.planning.exactness import InexactPlanError, assert_exact
from converter.planning.plan import Plan
from converter.planning.planner import plan_workflow
from converter.relations import Relations
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


def orders_more(workflow: Workflow, plan: Plan) -> bool:
    """Return whether a plan by layers makes tasks wait for others that they do not wait for in the DAG."""
    try:
        assert_exact(plan, Relations(workflow).firing)
    except InexactPlanError:
        return True
    return False
