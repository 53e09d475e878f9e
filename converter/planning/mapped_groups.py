"""Mapped task groups in a plan: a group is planned as one task, and what is in it by itself.

Its instances are one Map. So what waits for some of its tasks waits for all, and what some of them wait for
holds all: the plan orders more than the DAG, where a group has more than one beginning or end. Inside, a task
never awaits a sibling branch: there a group that is not series-parallel is run layer by layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as SequenceOf
from dataclasses import replace

from converter.planning.barrier import plan_layers
from converter.planning.order import CycleError, make_order
from converter.planning.plan import Await, MappedGroup, Node, Parallel, Plan, Sequence, Step, awaits
from converter.planning.planner import plan_graph
from converter.relations import relations_of
from converter.workflow import Workflow


def with_groups_as_tasks(
    upstream: Mapping[str, SequenceOf[str]], workflow: Workflow
) -> dict[str, tuple[str, ...]]:
    """Return a graph (task → upstream tasks) with each mapped group in place of its tasks."""
    if not workflow.mapped_groups:
        return {task: tuple(before) for task, before in upstream.items()}

    def name_of(task: str) -> str:
        return workflow.by_id[task].index_key

    found: dict[str, dict[str, None]] = {}
    for task, before in upstream.items():
        name = name_of(task)
        ups = (name_of(up) for up in before)
        found.setdefault(name, {}).update(dict.fromkeys(up for up in ups if up != name))
    return {name: tuple(ups) for name, ups in found.items()}


def groups_in_a_circle(workflow: Workflow) -> tuple[str, ...]:
    """Return the mapped groups that wait for tasks outside, or each other, that wait for them in turn."""
    if not workflow.mapped_groups:
        return ()
    relations = relations_of(workflow)
    waiting = {name: (*ups, *relations.watched.get(name, ())) for name, ups in relations.firing.items()}
    try:
        make_order(with_groups_as_tasks(waiting, workflow))
    except CycleError as error:
        keys = {workflow.by_id[tasks[0]].index_key: name for name, tasks in workflow.mapped_groups.items()}
        return tuple(keys[name] for name in error.tasks if name in keys)
    return ()


def without_groups(workflow: Workflow) -> Workflow:
    """Return the workflow as if its mapped groups were ordinary ones."""
    return replace(workflow, tasks=tuple(replace(task, mapped_group="") for task in workflow.tasks))


def with_mapped_groups(plan: Plan, workflow: Workflow) -> Plan:
    """Return the plan with what is in each mapped group, in place of the Step that stands for it."""
    if not workflow.mapped_groups:
        return plan
    firing = relations_of(workflow).firing
    inside: dict[str, Node] = {}
    ends: dict[str, tuple[str, ...]] = {}
    for group_id, tasks in workflow.mapped_groups.items():
        own = {task: [up for up in firing[task] if up in tasks] for task in tasks}
        planned = plan_graph(own)
        if awaits(planned):
            planned = plan_layers(own)
        key = workflow.by_id[tasks[0]].index_key
        inside[key] = MappedGroup((planned,), group_id)
        ends[key] = tasks  # they are told of together, when all have ended
    return _replaced(plan, inside, ends)


def _replaced(plan: Plan, nodes: Mapping[str, Node], ends: Mapping[str, tuple[str, ...]]) -> Plan:
    """Return the plan with other nodes in place of some Steps; their tasks (``ends``) are awaited for them.

    A tree may be thousands of levels deep.
    """
    built: list[Node] = []
    pending: list[tuple[Node, bool]] = [(plan, False)]
    while pending:
        node, children_are_built = pending.pop()
        if not isinstance(node, (Sequence, Parallel)):
            if isinstance(node, Step):
                built.append(nodes.get(node.task_id, node))
            else:
                awaited = (name for task in node.task_ids for name in ends.get(task, (task,)))
                built.append(Await(tuple(dict.fromkeys(awaited)), node.any))
        elif not children_are_built:
            pending.append((node, True))
            pending.extend((child, False) for child in reversed(node.children))
        else:
            count = len(node.children)
            children = tuple(built[len(built) - count :])
            del built[len(built) - count :]
            built.append(type(node)(children))
    return built[0]
