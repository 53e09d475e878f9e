"""The proof that a plan is exact: it orders two tasks if and only if the DAG orders them.

This is checked on every plan that is made. It shares nothing with the planner: it plays the plan as the
machine runs it (a task starts when what stands before it in its Sequences has finished and when its Awaits
are served) and compares, task by task, what must have finished with the DAG's own ancestors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Sequence as SequenceOf
from graphlib import CycleError, TopologicalSorter

from converter.planning.plan import Await, Node, Parallel, Plan, Sequence, Step


class InexactPlanError(AssertionError):
    """The plan orders two tasks that the DAG does not order, or fails to order two that it does."""


def assert_exact(plan: Plan, upstream: Mapping[str, SequenceOf[str]]) -> None:
    """Raise :class:`InexactPlanError` unless the plan orders exactly what the graph (task → upstream) orders.

    Also raised for a task that is missing, runs twice, or can never start (Awaits that wait for each other).
    """
    gates = _gates(plan)
    if sorted(gates) != sorted(upstream):
        raise InexactPlanError(f"the plan runs {sorted(gates)}, the DAG has {sorted(upstream)}")
    number = {task: index for index, task in enumerate(upstream)}
    planned = _ancestors(gates, number)
    wanted = _ancestors(upstream, number)
    for task, ancestors in wanted.items():
        difference = planned[task] ^ ancestors
        if difference:
            other = next(name for name, index in number.items() if difference >> index & 1)
            verb = "does not order" if ancestors >> number[other] & 1 else "orders"
            raise InexactPlanError(f"the plan {verb} '{other}' before '{task}', unlike the DAG")


def _gates(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Return task → the tasks whose end lets it start, as the plan's own shape says."""
    gates: dict[str, tuple[str, ...]] = {}

    def play(node: Node, gate: tuple[str, ...]) -> tuple[str, ...]:
        """Give every task below ``node`` its gate; return the tasks whose end is the end of ``node``."""
        if isinstance(node, Step):
            if node.task_id in gates:
                raise InexactPlanError(f"the plan runs '{node.task_id}' twice")
            gates[node.task_id] = gate
            return (node.task_id,)
        if isinstance(node, Await):
            return _unique((*gate, *node.task_ids))
        if isinstance(node, Parallel):
            return _unique(task for child in node.children for task in play(child, gate))
        for child in node.children:
            gate = play(child, gate)
        return gate

    if plan != Sequence(()):
        play(plan, ())
    return gates


def _unique(tasks: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tasks))


def _ancestors(upstream: Mapping[str, SequenceOf[str]], number: Mapping[str, int]) -> dict[str, int]:
    """Return task → all tasks that must have finished before it starts, as a bit set over ``number``."""
    found: dict[str, int] = {}
    try:
        for task in TopologicalSorter(upstream).static_order():
            ancestors = 0
            for up in upstream[task]:
                ancestors |= found[up] | 1 << number[up]
            found[task] = ancestors
    except CycleError as error:
        raise InexactPlanError(f"tasks wait for each other: {' > '.join(error.args[1])}") from error
    return found
