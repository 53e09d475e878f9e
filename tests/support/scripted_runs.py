"""Executions on the virtual clock whose tasks do what a test says: how they end, and when that is."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

from converter.engine import TaskResult

MIDNIGHT = datetime(2026, 1, 1, tzinfo=timezone.utc)
ARN = "arn:aws:states:us-east-1:123456789012:execution:dag2sfn-example:r"


def at(seconds: float) -> datetime:
    """The moment so many seconds after the execution's start."""
    return MIDNIGHT + timedelta(seconds=seconds)


def succeeds(seconds: float) -> TaskResult:
    return TaskResult(seconds, {"Id": f"jr_{seconds:g}"})


def fails(seconds: float, error: str = "States.TaskFailed", cause: str = "no luck") -> TaskResult:
    return TaskResult(seconds, error=error, cause=cause)


def by_day(**script: Any) -> Any:
    """What an instance does, by its --day; a list has the tries. Others take a second and succeed."""

    def run(call: Any) -> Any:
        given = call.arguments.get("Arguments", {})
        this = script.get(given.get("--day", ""), succeeds(1))
        return this[min(call.retry_count, len(this) - 1)] if isinstance(this, list) else this

    return run


def states(result: Any) -> dict[str, str | None]:
    """The state of each task of what was read back."""
    return {task_id: task.state for task_id, task in result.tasks.items()}


def records_of(execution: Any) -> dict[str, Any]:
    """The records of the tasks of an execution that has ended: its output, or the input of its Fail state."""
    if execution.status == "SUCCEEDED":
        return dict(json.loads(execution.output or "{}"))
    entered = [event for event in execution.history if event.type == "FailStateEntered"]
    assert entered, (execution.status, execution.error, execution.cause)
    return dict(json.loads((entered[-1].details or {})["input"]))
