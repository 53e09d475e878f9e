"""``states:startExecution``, ``.sync`` and ``.sync:2``: executions that start executions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from converter.engine import TaskCall, TaskFailure
from converter.local.executions import LocalExecution, stop_and_wait
from converter.local.integrations.aws_calls import AwsCalls, unless_cancelled
from converter.local.integrations.resources import Place, Resource
from converter.local.integrations.shapes import Json, compact, epoch_milliseconds
from converter.local.stepfunctions_api import described


class NestedExecutions:
    """Starts executions and waits for them; ``find`` looks one up by its ARN."""

    def __init__(self, aws: AwsCalls, find: Callable[[str], LocalExecution | None]) -> None:
        self._aws = aws
        self._find = find

    async def run(self, call: TaskCall, resource: Resource, submitted: Callable[[Json], None]) -> Json:
        """Start a child; with ``.sync`` wait for it. Cancelled, it stops the child, as AWS does."""
        start = self._aws.optimised(
            "stepfunctions", "startExecution", call.arguments, Place.of(call.execution_arn)
        )
        if not resource.pattern.startswith("sync"):
            return await start

        async def stop(started: Json) -> None:
            await self._stop(started, call.execution_arn)

        started = await unless_cancelled(start, stop)
        submitted(started)
        child = self._child(started)
        try:
            await child.finished()
        except asyncio.CancelledError:
            await stop(started)
            raise
        shown = shown_execution(child, parse_json=resource.pattern == "sync:2")
        if child.status != "SUCCEEDED":
            raise TaskFailure("States.TaskFailed", compact(shown))
        return shown

    def _child(self, started: Json) -> LocalExecution:
        child = self._find(started["ExecutionArn"])
        if child is None:  # its machine was deleted in this very moment
            message = f"Execution Does Not Exist: '{started['ExecutionArn']}'"
            raise TaskFailure("StepFunctions.ExecutionDoesNotExistException", message)
        return child

    async def _stop(self, started: Json, parent: str) -> None:
        # Measured on AWS by others: for a task that timed out, and for one whose sibling failed.
        managed = (
            f"The Task state in AWS Step Functions execution [{parent}] which was managing this resource"
        )
        await stop_and_wait(self._child(started), cause=f"{managed} was aborted")


def shown_execution(execution: LocalExecution, *, parse_json: bool) -> dict[str, Any]:
    """DescribeExecution's answer as ``.sync`` gives it: sorted, dates in milliseconds.

    With ``parse_json`` (``.sync:2``) input and output are JSON instead of text.
    """
    shown: dict[str, Any] = {}
    for key, value in sorted(described(execution).items()):
        name = key[:1].upper() + key[1:]
        if isinstance(value, datetime):
            shown[name] = epoch_milliseconds(value)
        elif key in {"inputDetails", "outputDetails"}:
            shown[name] = {"Included": value["included"]}
        elif parse_json and key in {"input", "output"}:
            shown[name] = json.loads(value)
        else:
            shown[name] = value
    return shown
