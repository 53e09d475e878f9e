"""What a run leaves in XComs, and how its failure reads. Knows no Airflow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from converter.executions import RunResult, TaskResult

#: Larger values stay in the execution; Airflow's database is no place for them.
LARGEST_XCOM = 48 * 1024
#: Of a cause that a failure tells.
_LONGEST_CAUSE = 500
_REFERENCE = "dag2sfn_output"


def xcoms(result: RunResult, largest: int = LARGEST_XCOM) -> dict[str, Any]:
    """Return the XComs of a run: each task's output under its id, other keys as ``task_id[key]``.

    A value of more than ``largest`` bytes of JSON is replaced by a reference, which ``resolve`` reads.
    """
    found: dict[str, Any] = {}
    for task_id, task in result.tasks.items():
        if task.output is not None:
            found[task_id] = _small(result, task_id, None, task.output, largest)
        for key, value in task.xcom.items():
            found[f"{task_id}[{key}]"] = _small(result, task_id, key, value, largest)
    return found


def resolve(client: Any, value: Any) -> Any:
    """Return the output that a reference stands for; any other value is returned as it is.

    Raises KeyError if the execution has no such output; Dag2SfnError if it is gone (after 90 days).
    """
    reference = value.get(_REFERENCE) if isinstance(value, Mapping) else None
    if not isinstance(reference, Mapping):
        return value
    from converter import executions

    task = executions.read_back(client, reference["execution_arn"]).tasks[reference["task_id"]]
    return task.output if reference["key"] is None else task.xcom[reference["key"]]


def summary(result: RunResult) -> dict[str, Any]:
    """Return the return value of the operator: which execution, how it ended, and each task's state."""
    return {
        "execution_arn": result.execution_arn,
        "status": result.status,
        "tasks": {task_id: task.state for task_id, task in result.tasks.items()},
    }


def failure(result: RunResult) -> str:
    """Return why a run did not succeed, with the names and the causes of the tasks that failed."""
    failed = {task_id: task for task_id, task in result.tasks.items() if task.state == "failed"}
    lines = [f"The execution {result.execution_arn} {_ended(result)}"]
    lines += [f"task {task_id} failed: {_cause(task)}" for task_id, task in failed.items()]
    late = [task_id for task_id, task in result.tasks.items() if task.state == "upstream_failed"]
    if late:
        lines.append(f"not run because of that: {', '.join(late)}")
    if not failed and result.cause:
        lines.append(_short(f"{result.error}: {result.cause}"))
    return "\n".join(lines)


def _ended(result: RunResult) -> str:
    unfinished = [task_id for task_id, task in result.tasks.items() if task.state == "skipped"]
    if result.status == "TIMED_OUT":
        return (
            f"took longer than the DAG's dagrun_timeout; not finished: {', '.join(unfinished) or 'nothing'}"
        )
    if result.status == "ABORTED":
        return f"was stopped: {_short(result.cause or 'no reason was given')}"
    return "failed"


def _cause(task: TaskResult) -> str:
    cause = _message(task.cause) if task.cause else None
    return _short(": ".join(filter(None, (task.error, cause))) or "no reason is known")


def _message(cause: str) -> str:
    """Return what a Lambda function or a Glue job says went wrong; any other cause as it is."""
    try:
        told = json.loads(cause)
    except ValueError:
        return cause
    message = (told.get("errorMessage") or told.get("ErrorMessage")) if isinstance(told, dict) else None
    return message if isinstance(message, str) and message else cause


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_CAUSE else f"{text[:_LONGEST_CAUSE]}…"


def _small(result: RunResult, task_id: str, key: str | None, value: Any, largest: int) -> Any:
    size = len(json.dumps(value))
    if size <= largest:
        return value
    reference = {"execution_arn": result.execution_arn, "task_id": task_id, "key": key, "bytes": size}
    return {_REFERENCE: reference}
