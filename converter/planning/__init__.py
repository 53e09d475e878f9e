"""Workflow → Plan: where tasks run in parallel, in sequence, and where a branch awaits a sibling's task.

``order`` is the DAG as an order (who comes before whom), ``plan`` the tree of nodes, ``planner`` makes the
tree, ``breaking`` chooses the Awaits where the DAG is not series-parallel, and ``exactness`` checks, with
no code shared with the others, that the tree orders exactly what the DAG orders. docs/planning.md has the
other rooms, and the proofs.
"""

from converter.planning.exactness import assert_exact
from converter.planning.plan import Await, MappedGroup, Node, Parallel, Plan, Sequence, Step, awaits, task_ids
from converter.planning.planner import plan_graph
from converter.planning.strategies import Strategy, plan_by, plan_workflow

__all__ = [
    "Await",
    "MappedGroup",
    "Node",
    "Parallel",
    "Plan",
    "Sequence",
    "Step",
    "Strategy",
    "assert_exact",
    "awaits",
    "plan_by",
    "plan_graph",
    "plan_workflow",
    "task_ids",
]
