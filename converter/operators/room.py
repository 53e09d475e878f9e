"""How many bytes a Python task may push: what is left of the 256 KiB that an execution's data may have.

A task finds out itself where it sees all the data. An instance of a mapped task or group does not: it has the
records that it reads, and the state behind it merges them with all. So the Map, which sees all, tells each
instance how large its data may become (``room``, in bytes): what it is given, and its share of what is left.
Nor do the parts of a task see all: they are told what the task may push.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from converter.expressions.jsonata import Expression, literal, path
from converter.operators.step import Instances
from converter.workflow import Task

_INPUT = "$states.input"
#: 256 KiB, but for the task's own record and for what Lambda adds to an answer.
_MOST_BYTES = 250_000
#: What the record of an instance takes besides what it pushes; all of them are one state's result.
_RECORD_BYTES = 150
_ROOM, _SHARERS = "room", "sharers"
#: In the data of a task's parts: how much the task may push. No task id has a blank.
OF_PARTS_NAME = "room left"
OF_PARTS = Expression(f"{_INPUT}.{path(OF_PARTS_NAME)}")


def of_task(task: Task, data: str = _INPUT) -> Expression:
    """Return how many bytes a task may push, where its state stands.

    ``data`` is what its record is merged into, as JSONata.
    """
    if task.expansion is None:
        return Expression(f"{_MOST_BYTES} - {_size(data)}")
    place = f"{_INPUT}.{path(task.index_key)}"
    # The place itself may hold records of an earlier execution.
    left = f"{place}.{_ROOM} - {_size(f'$merge([{data}, {_placeholder(task.index_key)}])')}"
    return Expression(f"$floor(({left}) / {place}.{_SHARERS})" if task.mapped_group else left)


def of_instance(
    key: str, given: Mapping[str, Expression], instances: Instances, tasks: Collection[str], sharers: int = 0
) -> dict[str, object]:
    """Return what a Map's ItemSelector tells an instance, under ``key``, of the room of its ``tasks``.

    ``given`` are the records that it gets besides. Of a group, each task may push what is left by then,
    divided by ``sharers``: how many tasks may push without seeing what the others have pushed.
    """
    count = instances.length if instances.length is not None else instances.count.text
    data = ", ".join(f"{literal(task)}: {record.text}" for task, record in given.items())
    share = f"$floor(({_MOST_BYTES} - {_size(_INPUT)}) / $max([1, {count}])) - {_RECORD_BYTES * len(tasks)}"
    room = f"{_size(f'$merge([{{{data}}}, {_placeholder(key)}])')} + {share}"
    return {_ROOM: str(Expression(room)), **({_SHARERS: sharers} if sharers else {})}


def _placeholder(key: str) -> str:
    return f"{{{literal(key)}: 0}}"


def _size(data: str) -> str:
    """Return the bytes of JSONata data as JSON, at most: a character outside of ASCII takes four."""
    return f"$length($replace($string({data}), /[^ -~]/, 'four'))"
