"""Waits for the end of an execution in the triggerer, so that no worker slot is taken meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent
from asgiref.sync import sync_to_async

from dag2sfn_airflow.aws import step_functions
from dag2sfn_airflow.versions import state_of

#: How often in a row AWS may be out of reach before the wait is given up.
PATIENCE = 10
#: Airflow 3.3 cancels a trigger with this message if a user acts on the task, and then calls on_kill itself.
_BY_USER = "__airflow_user_action__"


class ExecutionEndTrigger(BaseTrigger):  # type: ignore[misc]  # mypy does not follow imports into Airflow
    """Fires when an execution has ended, with ``{"execution_arn", "status"}``.

    The status is that of Step Functions; ``OVERDUE`` when ``deadline`` (seconds since 1970) has passed first,
    ``UNREACHABLE`` (with ``message``) if AWS could not be asked for a while.
    """

    def __init__(
        self,
        *,
        execution_arn: str,
        aws_conn_id: str | None,
        region_name: str | None = None,
        poll_interval: float = 10.0,
        deadline: float | None = None,
        stop_on_kill: bool = True,
    ) -> None:
        super().__init__()
        self.execution_arn = execution_arn
        self.aws_conn_id = aws_conn_id
        self.region_name = region_name
        self.poll_interval = poll_interval
        self.deadline = deadline
        self.stop_on_kill = stop_on_kill

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path, and what makes this trigger again in the triggerer."""
        names = (
            "execution_arn",
            "aws_conn_id",
            "region_name",
            "poll_interval",
            "deadline",
            "stop_on_kill",
        )
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        return path, {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield one event."""
        try:
            yield TriggerEvent({"execution_arn": self.execution_arn, **await self._end()})
        except asyncio.CancelledError as cancelled:
            if _BY_USER not in cancelled.args and await self._was_killed():
                await self.on_kill()
            raise

    async def on_kill(self) -> None:
        """Stop the execution: somebody has marked or cleared the task (called by Airflow 3.3 and later)."""
        if self.stop_on_kill:
            await sync_to_async(self._stop)()

    async def _end(self) -> dict[str, str]:
        failures = 0
        while True:
            # Also before the first look: an event that comes before Airflow's scheduler has noticed that the
            # task waits makes it take the task for lost, and fail it.
            await asyncio.sleep(self._pause())
            try:
                status = await sync_to_async(self._status)()
            # Whatever it is: the execution goes on meanwhile, and the next look may tell more.
            except Exception as error:  # noqa: BLE001
                failures += 1
                self.log.warning("AWS cannot be asked about %s: %s", self.execution_arn, error)
                if failures == PATIENCE:
                    return {"status": "UNREACHABLE", "message": str(error)}
            else:
                failures = 0
                if status != "RUNNING":
                    return {"status": status}
            if self.deadline is not None and time.time() >= self.deadline:
                return {"status": "OVERDUE"}

    def _pause(self) -> float:
        left = self.poll_interval if self.deadline is None else self.deadline - time.time()
        return max(0.0, min(self.poll_interval, left))

    async def _was_killed(self) -> bool:
        """Return whether the task is no longer deferred; else the triggerer ends, and another takes over.

        Earlier versions of Airflow do not tell the two apart.
        """
        if self.task_instance is None:
            return False
        return bool(await sync_to_async(state_of)(self.task_instance) != "deferred")

    def _status(self) -> str:
        client = step_functions(self.aws_conn_id, self.region_name)
        return str(client.describe_execution(executionArn=self.execution_arn)["status"])

    def _stop(self) -> None:
        from converter import executions

        client = step_functions(self.aws_conn_id, self.region_name)
        executions.stop(client, self.execution_arn, cause="the task that started it was ended in Airflow")
        self.log.info("Stopped %s", self.execution_arn)
