"""A mapped task group → one Map state, with an iteration for each instance of the group.

An iteration is a block like any other: it gets the records of tasks outside that the group's tasks look at,
and, under a name of the group's, which instance it is (``map_index``). There, the records of the group's
tasks are those of this instance. Behind the Map, each task's record has those of all, as a mapped task's.

A group without items has a single iteration, with a negative index: in Airflow its tasks are not expanded,
and each is decided once. So it is if there are more instances than an execution has room for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from converter.asl import records
from converter.asl.emission import EARLIER
from converter.expressions.jsonata import Expression, literal, path
from converter.operators import room
from converter.operators.step import Instances
from converter.planning import MappedGroup, Node, Parallel, task_ids
from converter.planning.plan import walk

if TYPE_CHECKING:
    from converter.asl.group_writer import GroupWriter

TOO_MANY = "too_many"
_INDEX = "$states.context.Map.Item.Value"


def write_mapped_group(
    writer: GroupWriter, group: MappedGroup, given: tuple[str, ...], transition: dict[str, Any]
) -> None:
    """Add the states that run a mapped group. ``given`` are the tasks whose records its instances get."""
    emission, block = writer.emission, writer.block
    tasks = task_ids(group)
    first = emission.task(tasks[0])
    (inside,) = group.children
    steps = [emission.steps[task] for task in tasks]
    instances = next(step.instances for step in steps if step.instances)
    most = block.rooms.most_instances(tasks)
    limits = [step.instances.at_once for step in steps if step.instances and step.instances.at_once]
    is_first = {task: not any(up in tasks for up in emission.task(task).upstream) for task in tasks}
    instance = block.of_instance(emission.inside_group(first.index_key), inside, (*given, first.index_key))
    given_records = {task: records.of_task(task) for task in given}
    place: dict[str, Any] = _place(instances, most, tasks, resumable=emission.options.resumable)
    available = block.rooms.of_instances(tasks)
    if available is not None and (pushing := sum(map(emission.rooms.may_push_much, tasks))):
        sharers = pushing if _runs_side_by_side(inside) else 1
        record = block.rooms.records_of_instance(tasks, sharers)
        place |= room.of_instance(first.index_key, given_records, instances, available, record, sharers)
    told = [task for task in tasks if task in emission.awaited]
    names = [emission.names.unique(f"{task}: publish outcome") for task in told]
    for task, name, following in zip(
        told, names, [*names[1:], transition.get("Next") or block.end_name()] if names else (), strict=True
    ):
        block.states[name] = emission.publish_state(task, str(following))
    state: dict[str, Any] = {
        "Type": "Map",
        "Comment": comment_of(group.group_id, tasks),
        "Items": str(_indexes(instances, most)),
        "ItemSelector": {
            **{task: str(record) for task, record in given_records.items()},
            first.index_key: place,
        },
        **({"MaxConcurrency": min(limits)} if limits else {}),
        "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, **instance},
        "Output": str(_with_records(is_first, instances, most, has_records=block.has_records)),
        **({"Next": names[0]} if names else transition),
    }
    if emission.as_airflow:
        # Instances catch what fails in them; what remains is a Map that Step Functions ends.
        count = max(emission.task_count, emission.most_instances[first.task_id])
        data = [records.INPUT] if block.has_records else []
        failed = records.all_failed(tasks, records.failure_caught(count), data=data)
        following = names[0] if names else writer.failure_exit.name()
        state["Catch"] = [{"ErrorEquals": ["States.ALL"], "Output": str(failed), "Next": following}]
    block.states[writer.item_name] = state


def comment_of(group_id: str, tasks: Sequence[str]) -> str:
    """Return by which comment a reader knows the Map of a group."""
    return f"mapped group {group_id}: {len(tasks)} task{'s' * (len(tasks) > 1)} for each item"


def _indexes(instances: Instances, most: str) -> Expression:
    if instances.length is not None:
        return Expression(f"[0..{instances.length - 1}]" if instances.length else "[-1]")
    return Expression(f"($n := {instances.count.text}; $n > 0 and $n <= {most} ? [0..$n - 1] : [-1])")


def _runs_side_by_side(node: Node) -> bool:
    """Whether tasks run in branches, which do not see what others push."""
    return any(isinstance(inner, Parallel) for inner in walk(node))


def _place(instances: Instances, most: str, tasks: Sequence[str], *, resumable: bool) -> dict[str, str]:
    """Return what an iteration is told about itself."""
    found = {"map_index": str(Expression(_INDEX))}
    if instances.length is None:
        found[TOO_MANY] = str(Expression(f"{instances.count.text} > {most}"))
    if resumable:
        all_of = ", ".join(f"{literal(task)}: $of({_earlier(task)})" for task in tasks)
        found[EARLIER] = str(
            Expression(f"($of := function($all) {{ {_INDEX} >= 0 ? $all[{_INDEX}] }}; {{{all_of}}})")
        )
    return found


def _earlier(task: str) -> str:
    """Return the records of a task's instances that an earlier execution has left, as JSONata."""
    done = f"{records.RESUMED}.{path(task)}.instances"
    return f"$exists({done}) ? {done} : {records.RESUMED_INSTANCES}.{path(task)}"


def _with_records(
    tasks: Mapping[str, bool], instances: Instances, most: str, *, has_records: bool
) -> Expression:
    """Return the data with the records of the group's tasks, whose instances have ended.

    ``tasks`` says of each whether it is the first of its group: if there are too many instances, it fails.
    """
    state = " : ".join(f"'{bad}' in $i.state ? '{bad}'" for bad in ("failed", "upstream_failed", "skipped"))
    cause = "$count($bad) & ' of ' & $count($i) & ' instances failed: ' & $bad[0].cause"
    of_all = (
        "function($i) { ($bad := $i[state = 'failed'];"
        f" {{'state': {state} : 'success', 'at': $max($i.at), 'instances': $i,"
        f" 'error': $bad[0].error, 'cause': $exists($bad) ? {cause}}}) }}"
    )
    results = {task: f"$states.result.{path(task)}" for task in tasks}
    expanded = f"($of := {of_all}; {_object({task: f'$of([{result}])' for task, result in results.items()})})"
    too_many = records.failure_because(room.TOO_MANY, "it has more instances than an execution has room for")
    as_they_are = {
        task: f"$n > {most} ? {too_many} : {result}" if instances.length is None and tasks[task] else result
        for task, result in results.items()
    }
    found = expanded if instances.length else _object(as_they_are)
    if instances.length is None:
        found = f"($n := {instances.count.text}; $n > 0 and $n <= {most} ? {expanded} : {found})"
    return Expression(f"$merge([{records.INPUT}, {found}])" if has_records else found)


def _object(members: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{literal(name)}: {value}" for name, value in members.items()) + "}"
