"""The machine's data, and the JSONata that writes and reads it.

State data is one record for each task that is decided: ``{task_id: {state, at, output}}``, for a failed
task also ``error`` and ``cause``. ``at`` is the time of the decision in milliseconds since 1970: for a task
that does not run, the time of the event that decided it. Every expression here is total: whatever the data,
it has a value, because an evaluation error outside a Task ends the whole execution.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from converter.expressions.jsonata import Expression, literal

#: How much of a failed task's cause its record keeps (characters); the history has it all.
CAUSE_LENGTH = 300

INPUT = "$states.input"
NOT_SUCCESSFUL = "[state != 'success']"


def succeeded(task_id: str, output: Expression | None, *, has_records: bool) -> Expression:
    """Return the data with the record of a task that has just succeeded."""
    fields = {"state": literal("success"), "at": "$millis()"}
    if output is not None:
        fields["output"] = output.text
    return _with_record(task_id, fields, has_records=has_records)


def failed(task_id: str, *, has_records: bool, data: str = INPUT) -> Expression:
    """Return the data with the record of a task whose last try has just failed (in a Catch)."""
    fields = {
        "state": literal("failed"),
        "at": "$millis()",
        "error": "$string($states.errorOutput.Error)",
        "cause": f"$substring($string($states.errorOutput.Cause), 0, {CAUSE_LENGTH})",
    }
    return _with_record(task_id, fields, has_records=has_records, data=data)


def failed_because(task_id: str, error: str, cause: str, *, has_records: bool, data: str) -> Expression:
    """Return the data with the record of a task that failed for a reason known at conversion."""
    fields = {"state": literal("failed"), "at": "$millis()", "error": literal(error), "cause": literal(cause)}
    return _with_record(task_id, fields, has_records=has_records, data=data)


def upstream_failed(task_ids: Sequence[str], *, data: str, decided_by: str) -> Expression:
    """Return ``data`` with each task that has no record yet recorded as upstream_failed.

    ``decided_by`` is an expression for the records among which the earliest that did not succeed decided it.
    """
    decided_at = f"$min({decided_by}.*{NOT_SUCCESSFUL}.at)"
    record = "{$task: {'state': 'upstream_failed', 'at': $at}}"
    rest = f"$map({literal(list(task_ids))}, function($task) {{{record}}})"
    return Expression(f"($at := {decided_at}; $merge([$merge({rest}), {data}]))")


def joined(*, has_records: bool) -> Expression:
    """Return the data after a Parallel: what was there, and what its branches recorded."""
    branches = "$merge($states.result)"
    return Expression(f"$merge([{INPUT}, {branches}])" if has_records else branches)


def all_successful(records: str = INPUT) -> Expression:
    """Return whether no record says other than success."""
    return Expression(f"$count({records}.*{NOT_SUCCESSFUL}) = 0")


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
    task_id: str, fields: Mapping[str, str], *, has_records: bool, data: str = INPUT
) -> Expression:
    pairs = ", ".join(f"{literal(name)}: {value}" for name, value in fields.items())
    record = f"{{{literal(task_id)}: {{{pairs}}}}}"
    return Expression(f"$merge([{data}, {record}])" if has_records else record)
