"""How much each task may push, so that no data of a machine exceeds 256 KiB, whatever a run's values are.

Where a task's state stands, it sees how much is there. What it cannot see is what meets its value further on:

- Records that are still to be written. Their least sizes are known, and kept free (:meth:`Rooms.reserved`).
- What the branches beside it push. The outputs of all branches are the result of their Parallel. So each
  value that leaves it, because it is read behind it, gets an equal part of what is left where the Parallel
  begins; the branches are told how much that is, under a name of the Parallel's own (:func:`key_of`). No
  task's room depends on what another one beside it happens to push. Values that are read inside alone stay
  inside.
- What nobody reads is kept while there is room for all such values; a larger one is dropped by its task.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from converter.asl.records import BYTES_PER_CHARACTER, cause_length, failure_bytes, short_record_bytes
from converter.expressions.jsonata import Expression, path
from converter.operators import room
from converter.operators.python import calls_function
from converter.operators.step import Step
from converter.workflow import Workflow

_LAMBDA = "arn:aws:states:::lambda:invoke"
#: What all values that nobody reads may take together, and each of them at most.
_ALL_UNREAD, _EACH_UNREAD = 40_000, 8_192
#: An instance's record: its state, its time, the name of an error. In the Map's result it has the task's id.
_INSTANCE_BYTES, _AROUND_ID = 110, 8
#: What the record of an instance has besides that is an execution of its own: how long it took, its tries.
_MEASURES_BYTES = 26
#: What records of instances may take in any case.
_LEAST_FOR_INSTANCES = 100_000
#: What a function takes as its event, or an execution as its input, but for names and dates.
MOST_GIVEN = 255_000
#: What a service's call takes of values that others have pushed.
_MOST_HANDED_ON = 240_000
_INPUT = "$states.input"
_OF_THE_RUN = ("$states.context.Execution.Input.conf", "$states.context.Execution.Input.params")


def key_of(level: int) -> str:
    """Return under which name the branches of a Parallel find their room. No task id has a blank."""
    return f"room {level}"


@dataclass(frozen=True)
class Told:
    """What a block knows of its surroundings.

    ``level`` is how many Parallels are around it, ``keys`` says of each room that it is told which tasks have
    to keep to it. ``parallel`` are all tasks of the Parallel of which it is a branch. In a mapped group, the
    group's own rooms take the place of all these.
    """

    level: int = 0
    keys: Mapping[str, frozenset[str]] = field(default_factory=dict)
    parallel: frozenset[str] = frozenset()
    in_group: bool = False

    def keys_of(self, tasks: Collection[str]) -> dict[str, frozenset[str]]:
        """Return the rooms that any of these tasks have to keep to, with which of them do."""
        found = {key: who.intersection(tasks) for key, who in self.keys.items()}
        return {key: who for key, who in found.items() if who}


@dataclass(frozen=True)
class TaskRoom:
    """What a task may push: so many bytes (``may_push``, JSONata), and so many as a text in its record in the
    outcome table, if it has one that is read. ``unread``: nobody reads it, so it may be dropped.
    """

    may_push: Expression
    text_bytes: int | None = None
    unread: bool = False

    def told(self, reads: Collection[str]) -> dict[str, Any]:
        """Return what the function's event says of it. ``reads``: the tasks whose records it is given."""
        found: dict[str, Any] = {"room": self.may_push}
        if reads:
            given = ", ".join([*(f"{_INPUT}.{path(task)}" for task in reads), *_OF_THE_RUN])
            says = f"'{room.TOO_LARGE}: what it reads, with conf and params, has ' & $given & ' bytes'"
            found["room"] = Expression(
                f"($given := {room.size(f'[{given}]')}; $given > {MOST_GIVEN} ? $error({says}) :"
                f" {self.may_push.text})"
            )
        if self.text_bytes is not None:
            found["room_as_text"] = self.text_bytes
        if self.unread:
            found["xcom_unread"] = True
        return found

    def checked(self, record: str) -> str:
        """Return the record of a task whose service has answered, as JSONata: it fails if it is too large."""
        size, values = "$size", ["$made.output", "$made.xcom"]
        too_large = f"$size > {self.may_push.text}"
        if self.text_bytes is not None:
            as_text = room.size(f"$string([{', '.join(values)}])")
            too_large = f"($size > {self.may_push.text} or {as_text} > {self.text_bytes})"
        if self.unread:
            otherwise = "$sift($made, function($v, $k) { $not($k in ['output', 'xcom']) })"
        else:
            says = (
                f"'{room.TOO_LARGE}: it pushes ' & {size} & ' bytes, and the execution has no room for them'"
            )
            otherwise = f"$error({says})"
        return f"($made := {record}; $size := {room.pushed(values)}; {too_large} ? {otherwise} : $made)"


