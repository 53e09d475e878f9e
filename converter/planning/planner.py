"""Workflow → Plan."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass

from converter.planning.breaking import choose_awaiting
from converter.planning.decompose import parallel_parts, series_parts
from converter.planning.exactness import assert_exact
from converter.planning.order import Order, bits, make_order
from converter.planning.plan import Await, Node, Parallel, Plan, Sequence, Step, parallel, sequence
from converter.workflow import Workflow


def plan_workflow(workflow: Workflow) -> Plan:
    """Return the plan of a workflow whose tasks all wait for all of their upstream tasks."""
    return plan_graph({task.task_id: task.upstream for task in workflow.tasks})


def plan_graph(upstream: Mapping[str, SequenceOf[str]]) -> Plan:
    """Return the plan of a graph that is given as task → its upstream tasks, all of which it waits for.

    Two tasks are ordered by the plan if and only if the graph orders them; this is checked on every plan.
    Raises :class:`converter.planning.order.CycleError` if the graph is no DAG.
    """
    order = make_order(upstream)
    if not order.names:
        return Sequence(())
    plan = _TreeBuilder(order, choose_awaiting(order)).build(order.everything, done=0)
    assert_exact(plan, upstream)
    return plan


@dataclass(frozen=True)
class _TreeBuilder:
    """Builds the tree, once it is known which tasks may have an Await (``awaiting``)."""

    order: Order
    awaiting: int

    def build(self, tasks: int, done: int) -> Node:
        """Return the tree of ``tasks``, before which the tasks ``done`` have finished natively."""
        if tasks & (tasks - 1) == 0:
            return self._step(tasks.bit_length() - 1, done)
        parts = series_parts(self.order, tasks)
        if len(parts) > 1:
            nodes = []
            for part in parts:
                nodes.append(self.build(part, done))
                done |= part
            return sequence(*nodes)
        parts = self._behind_native_upstream(parallel_parts(self.order, tasks, self.awaiting))
        if len(parts) == 1:
            return self.build(parts[0], done)
        return _share_await(parallel(*(self.build(part, done) for part in parts)))

    def _step(self, task: int, done: int) -> Node:
        missing = self.order.direct[task] & ~done
        step = Step(self.order.names[task])
        if not missing:
            return step
        return sequence(Await(tuple(self.order.names[up] for up in bits(missing))), step)

    def _behind_native_upstream(self, parts: list[int]) -> list[int]:
        """Merge parts that begin with an Await into a part that they natively come after.

        An Await as late as possible asks seldom: the branch that waits natively for one upstream task
        first finds the others finished more often. A part can be put behind the first piece of another if
        all of that piece comes before all of it; where in the other part exactly, its own decomposition
        decides. Of several, the one with the most tasks to wait for natively is taken.
        """
        merged = list(parts)
        for part in parts:
            before_all = self._before_all(part)
            if not before_all:
                continue
            hosts = [
                host
                for host in merged
                if not host & part and not series_parts(self.order, host)[0] & ~before_all
            ]
            if hosts:
                host = max(hosts, key=lambda host: ((host & before_all).bit_count(), -host))
                merged.remove(host)
                merged.remove(self._part_of(merged, part))
                merged.append(host | part)
        return sorted(merged, key=lambda part: part & -part)

    def _before_all(self, part: int) -> int:
        """Return the tasks that come before every task of ``part``; none unless it begins with Awaits."""
        common = self.order.everything
        for task in bits(part):
            if not self.order.before[task] & part:
                if not self.awaiting >> task & 1:
                    return 0
                common &= self.order.before[task]
        return common

    @staticmethod
    def _part_of(merged: list[int], part: int) -> int:
        return next(candidate for candidate in merged if candidate & part == part)


def _share_await(node: Node) -> Node:
    """Put what every branch of a Parallel awaits first into one Await before the Parallel.

    Only where that leaves no more Awaits than before: at least one branch must await nothing else.
    """
    if not isinstance(node, Parallel):
        return node
    heads = [_leading_await(child) for child in node.children]
    shared = [task for task in heads[0] if all(task in head for head in heads)]
    if all(len(head) > len(shared) for head in heads) or not shared:
        return node
    branches = [_without_leading(child, shared) for child in node.children]
    return sequence(Await(tuple(shared)), parallel(*branches))


def _leading_await(node: Node) -> tuple[str, ...]:
    first = node.children[0] if isinstance(node, Sequence) else node
    return first.task_ids if isinstance(first, Await) else ()


def _without_leading(node: Node, shared: list[str]) -> Node:
    """Return the Sequence without the shared tasks in the Await that it begins with."""
    children = node.children if isinstance(node, Sequence) else ()
    rest = tuple(task for task in _leading_await(node) if task not in shared)
    return sequence(*((Await(rest),) if rest else ()), *children[1:])
