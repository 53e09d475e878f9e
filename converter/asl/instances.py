"""A mapped task → one Map state, with an iteration for each instance.

An instance's failure or skip is caught into its own record, so that the others go on. The task's record then
has them all, as ``instances``, in the order of their indexes. Its ``state`` is the worst of theirs (failed,
skipped, success), so that it is ``success`` if and only if all have succeeded; its ``at`` is the time of the
last. A task without items is skipped and has no ``instances``, and so has one that does not run: in Airflow
it is never expanded, and counts as one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from converter import diagnostics as d
from converter.asl import decisions, map_runs, records, tasks
from converter.asl.rooms import bytes_for_instances, instance_bytes
from converter.asl.tasks import LONGEST_LIST
from converter.diagnostics import Diagnostic
from converter.expressions.jsonata import Expression, literal, path
from converter.operators import room
from converter.operators.arguments import task_diagnostic
from converter.operators.step import Instances, Step
from converter.workflow import Task, Workflow

_LENGTHS = range(1, LONGEST_LIST + 1)
#: What all inline instances of a machine may take of the history's 25,000 events.
MOST_EVENTS = 15_000
#: An iteration starts and ends; a task is entered, scheduled, started, succeeded, exited; what a retry adds.
_EVENTS_OF_INSTANCE, _EVENTS_OF_RETRY = 7, 3
#: What a task of several states has in each try: the Parallel around them, their beginning and end; a part.
_EVENTS_OF_PARTS, _EVENTS_OF_PART = 8, 9
#: What a caught failure adds, and the question whether an instance is done: states of their own.
_EVENTS_OF_END = 4
_REMEDY = "lower its retries, or give each instance more to do"
#: A task of a mapped group besides: may it run, what becomes of those behind it, its share of a Parallel.
_EVENTS_IN_GROUP = 8


def most_instances(steps: Mapping[str, Step], tasks_by_id: Mapping[str, Task]) -> dict[str, int]:
    """Return how many instances each mapped task may have: its number, or what there is room for.

    Tasks of a mapped group have as many as the group. Distributed instances take no events of the machine's.
    """
    found = most_by_size(steps, tasks_by_id)
    events = MOST_EVENTS
    unknown: dict[str, list[str]] = {}
    for name, count in found.items():
        instances = steps[name].instances
        if instances is None or instances.distributed:
            continue
        if instances.length is None:
            unknown.setdefault(tasks_by_id[name].index_key, []).append(name)
        else:
            events -= events_of_instance(steps[name], tasks_by_id[name]) * count
    for names in unknown.values():
        of_each = sum(events_of_instance(steps[name], tasks_by_id[name]) for name in names)
        most = max(1, min(found[names[0]], events // len(unknown) // of_each))
        found |= dict.fromkeys(names, most)
    return found


def most_by_size(steps: Mapping[str, Step], tasks_by_id: Mapping[str, Task]) -> dict[str, int]:
    """Return how many instances each mapped task may have, as far as their records are concerned."""
    mapped = {name: one for name in tasks_by_id if (one := steps[name].instances) is not None}
    found = {name: each.length for name, each in mapped.items() if each.length is not None}
    unknown: dict[str, list[str]] = {}
    for name in [name for name in mapped if name not in found]:
        unknown.setdefault(tasks_by_id[name].index_key, []).append(name)
    size = bytes_for_instances(tasks_by_id)
    size -= sum(instance_bytes(steps[name], count) * count for name, count in found.items())
    for names in unknown.values():
        of_list = [steps[name] for name in names]
        share = size // len(unknown)
        # The more there are, the less is kept of each cause: but together they take more.
        most = bisect_right(_LENGTHS, share, key=lambda count: bytes_of_instances(of_list, count))
        found |= dict.fromkeys(names, max(1, most))
    return found


def bytes_of_instances(of_list: Iterable[Step], count: int) -> int:
    """Return the bytes that the records of so many instances of a task, or of a group's tasks, take."""
    return count * sum(instance_bytes(step, count) for step in of_list)


