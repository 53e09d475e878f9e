"""The instances of mapped tasks in a scenario: both sides are compared instance by instance.

Whatever is known of a converted DAG (its rules, its plan) is told of the instances, as if each were a task of
its own. So what holds for tasks side by side holds for instances.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from converter.asl.groups import rules_and_plan
from converter.asl.rules import Rules
from converter.expressions.jsonata import Expression
from converter.operators.step import Instances, Step
from converter.planning import Await, MappedGroup, Node, Plan, Sequence, task_ids
from converter.planning import Step as PlannedStep
from converter.planning.plan import parallel, sequence
from converter.verify.airflow_run import expanded, instance_ids
from converter.workflow import Workflow

#: The tasks that are expanded, with the numbers of their instances.
Lengths = Mapping[str, int]


def names_of(task_ids: Iterable[str], lengths: Lengths) -> tuple[str, ...]:
    """Return the instances of these tasks; those that are not mapped stand for themselves."""
    return tuple(name for task in task_ids for name in instance_ids(task, lengths.get(task)))


def rules_of_instances(
    workflow: Workflow, plan: Plan, steps: Mapping[str, Step], lengths: Lengths, *, failures_end_the_run: bool
) -> Rules:
    """Return what the rules of a workflow mean for its instances. ``plan`` is that of the instances."""
    found = {
        name: _step_of(steps[task], name, lengths)
        for task in steps
        for name in instance_ids(task, lengths.get(task))
    }
    rules, _ = rules_and_plan(
        expanded(workflow, lengths), plan, found, failures_end_the_run=failures_end_the_run
    )
    # A machine knows of all instances at once.
    return replace(rules, mapped=frozenset(names_of(lengths, lengths)))


def _step_of(step: Step, name: str, lengths: Lengths) -> Step:
    is_empty = name == step.task_id and name in lengths
    instances = Instances(Expression("0"), 0) if is_empty else None
    return replace(step, task_id=name, reads=names_of(step.reads, lengths), instances=instances)


def plan_of_instances(node: Plan, lengths: Lengths) -> Plan:
    """Return the plan with the instances side by side in place of their task, or of their mapped group."""
    if isinstance(node, PlannedStep):
        return parallel(*map(PlannedStep, instance_ids(node.task_id, lengths.get(node.task_id))))
    if isinstance(node, MappedGroup):
        (inside,) = node.children
        count = lengths[task_ids(inside)[0]]
        return parallel(*(_of_index(inside, index) for index in range(count))) if count else inside
    if isinstance(node, Await):
        return Await(names_of(node.task_ids, lengths), node.any)
    children: tuple[Node, ...] = tuple(plan_of_instances(child, lengths) for child in node.children)
    return sequence(*children) if isinstance(node, Sequence) else parallel(*children)


def _of_index(node: Plan, index: int) -> Plan:
    """Return the plan of one instance of a mapped group. There are no Awaits in it."""
    if isinstance(node, PlannedStep):
        return PlannedStep(f"{node.task_id}[{index}]")
    if isinstance(node, Await):
        raise ValueError("a mapped group awaits nothing")
    children = tuple(_of_index(child, index) for child in node.children)
    return sequence(*children) if isinstance(node, Sequence) else parallel(*children)
