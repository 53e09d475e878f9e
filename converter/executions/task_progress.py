"""One task as far as the history tells of it, and the state that Airflow would give it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from converter.executions.results import RUNNING, TaskResult, Try


@dataclass(frozen=True)
class Failure:
    """Why a try failed, as far as it is known."""

    error: str | None
    cause: str | None


@dataclass
class TaskProgress:
    """What has happened to a task so far.

    ``failure`` is that of the last try (or of the poller before the first), None while a try runs and after
    it succeeded. ``record`` is the outcome
    that the machine has recorded (``{state, at, output}``, for a failed task also ``error`` and ``cause``).
    ``instances`` are those of a mapped task, by their indexes; ``some_unread``: what has become of others was
    not read, as with an instance that is itself ``unread``. ``own_end`` are status and end of an instance's
    own execution, which may have ended long before the run.
    """

    start: datetime | None = None
    end: datetime | None = None
    attempts: int = 0
    failure: Failure | None = None
    record: Mapping[str, Any] | None = None
    instances: dict[int, TaskProgress] = field(default_factory=dict)
    tries: list[Try] = field(default_factory=list)
    some_unread: bool = False
    unread: bool = False
    own_end: tuple[str, datetime] | None = None

    def begin_try(self, at: datetime, parameters: str | None = None) -> None:
        """Note that a try has begun."""
        self.tries.append(Try(at, parameters=parameters))

    def end_try(self, at: datetime, failure: Failure | None = None) -> None:
        """Note that the last try has ended, as a failure or well; once, even if it is told twice."""
        if self.tries and self.tries[-1].end is None:
            ended = replace(self.tries[-1], end=at)
            self.tries[-1] = replace(ended, error=failure.error, cause=failure.cause) if failure else ended

    def instance(self, index: int) -> TaskProgress:
        """Return the progress of an instance of a mapped task."""
        return self.instances.setdefault(index, TaskProgress())

    def result(self, status: str, stop: datetime | None) -> TaskResult:
        """Return the task's result in an execution of this status, which ended at ``stop``."""
        if self.unread and status != RUNNING and not self.record:
            return TaskResult()
        if self.own_end and (stop is None or self.own_end[1] < stop):
            # It did not end with the run, but before.
            status, stop = self.own_end
        state = self._state(status)
        # One that has not begun has its place: later ones may have, and readers count on the position.
        other = TaskProgress(unread=self.some_unread)
        instances = tuple(
            self.instances.get(index, other).result(status, stop)
            for index in range(max(self.instances, default=-1) + 1)
        )
        failure = self._failure() if state == "failed" else Failure(None, None)
        return TaskResult(
            state=state,
            start=self.start,
            end=self.end or (stop if self.start else None),
            attempts=self.attempts,
            output=self._output(instances),
            error=failure.error,
            cause=failure.cause,
            xcom=self.record.get("xcom") or {} if self.record else {},
            tries=tuple(self.tries),
            # Of many instances only the outcome is kept.
            recorded=self.record is not None and "at" in self.record,
            instances=instances,
        )

    def _output(self, instances: tuple[TaskResult, ...]) -> Any:
        if instances:
            return [instance.output for instance in instances if instance.output is not None]
        return self.record.get("output") if self.record else None

    def _state(self, status: str) -> str | None:
        if self.record:
            return str(self.record["state"])
        if self.end:
            return "failed" if self.failure else "success"
        if status == RUNNING:
            return "running" if self.start else None
        return self._state_when_cut_short(status)

    def _state_when_cut_short(self, status: str) -> str:
        """Return the state of a task that had not finished when the execution ended.

        As Airflow has it where there is a counterpart:

        * TIMED_OUT, a run over its dagrun_timeout: skipped
          (``SchedulerJobRunner._schedule_dag_run``);
        * ABORTED, a run that is marked failed: failed while a try runs, else skipped, also between two tries
          (``airflow.api.common.mark_tasks._set_dag_run_terminal_state``; UP_FOR_RETRY is not among its
          running states);
        * FAILED, where failures stop the execution, or the machine itself failed: the task at fault is failed
          (also one that never ran, because its poller gave up), the others are as with ``fail_fast``
          (``_stop_remaining_tasks`` in ``airflow.models.taskinstance``): failed while a try runs, else
          skipped. A task whose last try failed counts as failed: whether it would have been tried again, the
          history does not tell, and two tasks may fail at once.
        """
        if status == "FAILED" and (self.start or self.failure):
            return "failed"
        if status == "ABORTED" and self.start and not self.failure:
            return "failed"
        return "skipped"

    def _failure(self) -> Failure:
        """Return why the task failed: from the history, since a record keeps only the cause's beginning."""
        if (self.failure and self.failure.error) or not self.record:
            return self.failure or Failure(None, None)
        return Failure(self.record.get("error") or None, self.record.get("cause") or None)