def events_of_instance(step: Step, task: Task) -> int:
    """Return the events of one instance that fails after all retries of its own, but for its polls."""
    retries = max(0, task.retries.count)
    around = _EVENTS_OF_INSTANCE + _EVENTS_OF_END + (_EVENTS_IN_GROUP if task.mapped_group else 0)
    if step.parts:
        of_try = _EVENTS_OF_PARTS + _EVENTS_OF_PART * len(step.parts)
        return around + of_try * (1 + retries)
    return around + _EVENTS_OF_RETRY * retries


def events_of_instances(workflow: Workflow, steps: Mapping[str, Step], tasks: Collection[str]) -> int:
    """Return the events of all inline instances that a machine with these tasks may have."""
    inline = {name for name in tasks if (each := steps[name].instances) and not each.distributed}
    if not inline:
        return 0
    return sum(
        count * events_of_instance(steps[name], workflow.by_id[name])
        for name, count in most_instances(steps, workflow.by_id).items()
        if name in inline
    )


def instance_problems(workflow: Workflow, steps: Mapping[str, Step]) -> Iterator[Diagnostic]:
    """Yield which mapped tasks have too many instances, and which may get too many."""
    most, size = most_instances(steps, workflow.by_id), bytes_for_instances(workflow.by_id)
    told: set[str] = set()
    for task in workflow.tasks:
        each = steps[task.task_id].instances
        if each is None or task.mapped_group in told:
            continue
        told |= {task.mapped_group} - {""}
        if each.length is None:
            if most[task.task_id] < LONGEST_LIST:
                problem = f"it fails with more than {most[task.task_id]} instances"
                remedy = "give each instance more to do" if each.distributed else _REMEDY
                yield task_diagnostic(d.MOST_INSTANCES, task, problem, remedy)
            continue
        tasks = workflow.mapped_groups.get(task.mapped_group, (task.task_id,))
        of_each = sum(events_of_instance(steps[name], workflow.by_id[name]) for name in tasks)
        yield from _at_once(task, each, each.length)
        if not each.distributed and each.length * of_each > MOST_EVENTS:
            problem = f"its {each.length} instances do not fit the history of an execution"
            yield task_diagnostic(d.TOO_MANY_INSTANCES, task, problem, _REMEDY)
        elif each.length > map_runs.MOST_SUMMED or (
            bytes_of_instances([steps[name] for name in tasks], each.length) > size
        ):
            problem = f"the records of its {each.length} instances do not fit the data of an execution"
            yield task_diagnostic(d.TOO_MANY_INSTANCES, task, problem, "give each instance more to do")


def problems_together(
    workflow: Workflow, steps: Mapping[str, Step], tasks: Collection[str]
) -> Iterator[Diagnostic]:
    """Yield the mapped tasks of a machine whose instances fit alone, and not with those of the others.

    ``tasks`` are those whose records it has. The largest are named, until the others fit.
    """
    size = bytes_for_instances(tasks)
    found: dict[str, int] = {}
    for name in tasks:
        each = steps[name].instances
        if each is not None and each.length is not None:
            first = workflow.mapped_groups.get(workflow.by_id[name].mapped_group, (name,))[0]
            found[first] = found.get(first, 0) + bytes_of_instances([steps[name]], each.length)
    found = {name: count for name, count in found.items() if count <= size}
    for name in sorted(found, key=found.__getitem__, reverse=True):
        if sum(found.values()) > size:
            del found[name]
            instances = steps[name].instances
            count = instances.length if instances else 0
            problem = (
                f"the records of its {count} instances do not fit the data of an execution beside those of"
                " the instances of other tasks"
            )
            remedy = "give each instance more to do, or read less of what they push"
            yield task_diagnostic(d.TOO_MANY_INSTANCES, workflow.by_id[name], problem, remedy)


