"""How many bytes a task may push: what is left of the 256 KiB that the data of a state may have.

A task finds out itself where its state sees all the data. Where it does not, it is told how much is left for
it: a branch by the Parallel around it (``asl.rooms``), an instance of a mapped task or group by its Map
(``room``: how large the instance's data may become, what it is given and its share of what is left), the
parts of a task by the state around them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from converter.expressions.jsonata import Expression, literal, path
from converter.operators.step import Instances
from converter.workflow import Task

_INPUT = "$states.input"
#: 256 KiB, but for what Lambda adds to an answer.
MOST_BYTES = 250_000
#: Every record has so many bytes for what its task pushes, however large the others are.
LEAST_BYTES = 300
#: An instance's record is small as well, with so many bytes for what it pushes.
LEAST_OF_INSTANCE = 64
#: The errors of a task whose values have no room in the data, of one with too many instances, and of one
#: whose arguments are others than were expected.
TOO_LARGE, TOO_MANY, UNEXPECTED = "XComTooLarge", "TooManyInstances", "UnexpectedArguments"
_ROOM, _SHARERS = "room", "sharers"
#: In the data of a task's parts: how much the task may push. No task id has a blank.
OF_PARTS_NAME = "room left"
OF_PARTS = Expression(f"{_INPUT}.{path(OF_PARTS_NAME)}")


def of_instance_task(task: Task, forgets: Sequence[str] = ()) -> Expression:
    """Return how many bytes an instance of a mapped task, or a task in one of a mapped group, may push.

    ``forgets`` are those whose outputs go as its record is written.
    """
    place = f"{_INPUT}.{path(task.index_key)}"
    # The place itself may hold records of an earlier execution.
    data = f"$merge([{_INPUT}, {_placeholder(task.index_key)}])"
    left = f"{place}.{_ROOM} - {size(data)}{_given_back(forgets)}"
    if task.mapped_group:
        left = f"$floor(({left}) / {place}.{_SHARERS})"
    return Expression(f"$max([{LEAST_OF_INSTANCE}, {left}])")


def at_hand(reserved: int, forgets: Sequence[str] = (), *, has_records: bool = True) -> str:
    """Return how many bytes are left where a state stands, as JSONata.

    ``reserved`` is what the records of tasks may take that have none yet; ``has_records``: others are there.
    """
    left = str(MOST_BYTES - reserved)
    return f"{left} - {size(_INPUT)}{_given_back(forgets)}" if has_records else left


def of_instance(
    key: str,
    given: Mapping[str, Expression],
    instances: Instances,
    available: str,
    record_bytes: int,
    sharers: int = 0,
) -> dict[str, object]:
    """Return what a Map's ItemSelector tells an instance, under ``key``, of its room.

    ``given`` are the records that it gets besides, ``available`` what all instances may take (JSONata), of
    which each needs ``record_bytes`` for records. Of a group, each task may push what is left by then,
    divided by ``sharers``: how many tasks may push without seeing what the others have pushed.
    """
    count = instances.length if instances.length is not None else instances.count.text
    data = ", ".join(f"{literal(task)}: {record.text}" for task, record in given.items())
    share = f"$floor(({available}) / $max([1, {count}])) - {record_bytes}"
    room = f"{size(f'$merge([{{{data}}}, {_placeholder(key)}])')} + {share}"
    return {_ROOM: str(Expression(room)), **({_SHARERS: sharers} if sharers else {})}


def pushed(values: Collection[str]) -> str:
    """Return the bytes of what a task pushes, as JSONata over these values."""
    return size(f"[{', '.join(values)}]")


def size(data: str) -> str:
    """Return the bytes of JSONata data as JSON, at most: a character outside of ASCII takes four."""
    return f"$length($replace($string({data}), /[^ -~]/, 'four'))"


def _given_back(forgets: Sequence[str]) -> str:
    """Return what is to be added for outputs that go: fewer bytes than they take, whatever they are."""
    if not forgets:
        return ""
    fields = [f"{record}.{field}" for task in forgets for record in _places_of(task) for field in _PUSHED]
    return f" + $max([0, $length($string([{', '.join(fields)}])) - 9])"


_PUSHED = ("output", "xcom")


def _places_of(task: str) -> tuple[str, str]:
    return f"{_INPUT}.{path(task)}", f"{_INPUT}.{path(task)}.instances"


def _placeholder(key: str) -> str:
    return f"{{{literal(key)}: 0}}"