@dataclass(frozen=True)
class Rooms:
    """What the tasks of a machine may push.

    ``readers``: task → the tasks that read what it pushes; ``noted``: whose records an outer machine reads.
    """

    workflow: Workflow
    steps: Mapping[str, Step]
    readers: Mapping[str, frozenset[str]]
    noted: frozenset[str] = frozenset()

    def may_push_much(self, task_id: str) -> bool:
        """Whether what a task pushes may be large."""
        return task_id in self._pushing_much

    @cached_property
    def _pushing_much(self) -> frozenset[str]:
        return frozenset(task for task, step in self.steps.items() if may_push_much(step))

    def is_unread(self, task_id: str) -> bool:
        """Whether nobody reads what a task pushes."""
        return not self.readers.get(task_id)

    @cached_property
    def any_is_large(self) -> bool:
        """Whether the data of the machine may be large."""
        return any(map(self.may_push_much, self.steps))

    @cached_property
    def unread_bytes(self) -> int:
        """How many bytes are kept of what a task in a branch pushes and nobody reads."""
        unread = [task for task in self.steps if self.may_push_much(task) and self.is_unread(task)]
        return max(room.LEAST_BYTES, min(_EACH_UNREAD, _ALL_UNREAD // max(1, len(unread))))

    def meeting_behind(self, tasks: Collection[str]) -> frozenset[str]:
        """Return which of the tasks of a Parallel have values that meet behind it.

        They are read there; or they are those of instances, which stay together with their records.
        """
        inside = frozenset(tasks)
        return frozenset(task for task in tasks if self._meets_others(task, inside))

    def _meets_others(self, task_id: str, inside: frozenset[str]) -> bool:
        instances = self.steps[task_id].instances
        if instances is not None:
            return instances.length is None or self.may_push_much(task_id)
        return self.may_push_much(task_id) and not self.readers.get(task_id, frozenset()) <= inside

    def staying_inside(self, own: Collection[str], tasks: Collection[str]) -> tuple[str, ...]:
        """Return which of a branch's ``own`` tasks push what only ``tasks``, those of its Parallel, read."""
        inside = frozenset(tasks)
        return tuple(
            task
            for task in own
            if self.steps[task].instances is None
            and self.may_push_much(task)
            and not self.is_unread(task)
            and self.readers[task] <= inside
        )

    def shares(self, meeting: Collection[str]) -> int:
        """Return into how many parts the room of values that meet is divided: a mapped group is one."""
        instances = {task: self.steps[task].instances for task in meeting}
        return len({(each.group if each else "") or f"{task} " for task, each in instances.items()})

    def reserved(self, tasks: Collection[str], looking: Collection[str] = ()) -> int:
        """Return the bytes that the records of these tasks may take, without values that are told their room.

        Those ``looking`` see all data that theirs comes to, and need nothing for what nobody reads.
        """
        return sum(self._record_bytes(task, looks=task in looking) for task in tasks)

    def _record_bytes(self, task_id: str, *, looks: bool) -> int:
        step = self.steps[task_id]
        size = short_record_bytes(task_id) + max(room.LEAST_BYTES, self._failure_bytes)
        if step.orders_skips:
            size += sum(len(child.encode()) + 3 for child in self._downstream.get(task_id, ()))
        if step.instances is not None:
            count = step.instances.length or 0
            return size + count * instance_bytes(step, count)
        if self.may_push_much(task_id) and self.is_unread(task_id) and not looks:
            size += self.unread_bytes - room.LEAST_BYTES
        return size

    @cached_property
    def _failure_bytes(self) -> int:
        return failure_bytes(len(self.workflow.tasks), BYTES_PER_CHARACTER)

    @cached_property
    def _downstream(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for task in self.workflow.tasks:
            for up in task.upstream:
                found.setdefault(up, []).append(task.task_id)
        return found

    def of_task(self, task_id: str, may_push: Expression, *, published: bool) -> TaskRoom:
        """Return the room of a task. ``published``: its record is in the outcome table."""
        unread = self.is_unread(task_id)
        return TaskRoom(may_push, self.text_bytes if published and not unread else None, unread)

    @cached_property
    def text_bytes(self) -> int:
        """How many bytes a value may have as a text in an outcome record, which an outer machine may read
        together with others.
        """
        noted = sum(1 for task in self.noted if self.may_push_much(task) and not self.is_unread(task))
        return room.MOST_BYTES // max(1, noted) - 1_000


def may_push_much(step: Step) -> bool:
    """Whether what a task pushes may be large: what code or a service returns, not ids and ARNs."""
    return step.resource == _LAMBDA or step.pushes_much or calls_function(step)


def instance_bytes(step: Step, count: int) -> int:
    """Return the bytes of the record of an instance, of so many, that has failed or pushes little.

    Of a sum, it is a letter.
    """
    if step.instances is not None and step.instances.summed:
        return 1
    apart = step.instances is not None and step.instances.distributed
    bare = len(step.task_id.encode()) + _AROUND_ID + _INSTANCE_BYTES + _MEASURES_BYTES * apart
    return bare + least_of_instance(count)


def least_of_instance(count: int) -> int:
    """Return the bytes that every instance, of so many, has for what it pushes, or for why it has failed."""
    return max(BYTES_PER_CHARACTER * cause_length(count), room.LEAST_OF_INSTANCE)


def bytes_for_instances(task_ids: Collection[str], most: int = room.MOST_BYTES) -> int:
    """Return what the records of instances may take of ``most`` bytes, beside those of these tasks."""
    failure = max(room.LEAST_BYTES, failure_bytes(len(task_ids), BYTES_PER_CHARACTER))
    tasks = sum(short_record_bytes(task) + failure for task in task_ids)
    # A DAG of very many tasks is several machines.
    return min(most, max(_LEAST_FOR_INSTANCES, room.MOST_BYTES - tasks))


def limited(arguments: Any, reads: Collection[str]) -> Any:
    """Return arguments that fail to evaluate where values of the tasks ``reads`` make them too large.

    One value may be there several times, or as a text in a text.
    """
    named = [f"{_INPUT}.{path(task)}" for task in reads]
    large = [one.text for one in _expressions(arguments) if any(name in one.text for name in named)]
    if not large:
        return arguments
    size = room.size(f"[{', '.join(['$first', *(f'({text})' for text in large[1:])])}]")
    says = f"'{room.TOO_LARGE}: what it hands on of others has ' & $size & ' bytes'"
    bound = f"$first := ({large[0]}); $size := $exists($first) ? {size} : 0"
    first = f"({bound}; $size > {_MOST_HANDED_ON} ? $error({says}) : $first)"
    return _with_expression(arguments, large[0], Expression(first))


def _expressions(value: Any) -> Iterator[Expression]:
    if isinstance(value, Expression):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from _expressions(member)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _expressions(item)


def _with_expression(value: Any, text: str, instead: Expression) -> Any:
    """Return a value with another expression in the place of those with this text."""
    if isinstance(value, Expression):
        return instead if value.text == text else value
    if isinstance(value, Mapping):
        return {name: _with_expression(member, text, instead) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_with_expression(item, text, instead) for item in value]
    return value
