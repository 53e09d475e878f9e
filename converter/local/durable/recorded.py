"""Executions that are over because the process that ran them is: what is left is their history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from converter.engine import HistoryEvent

INTERRUPTED = "The local AWS ended while this execution ran; its state was read back afterwards."

_STATUSES = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionTimedOut": "TIMED_OUT",
    "ExecutionAborted": "ABORTED",
}


@dataclass(frozen=True)
class RecordedRun:
    """What the engine's Execution is to the API, read from a finished history."""

    history: Sequence[HistoryEvent]
    start_date: datetime

    @property
    def _end(self) -> HistoryEvent:
        return self.history[-1]

    def _detail(self, name: str) -> Any:
        return (self._end.details or {}).get(name)

    @property
    def status(self) -> str:
        """SUCCEEDED, FAILED, TIMED_OUT or ABORTED."""
        return _STATUSES[self._end.type]

    @property
    def output(self) -> str | None:
        """The output as JSON text, if it succeeded."""
        text: str | None = self._detail("output")
        return text

    @property
    def error(self) -> str | None:
        """The error, if it failed."""
        error: str | None = self._detail("error")
        return error

    @property
    def cause(self) -> str | None:
        """The cause, if it failed."""
        cause: str | None = self._detail("cause")
        return cause

    @property
    def stop_date(self) -> datetime:
        """When it ended."""
        return self._end.timestamp

    def waits_for(self, token: str) -> bool:
        """No task waits any more."""
        return False

    def stop(self, error: str | None = None, cause: str | None = None) -> None:
        """Do nothing: it has ended."""


def has_ended(history: Sequence[HistoryEvent]) -> bool:
    """Whether the last event is an execution's end."""
    return bool(history) and history[-1].type in _STATUSES


def interruption(history: Sequence[HistoryEvent], moment: datetime) -> HistoryEvent:
    """The event that ends an execution whose process is gone."""
    last = history[-1].id if history else 0
    details = {"error": "States.Runtime", "cause": INTERRUPTED}
    return HistoryEvent(last + 1, last, "ExecutionFailed", moment, details)
