"""The machine's data, and the JSONata that writes and reads it.

State data is one record for each task that is decided: ``{task_id: {state, at, output, xcom}}``. ``output``
is its return value, ``xcom`` has what it pushed under other keys, ``job`` how the job has ended that the
sensor behind it is about. ``at`` is the time of the decision in
milliseconds since 1970: for a task that does not run, that of the event that decided it. A failed task has
``error`` and ``cause``. A branch has ``skips``: whom it has told to be skipped (ids, or "all"). A task that
was so told after it had become upstream_failed has ``first``, its record until then.

Every expression here is total: whatever the data, it has a value, because an evaluation error outside a Task
ends the whole execution.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from converter.expressions.jsonata import Expression, literal, path
from converter.operators import room
from converter.operators.parts import EVALUATION_ERROR
from converter.operators.step import Step

if TYPE_CHECKING:
    from converter.asl.rooms import TaskRoom

INPUT = "$states.input"
#: The records of an earlier execution that this one goes on from.
RESUMED = "$states.context.Execution.Input.resumed"
#: In the data of a task's parts: which try this is. No task id has a blank.
TRY_NUMBER_NAME = "try number"
#: The error of a task that was refused at conversion.
NOT_CONVERTED = "NotConverted"
#: The records of its instances, by task, of mapped tasks that the earlier execution has not done wholly.
RESUMED_INSTANCES = "$states.context.Execution.Input.resumed_instances"
#: A record without its output or cause: braces, field names, state, time.
_RECORD_BYTES = 80
#: The name of an error.
_ERROR_BYTES = 100
#: Of a cause, few characters take more bytes than this.
BYTES_PER_CHARACTER = 3
#: The name of an error in the record of an instance, and what those of few instances may take together.
_ERROR_OF_INSTANCE, _ERRORS_OF_INSTANCES = 50, 2_000
NOT_SUCCESSFUL = "[state != 'success']"


def succeeded(
    step: Step,
    *,
    has_records: bool,
    at: str = "$millis()",
    forgets: Sequence[str] = (),
    room: TaskRoom | None = None,
) -> Expression:
    """Return the data with the record of a task that has just succeeded, at the time ``at`` (JSONata).

    ``forgets`` are the tasks whose outputs nobody reads from here on, see :func:`without_outputs`. ``room``:
    what it may push, if that is to be looked at here.
    """
    fields = {"state": literal("success"), "at": at}
    more = {"output": step.output, "xcom": step.xcom, "skips": step.skip}
    if step.parts:  # what came out of their only branch
        branch = "$states.result[0]"
        more["job"] = step.job
        more |= {name: Expression(f"{branch}.{name}") for name in ("output", "xcom", "job") if more[name]}
    # What has no value in the result is left out of the record by JSONata itself.
    fields |= {name: expression.text for name, expression in more.items() if expression is not None}
    data = without_outputs(forgets)
    return _with_record(step.task_id, fields, has_records=has_records, data=data, room=room)


def without_outputs(task_ids: Sequence[str], data: str = INPUT) -> str:
    """Return the data, as JSONata, in which the records of some tasks have lost what the tasks pushed."""
    if not task_ids:
        return data
    records = ", ".join(f"{literal(task)}: $lose({data}.{path(task)})" for task in task_ids)
    return f"($lose := {_LOSES}; $merge([{data}, {{{records}}}]))"


def without_all_outputs(data: str) -> str:
    """Return records, as JSONata, all without what the tasks pushed."""
    return (
        f"($lose := {_LOSES}; $merge([{{}}, $each({data}, function($r, $task) {{ {{$task: $lose($r)}} }})]))"
    )


_KEPT = "function($v, $k) { $not($k in ['output', 'xcom']) }"
_OF_EACH = f"$append([], $map($r.instances, function($i) {{ $sift($i, {_KEPT}) }})[])"
_LOSES = (
    f"function($r) {{ $exists($r.instances) ? $merge([$r, {{'instances': {_OF_EACH}}}])"
    f" : $sift($r, {_KEPT}) }}"
)


def of_task(task_id: str) -> Expression:
    """Return the record of a task."""
    return Expression(f"{INPUT}.{path(task_id)}")


def of_task_if_there(task_id: str) -> Expression:
    """Return the record of a task that may not be decided yet; one without anything in it, if it is not."""
    record = of_task(task_id).text
    return Expression(f"$exists({record}) ? {record} : {{}}")


def cause_length(task_count: int) -> int:
    """Return how much of a failed task's cause its record keeps, in characters; the history has it all.

    If all tasks of a large DAG fail, or all instances of a mapped task, their records still have to fit into
    the data of one state.
    """
    return min(300, max(24, 9_000 // max(1, task_count)))


def short_record_bytes(task_id: str) -> int:
    """Return the bytes of a record without its output or cause."""
    return len(task_id.encode()) + _RECORD_BYTES


def failure_bytes(task_count: int, of_character: int) -> int:
    """Return the bytes of a failure in a record: the error's name, and what is kept of the cause.

    ``of_character``: how many bytes a character of the cause takes.
    """
    return _ERROR_BYTES + of_character * cause_length(task_count)


def failed(
    task_id: str, *, has_records: bool, task_count: int, instances: int = 0, may_say_why: bool = False
) -> Expression:
    """Return the data with the record of a task whose last try has just failed (in a Catch).

    ``instances``: it is an instance, of so many; ``may_say_why`` as in :func:`failure_caught`.
    """
    failure = failure_caught(task_count, instances=instances, may_say_why=may_say_why)
    return all_failed([task_id], failure, data=[INPUT] if has_records else [])


@lru_cache(maxsize=256)
def failure_caught(task_count: int, *, instances: int = 0, may_say_why: bool = False) -> str:
    """Return the record of a failure that has just been caught, as JSONata (in a Catch).

    ``instances``: it is one of so many, whose records have no more bytes than they are counted with.
    ``may_say_why``: one of its expressions may fail and say why, ``<error>: <cause>``.
    """
    error, cause = "$string($states.errorOutput.Error)", "$string($states.errorOutput.Cause)"
    length = cause_length(max(task_count, instances))

    def record(error: str, cause: str) -> str:
        if not instances:
            return _failure(error, f"$substring({cause}, 0, {length})")
        most = max(_ERROR_OF_INSTANCE, _ERRORS_OF_INSTANCES // instances)
        return _failure(_kept(error, most), _kept(cause, length, BYTES_PER_CHARACTER))

    if not may_say_why:
        return record(error, cause)
    # What an expression says stands behind the expression itself, which has the same words in quotes.
    # What the DAG's own code says means nothing of the kind: its errors are others.
    errors = "|".join((room.TOO_LARGE, room.TOO_MANY, room.UNEXPECTED))
    said = f"{error} = '{EVALUATION_ERROR}' ? $match({cause}, /({errors}): ([^\\x27]*)$/)[0].groups"
    found = record(f"$exists($said) ? $said[0] : {error}", f"$exists($said) ? $said[1] : {cause}")
    return f"($said := {said}; {found})"


def _kept(text: str, characters: int, of_character: int = 1) -> str:
    """Return the beginning of a text, as JSONata: so many characters, or fewer if these take more bytes than
    ``of_character`` each. In JSON none takes more than four but control characters, which become blanks.
    """
    most = characters * of_character
    beginning = f"$substring($replace({text}, /[\\x00-\\x1f]/, ' '), 0, {characters})"
    around = len('[""]')
    return (
        f"($kept := {beginning}; {room.size('[$kept]')} > {most + around}"
        f" ? $substring($kept, 0, {most // 4}) : $kept)"
    )


def failure_because(error: str, cause: str) -> str:
    """Return the record of a failure for a reason known at conversion, as JSONata."""
    return _failure(literal(error), literal(cause))


def all_failed(
    task_ids: Sequence[str], failure: str, *, unless: Sequence[str] = (), data: Sequence[str]
) -> Expression:
    """Return the ``data`` with the record ``failure`` of each of these tasks, and of each task in ``unless``
    that has no record in the data.
    """
    count = len(task_ids) + len(unless)
    each = failure if count == 1 else "$failure"

    def of(names: Sequence[str]) -> list[str]:
        return ["{" + ", ".join(f"{literal(name)}: {each}" for name in names) + "}"] if names else []

    parts = [*of(unless), *data, *of(task_ids)]
    found = f"$merge([{', '.join(parts)}])" if len(parts) > 1 else parts[0]
    return Expression(found if count == 1 else f"($failure := {failure}; {found})")


def _failure(error: str, cause: str) -> str:
    return f"{{'state': 'failed', 'at': $millis(), 'error': {error}, 'cause': {cause}}}"


def skipped(task_id: str, *, has_records: bool) -> Expression:
    """Return the data with the record of a task that has just skipped itself (in a Catch)."""
    fields = {"state": literal("skipped"), "at": "$millis()"}
    return _with_record(task_id, fields, has_records=has_records)


def resumed_as(task_id: str, state: str, earlier: str = RESUMED) -> Expression:
    """Return whether the execution that this one goes on from has left a task in this state."""
    return Expression(f"{earlier}.{path(task_id)}.state = {literal(state)}")


def as_before(task_id: str, field: str, value: Expression) -> Expression:
    """Return what a task's record has in a field if an earlier execution has done it, else ``value``."""
    earlier = f"{RESUMED}.{path(task_id)}"
    return Expression(f"$exists({earlier}) ? {earlier}.{field} : {value.text}")


