"""A job of any service: what was asked for, when it runs, how it ends, and its phase at any moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from converter.local.glue_runs import RunPlan

QUEUED_SECONDS = 0.1
"""How long a job waits before it runs: long enough to be seen, short enough for tests."""


class Phase(Enum):
    """Where a job is in its life. Every service has words of its own for these."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    STOPPED = "stopped"


_ENDS = {"SUCCEEDED": Phase.SUCCEEDED, "STOPPED": Phase.STOPPED, "TIMEOUT": Phase.TIMED_OUT}
"""By the outcome a plan names; every other outcome is a failure."""


@dataclass(frozen=True)
class Job:
    """One job. ``request`` is the call that started it, names as the API spells them.

    ``begins_on`` is when its time starts to count: later than ``created_on`` if it waits for another job.
    """

    id: str
    arn: str
    request: Mapping[str, Any]
    created_on: datetime
    begins_on: datetime
    plan: RunPlan
    stopped_on: datetime | None = None
    stop_reason: str | None = None

    @property
    def runs_from(self) -> datetime:
        """When it leaves the queue."""
        return self.begins_on + timedelta(seconds=min(QUEUED_SECONDS, self.plan.seconds / 2))

    @property
    def ends_on(self) -> datetime:
        """When it ends, as far as is known now."""
        return self.stopped_on or self.begins_on + timedelta(seconds=self.plan.seconds)

    def phase(self, now: datetime) -> Phase:
        """Return where it is at ``now``."""
        if self.stopped_on is not None:
            return Phase.STOPPED
        if now >= self.ends_on:
            return _ENDS.get(self.plan.outcome, Phase.FAILED)
        return Phase.QUEUED if now < self.runs_from else Phase.RUNNING

    def is_over(self, now: datetime) -> bool:
        """Tell whether it has ended at ``now``."""
        return now >= self.ends_on

    def has_run(self, now: datetime) -> bool:
        """Tell whether it has left the queue to run, and was not stopped before."""
        return min(now, self.ends_on) >= self.runs_from

    def problem(self, now: datetime) -> str | None:
        """Return what went wrong, in words; None while nothing has."""
        phase = self.phase(now)
        if phase is Phase.STOPPED:
            return self.stop_reason or self.plan.error
        return self.plan.error if phase in (Phase.FAILED, Phase.TIMED_OUT) else None