def _at_once(task: Task, each: Instances, length: int) -> Iterator[Diagnostic]:
    """Yield that of so many instances only some run at once, if the task has no limit of its own.

    Lists that only the run knows are rarely that long.
    """
    if length > map_runs.AT_ONCE and each.at_once is None:
        problem = f"of its {length} instances {map_runs.AT_ONCE} run at once"
        remedy = "nothing to do if no more are to run at once"
        if each.distributed:
            remedy = "give a distributed task another max_active_tis_per_dagrun"
        yield task_diagnostic(d.AT_ONCE, task, problem, remedy)


def stopping_problems(workflow: Workflow, steps: Mapping[str, Step]) -> Iterator[Diagnostic]:
    """Yield the tasks whose instances a failure of one of them ends; failures end the execution.

    Teardowns then run for setups that have succeeded: a mapped one has not if a part of it has failed. And a
    mapped teardown that has failed in part has ended.
    """
    torn_down = {up for task in workflow.tasks if task.is_teardown for up in task.upstream}
    for task in workflow.tasks:
        each = steps[task.task_id].instances
        if each and each.length != 1 and task.is_setup and task.task_id in torn_down:
            problem = (
                "a failed instance of this setup ends the execution: what others set up is not torn down"
            )
            remedy = "leave out fail_fast, or --failures stop, or set up in one task"
            yield task_diagnostic(d.MAPPED_TASK, task, problem, remedy)
        elif each and each.length != 1 and task.is_teardown:
            problem = "a failed instance of this teardown ends the execution, and with it the other instances"
            remedy = "leave out fail_fast, or --failures stop, or tear down in one task"
            yield task_diagnostic(d.MAPPED_TASK, task, problem, remedy)
        elif each and each.length != 1:
            problem = "the first instance that fails ends the others"
            yield task_diagnostic(
                d.STOPS_INSTANCES, task, problem, "leave out fail_fast if they are to go on"
            )


def map_state(
    step: Step,
    task: Task,
    where: tasks.Surroundings,
    *,
    caught: Sequence[tuple[Sequence[str], Expression]],
    most: str,
    available: str | None,
    record_bytes: int,
) -> dict[str, Any]:
    """Return the state that runs all instances of a mapped task, without its transitions and its Catch.

    What is ``caught`` (errors → the record) ends an instance, of which there are ``most`` at most, and whose
    records may take so many bytes together as are ``available`` (both JSONata), and each ``record_bytes``
    without what it pushes.
    """
    instances = step.instances or Instances(Expression("0"))
    instance = where.names.unique(f"{task.task_id}: instance")
    measured = where.names.unique(f"{task.task_id}: instance measured") if instances.distributed else ""
    ended = measured if instances.summed else where.names.unique(f"{task.task_id}: instance ended")
    # The way to its index is as to the record of another task.
    inside = replace(
        where,
        awaited=False,
        has_records=False,
        reads=(*where.reads, *where.finds, task.task_id),
        finds=(),
        begun=None,
        forgets=(),
    )
    inner = tasks.state_for(step, task, inside)
    given = {
        **{read: records.of_task(read) for read in where.reads},
        **{read: records.of_task_if_there(read) for read in where.finds},
    }
    if instances.distributed:
        given[map_runs.THE_RUN] = map_runs.the_run(step, [record.text for record in given.values()])
    place: dict[str, Any] = {"map_index": "{% $states.context.Map.Item.Value %}"}
    if where.room is not None and available is not None:
        place |= room.of_instance(task.task_id, given, instances, available, record_bytes)
    state: dict[str, Any] = {
        "Type": "Map",
        "Comment": inner["Comment"],
        "Items": str(_indexes(instances, most)),
        "ItemSelector": {
            **{read: str(record) for read, record in given.items()},
            task.task_id: place,
        },
    }
    at_once = instances.at_once or (map_runs.AT_ONCE if instances.distributed else None)
    if at_once:
        state["MaxConcurrency"] = at_once
    inner |= {"Comment": f"an instance of {task.task_id}: {step.operator}", "End": True}
    states = {instance: inner}
    start = instance
    if where.options.resumable:
        earlier = _earlier(f"{records.INPUT}.{path(task.task_id)}.map_index", task.task_id)
        if instances.distributed:
            record = (
                map_runs.summed_before(task.task_id, records.RESUMED_INSTANCES)
                if instances.summed
                else _earlier("$states.context.Map.Item.Value", task.task_id)
            )
            place[map_runs.EARLIER] = str(Expression(f"{{'record': {record}}}"))
            earlier = f"{records.INPUT}.{path(task.task_id, map_runs.EARLIER, 'record')}"
        start = where.names.unique(f"{task.task_id}: instance done before?")
        states = {start: _resumption(task.task_id, instance, ended, earlier), **states}
    if caught:
        inner["Catch"] = [
            {"ErrorEquals": list(errors), "Output": str(output), "Next": ended} for errors, output in caught
        ]
    if not instances.summed and (where.options.resumable or (caught and not instances.distributed)):
        states[ended] = {"Type": "Succeed"}
    state["ItemProcessor"] = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": start, "States": states}
    if instances.distributed:
        state["ItemProcessor"] = map_runs.processor(
            task.task_id,
            step,
            start,
            states,
            begin=where.names.unique(f"{task.task_id}: instance begun"),
            measured=measured,
            done=ended,
        )
    state["Output"] = str(_with_record(task.task_id, where, is_summed=instances.summed))
    return state