def with_resumed(task_id: str, *, has_records: bool, earlier: str = RESUMED) -> Expression:
    """Return the data with a task's record of the execution that this one goes on from."""
    record = f"{{{literal(task_id)}: {earlier}.{path(task_id)}}}"
    return Expression(f"$merge([{INPUT}, {record}])" if has_records else record)


def not_converted(task_id: str, reason: str, *, has_records: bool) -> Expression:
    """Return the data with the record of a task that was refused, and is in the machine all the same."""
    failure = failure_because(NOT_CONVERTED, reason)
    return all_failed([task_id], failure, data=[INPUT] if has_records else [])


def joined(*, has_records: bool) -> Expression:
    """Return the data after a Parallel: what was there, and what its branches recorded."""
    branches = "$merge($states.result)"
    return Expression(f"$merge([{INPUT}, {branches}])" if has_records else branches)


def all_successful(records: str) -> Expression:
    """Return whether none of the records (an array) says other than success."""
    return Expression(f"$count({records}{NOT_SUCCESSFUL}) = 0")


def with_record(task_id: str, record: str, data: str = INPUT) -> Expression:
    """Return the data with a task's record, given as JSONata."""
    return Expression(f"$merge([{data}, {{{literal(task_id)}: {record}}}])")


def only(task_ids: Sequence[str], forgets: Sequence[str] = ()) -> Expression:
    """Return the data without the records of other tasks; ``forgets`` as in :func:`succeeded`."""
    return Expression(
        f"$sift({without_outputs(forgets)}, function($record, $task) {{$task in {literal(list(task_ids))}}})"
    )


