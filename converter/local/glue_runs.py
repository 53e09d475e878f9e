"""The model of Glue job runs: how long a run takes, how it ends, and what it looks like at any moment.

Nothing runs. A run's end is decided when it starts, from ``--local-seconds``, ``--local-outcome`` and
``--local-error`` in its arguments (else in the job's default arguments), and its state follows from the time
that has passed. So a thousand runs cost a thousand small objects, and no thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from secrets import token_hex
from typing import Any

SECONDS_ARGUMENT = "--local-seconds"
OUTCOME_ARGUMENT = "--local-outcome"
ERROR_ARGUMENT = "--local-error"

DEFAULT_SECONDS = 1.0
STARTING_SECONDS = 0.1
STOPPING_SECONDS = 0.3

FINAL_STATES = frozenset({"SUCCEEDED", "FAILED", "TIMEOUT", "ERROR", "STOPPED", "EXPIRED"})
DEFAULT_ERRORS = {
    "FAILED": "Command failed with exit code 1",
    "TIMEOUT": "Job run timed out",
    "ERROR": "The job run could not be started",
    "EXPIRED": "The job run waited too long for resources",
}


class LocalArgumentError(ValueError):
    """A ``--local-…`` argument that says nothing the model understands."""


@dataclass(frozen=True)
class RunPlan:
    """What a run was told to do: ``seconds`` it takes, the state it ends in, and its error message."""

    seconds: float = DEFAULT_SECONDS
    outcome: str = "SUCCEEDED"
    error: str | None = None

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, str], timeout_minutes: int | None = None) -> RunPlan:
        """Read the plan from merged arguments (the run's over the job's default ones).

        ``timeout_minutes`` is Glue's own ``Timeout``: a longer run ends there in the state TIMEOUT.
        Raises :class:`LocalArgumentError`.
        """
        text = arguments.get(SECONDS_ARGUMENT, str(DEFAULT_SECONDS))
        try:
            seconds = float(text)
        except ValueError:
            raise LocalArgumentError(f"{SECONDS_ARGUMENT} is {text!r}; write a number of seconds") from None
        if not 0 <= seconds < float("inf"):
            raise LocalArgumentError(f"{SECONDS_ARGUMENT} is {text!r}; write a number of seconds, 0 or more")
        outcome = arguments.get(OUTCOME_ARGUMENT, "SUCCEEDED").upper()
        if outcome not in FINAL_STATES:
            raise LocalArgumentError(
                f"{OUTCOME_ARGUMENT} is {outcome!r}; use {', '.join(sorted(FINAL_STATES))}"
            )
        error = arguments.get(ERROR_ARGUMENT)
        if timeout_minutes is not None and seconds > timeout_minutes * 60:
            seconds, outcome, error = timeout_minutes * 60.0, "TIMEOUT", None
        return cls(seconds, outcome, error or DEFAULT_ERRORS.get(outcome))


@dataclass(frozen=True)
class JobRun:
    """One run. ``settings`` are the capacity fields that Glue echoes (WorkerType, MaxCapacity, …)."""

    id: str
    job_name: str
    arguments: Mapping[str, str]
    started_on: datetime
    plan: RunPlan
    stop_requested_on: datetime | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def planned_end(self) -> datetime:
        """When the run ends, if nobody stops it."""
        return self.started_on + timedelta(seconds=self.plan.seconds)

    @property
    def completed_on(self) -> datetime:
        """When the run ends, as far as is known now."""
        if self.stop_requested_on is None:
            return self.planned_end
        return self.stop_requested_on + timedelta(seconds=STOPPING_SECONDS)

    def state(self, now: datetime) -> str:
        """The JobRunState at ``now``."""
        if self.stop_requested_on is not None:
            return "STOPPED" if now >= self.completed_on else "STOPPING"
        if now >= self.planned_end:
            return self.plan.outcome
        starting = min(STARTING_SECONDS, self.plan.seconds / 2)
        return "STARTING" if now < self.started_on + timedelta(seconds=starting) else "RUNNING"

    def is_over(self, now: datetime) -> bool:
        """Whether the run is in a final state at ``now``."""
        return self.state(now) in FINAL_STATES

    def describe(self, now: datetime) -> dict[str, Any]:
        """The ``JobRun`` structure of Glue's API at ``now``: capitalised keys, aware datetimes."""
        state, over = self.state(now), self.is_over(now)
        changed = self.completed_on if over else self.stop_requested_on or self.started_on
        until = self.completed_on if over else now
        described: dict[str, Any] = {
            "Id": self.id,
            "Attempt": 0,
            "JobName": self.job_name,
            "StartedOn": self.started_on,
            "LastModifiedOn": changed,
            "JobRunState": state,
            "PredecessorRuns": [],
            "ExecutionTime": round((until - self.started_on).total_seconds()),
            "LogGroupName": "/aws-glue/jobs",
            **{key: value for key, value in self.settings.items() if value is not None},
        }
        if self.arguments:
            described["Arguments"] = dict(self.arguments)
        if over:
            described["CompletedOn"] = self.completed_on
        if over and self.stop_requested_on is None and self.plan.error and self.plan.outcome != "SUCCEEDED":
            described["ErrorMessage"] = self.plan.error
        return described


def utc_now() -> datetime:
    """Now, as an aware datetime."""
    return datetime.now(timezone.utc)


class ConcurrentRunsExceeded(Exception):
    """The job already has as many unfinished runs as its MaxConcurrentRuns allows."""


class RunNotStoppable(Exception):
    """BatchStopJobRun for a run that is over. ``state`` is the one it is in."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class JobRuns:
    """All runs of one account and region. Thread-safe. ``now`` is replaced in tests."""

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        self.now = now
        self._lock = threading.Lock()
        self._runs: dict[str, dict[str, JobRun]] = {}

    def start(
        self,
        job_name: str,
        arguments: Mapping[str, str],
        *,
        plan: RunPlan,
        max_concurrent_runs: int,
        settings: Mapping[str, Any],
    ) -> JobRun:
        """Start a run. Raises :class:`ConcurrentRunsExceeded`."""
        with self._lock:
            runs = self._runs.setdefault(job_name, {})
            now = self.now()
            unfinished = sum(1 for run in runs.values() if not run.is_over(now))
            if unfinished >= max_concurrent_runs:
                raise ConcurrentRunsExceeded(job_name)
            run = JobRun(f"jr_{token_hex(32)}", job_name, dict(arguments), now, plan, settings=settings)
            runs[run.id] = run
            return run

    def get(self, job_name: str, run_id: str) -> JobRun | None:
        """The run, or None."""
        return self._runs.get(job_name, {}).get(run_id)

    def newest_first(self, job_name: str) -> Iterator[JobRun]:
        """The job's runs, the last started first."""
        with self._lock:
            runs = list(self._runs.get(job_name, {}).values())
        return reversed(runs)

    def stop(self, job_name: str, run_id: str) -> JobRun | None:
        """Ask a run to stop; None if there is no such run. Raises :class:`RunNotStoppable`.

        Asking again while it stops changes nothing.
        """
        with self._lock:
            run = self.get(job_name, run_id)
            if run is None:
                return None
            now = self.now()
            if run.is_over(now):
                raise RunNotStoppable(run.state(now))
            if run.stop_requested_on is None:
                run = replace(run, stop_requested_on=now)
                self._runs[job_name][run_id] = run
            return run

    def forget_job(self, job_name: str) -> None:
        """Drop the runs of a deleted job."""
        with self._lock:
            self._runs.pop(job_name, None)
