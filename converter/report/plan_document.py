"""A plan as JSON."""

from __future__ import annotations

from typing import Any

from converter.planning.makespan import Makespans
from converter.planning.plan import Await, MappedGroup, Node, Parallel, Plan, Step
from converter.report.plan_view import PlanView


def plan_document(view: PlanView) -> dict[str, Any]:
    """Return ``{"dag_id", "tasks", "edges", "awaits", "plan"}``: two counts, the dependencies, the tree.

    Where durations are known there is a ``"makespan"``, too: ``{"exact", "barrier", "critical_path"}``, in
    seconds, and ``"tasks"``, those of the critical path.
    """
    document: dict[str, Any] = {
        "dag_id": view.dag_id,
        "tasks": view.tasks,
        "edges": [list(edge) for edge in view.edges],
        "awaits": view.awaits,
        "plan": node_json(view.plan),
    }
    if view.makespans:
        document["makespan"] = _makespan_json(view.makespans)
    return document


def node_json(plan: Plan) -> dict[str, Any]:
    """Return a tree; ``kind`` is ``sequence``, ``parallel``, ``step`` or ``await``.

    The first two have ``children``, a step has its ``task``, an await the ``tasks`` that it waits for, and
    ``"any": true`` if it waits only for any of them. What is run for each item of a mapped task group is a
    ``parallel`` with its id, ``mapped_group``.
    """
    root: list[dict[str, Any]] = []
    pending: list[tuple[list[dict[str, Any]], Node]] = [(root, plan)]
    while pending:  # a plan may be thousands of levels deep
        siblings, node = pending.pop()
        if isinstance(node, Step):
            siblings.append({"kind": "step", "task": node.task_id})
        elif isinstance(node, Await):
            any_of_them = {"any": True} if node.any else {}
            siblings.append({"kind": "await", "tasks": list(node.task_ids), **any_of_them})
        else:
            children: list[dict[str, Any]] = []
            kind = "parallel" if isinstance(node, Parallel) else "sequence"
            of_group = {"mapped_group": node.group_id} if isinstance(node, MappedGroup) else {}
            siblings.append({"kind": kind, **of_group, "children": children})
            pending += ((children, child) for child in reversed(node.children))
    return root[0]


def _makespan_json(makespans: Makespans) -> dict[str, Any]:
    return {
        "exact": makespans.exact,
        "barrier": makespans.barrier,
        "critical_path": makespans.bound,
        "tasks": list(makespans.critical_path),
    }
