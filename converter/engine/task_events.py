"""The events of a Task's try. Service integrations and Lambda functions named by ARN have different ones."""

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
        self._is_function = resource.service is None
        self._prefix = "LambdaFunction" if self._is_function else "Task"
        self._common: dict[str, Any] = (
            {} if self._is_function else {"resourceType": resource.service, "resource": resource.action}
        )

    def scheduled(
        self, arguments: Data, timeout: int | None, heartbeat: int | None, role: str | None
    ) -> None:
        """Record that the call is made (and, at once, that it has started). Times are seconds."""
        if self._is_function:
            details = {"resource": self._resource.arn, **with_text("input", arguments.text)}
        else:
            details = {**self._common, "region": self._region, "parameters": arguments.text}
        if timeout is not None:
            details["timeoutInSeconds"] = timeout
        if heartbeat is not None and not self._is_function:
            details["heartbeatInSeconds"] = heartbeat
        if role is not None:
            details["taskCredentials"] = {"roleArn": role}
        self._branch.record(f"{self._prefix}Scheduled", details)
        self._record("Started", {})

    def submitted(self, answer: Data) -> None:
        """Record the service's first answer; a direct function call has none."""
        if not self._is_function:
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