def without(task_ids: Sequence[str], forgets: Sequence[str] = ()) -> Expression:
    """Return the data without the records of these tasks; ``forgets`` as in :func:`succeeded`."""
    strangers = literal(list(task_ids))
    # Of nothing, $sift has no value.
    return Expression(
        f"$merge([{{}}, $sift({without_outputs(forgets)}, function($record, $task)"
        f" {{$not($task in {strangers})}})])"
    )


def run_cause() -> Expression:
    """Return the cause of a failed run: the failed tasks with their errors, and those behind them.

    An ASL cause has at most 32,768 characters.
    """
    failures = f"$sift({INPUT}, function($record) {{$record.state = 'failed'}})"
    behind = f"$sift({INPUT}, function($record) {{$record.state = 'upstream_failed'}})"
    named = f"$each({failures}, function($record, $task) {{$task & ' (' & $record.error & ')'}})"
    return Expression(
        f"$substring('failed: ' & $join({named}, ', ')"
        f" & ($exists({behind}) ? '; upstream_failed: ' & $join($keys({behind}), ', ') : ''), 0, 32000)"
    )


def _with_record(
    task_id: str,
    fields: Mapping[str, str],
    *,
    has_records: bool,
    data: str = INPUT,
    room: TaskRoom | None = None,
) -> Expression:
    record = "{" + ", ".join(f"{literal(name)}: {value}" for name, value in fields.items()) + "}"
    record = f"{{{literal(task_id)}: {room.checked(record) if room else record}}}"
    return Expression(f"$merge([{data}, {record}])" if has_records else record)
