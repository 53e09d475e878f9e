"""What a run was: every change of a task's state, and what became of the tasks and of the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from converter.workflow import Outcome


class Phase(str, Enum):
    """The states of a task without an outcome (airflow.utils.state.TaskInstanceState).

    Scheduled and queued are left out: on the way to a worker no time passes here.
    """

    NONE = "none"
    RUNNING = "running"
    UP_FOR_RETRY = "up_for_retry"


State: TypeAlias = Phase | Outcome


class Cause(str, Enum):
    """Why a run ended: all its tasks had finished, dagrun_timeout, or no task could run any more."""

    TASKS = "tasks"
    TIMEOUT = "timeout"
    DEADLOCK = "deadlock"


@dataclass(frozen=True)
class Change:
    """At this time, in seconds since the run's start, a task came into this state."""

    at: float
    task_id: str
    state: State


@dataclass(frozen=True)
class TaskResult:
    """What became of one task.

    ``outcome`` is None if the run ended before the task did. Times are in seconds since the run's start:
    ``started`` is when the first try began (None: it never ran), ``decided`` when the outcome came to be;
    where a skip overwrote an earlier outcome, that is the later time. ``tries`` are those that were begun;
    ``interrupted`` says that the last one was broken off (a timeout, fail_fast, a branch that does not want
    the task, see :mod:`converter.verify.airflow_run.scheduler`).
    """

    outcome: Outcome | None
    started: float | None
    decided: float | None
    tries: int
    interrupted: bool


@dataclass(frozen=True)
class Trace:
    """One whole run: all changes in their order, each task's result by its id, and the run's own end.

    ``outcome`` is the run's state (success or failed), ``ended`` in seconds since its start. Changes at the
    same time stand in the order in which the scheduler's passes made them; those of one pass, by task id.
    """

    changes: tuple[Change, ...]
    tasks: Mapping[str, TaskResult]
    outcome: Outcome
    ended: float
    cause: Cause
