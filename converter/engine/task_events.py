"""The events of a Task's try. Service integrations, functions named by ARN, and activities have their own."""

from __future__ import annotations

from typing import Any

from converter.engine.data import Data
from converter.engine.definition import Resource
from converter.engine.failures import failure_details
from converter.engine.history import with_text
from converter.engine.visit import Visit


class TaskEvents:
    """Records the course of one try."""

    def __init__(self, visit: Visit, resource: Resource) -> None:
        self._branch = visit.branch
        self._region = visit.runtime.region
        self._resource = resource
        self.is_activity = resource.pattern == "activity"
        self._is_service = resource.service is not None
        self._prefix = "Task" if self._is_service else "Activity" if self.is_activity else "LambdaFunction"
        self._common: dict[str, Any] = (
            {"resourceType": resource.service, "resource": resource.action} if self._is_service else {}
        )

    def scheduled(
        self, arguments: Data, timeout: int | None, heartbeat: int | None, role: str | None
    ) -> None:
        """Record that the call is made (and, but for activities, has started). Times are seconds."""
        if self._is_service:
            details = {**self._common, "region": self._region, "parameters": arguments.text}
        else:
            details = {"resource": self._resource.arn, **with_text("input", arguments.text)}
        if timeout is not None:
            details["timeoutInSeconds"] = timeout
        if heartbeat is not None and (self._is_service or self.is_activity):
            details["heartbeatInSeconds"] = heartbeat
        if role is not None:
            details["taskCredentials"] = {"roleArn": role}
        self._branch.record(f"{self._prefix}Scheduled", details)
        if not self.is_activity:
            self._record("Started", {})

    def submitted(self, answer: Data) -> None:
        """Record the service's first answer, or that a worker took the activity; a function has neither."""
        if self.is_activity:
            self._record("Started", answer.value)
        elif self._is_service:
            self._record("Submitted", with_text("output", answer.text))

    def succeeded(self, result: Data) -> None:
        """Record the result."""
        self._record("Succeeded", with_text("output", result.text))

    def failed(self, error: str | None, cause: str | None) -> None:
        """Record the failure."""
        self._record("Failed", failure_details(error, cause))

    def timed_out(self, error: str) -> None:
        """Record that the time is up; there is no cause (recorded)."""
        self._record("TimedOut", {"error": error})

    def _record(self, suffix: str, details: dict[str, Any]) -> None:
        self._branch.record(f"{self._prefix}{suffix}", {**self._common, **details} or None)