def _earlier(index: str, task_id: str) -> str:
    """Return the record of an instance that an earlier execution has left, as JSONata."""
    return f"($all := {records.RESUMED_INSTANCES}.{path(task_id)}; $all[{index}])"


def _resumption(task_id: str, instance: str, ended: str, earlier: str) -> dict[str, Any]:
    """Return the state that passes an instance by if an earlier execution has done it."""
    index = f"{records.INPUT}.{path(task_id)}.map_index"
    return {
        "Type": "Choice",
        "Choices": [
            {
                "Condition": str(Expression(f"{index} >= 0 and {earlier}.state = 'success'")),
                "Output": str(Expression(f"{{{literal(task_id)}: {earlier}}}")),
                "Next": ended,
            }
        ],
        "Default": instance,
    }


def _indexes(instances: Instances, most: str) -> Expression:
    """Return the indexes of the instances; a single negative one if there are too many."""
    if instances.length is not None:
        return Expression(f"[0..{instances.length - 1}]")
    return Expression(f"($n := {instances.count.text}; $n > {most} ? [-1] : [0..$n - 1])")


def _with_record(task_id: str, where: tasks.Surroundings, *, is_summed: bool) -> Expression:
    """Return the data with the record of a mapped task, whose instances have just ended."""
    found_empty = "$millis()"
    if where.begun is not None:
        found_empty = f"($at := {where.begun}; {decisions.in_next_pass('($exists($at) ? $at : $millis())')})"
    state = " : ".join(f"'{bad}' in $i.state ? '{bad}'" for bad in ("failed", "skipped"))
    cause = "$count($bad) & ' of ' & $count($i) & ' instances failed: ' & $bad[0].cause"
    record = (
        f"($i := [$states.result.{path(task_id)}]; $bad := $i[state = 'failed'];"
        f" $count($i) = 0 ? {{'state': 'skipped', 'at': {found_empty}}}"
        f" : {{'state': {state} : 'success', 'at': $max($i.at), 'instances': $i,"
        f" 'error': $bad[0].error, 'cause': $exists($bad) ? {cause}}})"
    )
    if is_summed:
        record = map_runs.record_of_sum(found_empty)
    if where.has_records:
        return records.with_record(task_id, record, records.without_outputs(where.forgets))
    return Expression(f"{{{literal(task_id)}: {record}}}")
