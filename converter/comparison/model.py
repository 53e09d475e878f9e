"""A run, on whichever system, and what comparing two of them found. Times are UTC, states Airflow's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from converter.shadow_mark import ShadowMark

RETURN_VALUE = "return_value"


class Key(NamedTuple):
    """Which task instance: both runs are aligned by it. ``map_index`` is -1 for a task that is not mapped."""

    task_id: str
    map_index: int = -1

    def __str__(self) -> str:
        return self.task_id if self.map_index < 0 else f"{self.task_id}[{self.map_index}]"


class Side(str, Enum):
    """The two systems."""

    AIRFLOW = "airflow"
    STEP_FUNCTIONS = "step_functions"


class SpanKind(str, Enum):
    """What a task does in a stretch of time."""

    WAITING = "waiting"  # it may run, and the orchestrator has not begun with it
    POLLING = "polling"  # a poller asks whether what it needs has ended
    RUNNING = "running"
    RETRYING = "retrying"  # between two tries


@dataclass(frozen=True)
class Span:
    """A stretch of a task's time."""

    kind: SpanKind
    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True)
class TaskRun:
    """One task instance in one run.

    ``start`` is that of its first try, ``end`` that of its last; None for a task that never ran. ``outputs``
    are its XComs by key; without ``outputs_known`` (an execution that keeps no records) they say nothing.
    ``awaited`` has the upstream tasks that a poller asked for, and when it knew that they had ended.
    """

    key: Key
    state: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    tries: int = 0
    outputs: Mapping[str, Any] = field(default_factory=dict)
    outputs_known: bool = True
    spans: tuple[Span, ...] = ()
    awaited: Mapping[str, datetime] = field(default_factory=dict)
    error: str | None = None

    @property
    def seconds(self) -> float | None:
        """From the start of the first try to the end of the last."""
        return (self.end - self.start).total_seconds() if self.start and self.end else None


@dataclass(frozen=True)
class Run:
    """One run of a DAG. ``name`` is Airflow's run id, or the ARN of the execution.

    ``upstream`` and ``trigger_rules`` are by task id, as far as the side knows them. ``transitions`` and
    ``status_calls`` are those of an execution. ``own_names`` are texts that name this run and no other.
    ``shadow`` is what the execution's machine says of itself, if it is one that runs beside Airflow.
    """

    side: Side
    dag_id: str
    name: str
    run_id: str
    state: str
    tasks: Mapping[Key, TaskRun]
    start: datetime | None = None
    end: datetime | None = None
    conf: Mapping[str, Any] = field(default_factory=dict)
    logical_date: datetime | None = None
    upstream: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    trigger_rules: Mapping[str, str] = field(default_factory=dict)
    url: str | None = None
    transitions: int | None = None
    status_calls: int | None = None
    own_names: tuple[str, ...] = ()
    error: str | None = None
    shadow: ShadowMark | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ("success", "failed")

    @property
    def seconds(self) -> float | None:
        """The makespan."""
        return (self.end - self.start).total_seconds() if self.start and self.end else None

    def instances(self, task_id: str) -> list[TaskRun]:
        """Return the instances of a task: one, unless it is mapped."""
        return self._by_task.get(task_id, [])

    @property
    def _by_task(self) -> dict[str, list[TaskRun]]:
        found: dict[str, list[TaskRun]] | None = self.__dict__.get("_instances")
        if found is None:
            found = {}
            for task in self.tasks.values():
                found.setdefault(task.key.task_id, []).append(task)
            self.__dict__["_instances"] = found
        return found


class Verdict(str, Enum):
    """What a comparison, or that of one task, comes to."""

    EQUAL = "equal"
    DIFFERENT = "different"
    NOT_COMPARABLE = "not comparable"


@dataclass(frozen=True)
class Difference:
    """One thing that differs. ``what`` is ``missing``, ``outcome``, ``output``, ``order``, ``tries`` or
    ``duration``; ``path`` leads to the place within an output.
    """  # fmt: skip

    what: str
    message: str
    airflow: Any = None
    step_functions: Any = None
    path: str | None = None


@dataclass(frozen=True)
class TaskComparison:
    """One task instance on both sides. ``notes`` are differences that were left out of account, and why."""

    key: Key
    verdict: Verdict
    airflow: TaskRun | None
    step_functions: TaskRun | None
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()
    delays: Mapping[Side, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Critical:
    """What decided how long a run took.

    ``path`` are the tasks of which each waited for the one before. ``ideal`` is the makespan that the tasks'
    own durations and dependencies allow; what the run took longer is the orchestrator's ``overhead``.
    """

    path: tuple[Key, ...]
    ideal: float
    overhead: float | None


@dataclass(frozen=True)
class Comparison:
    """Two runs of one DAG, judged. ``reasons`` are about the run as a whole."""

    dag_id: str
    verdict: Verdict
    airflow: Run
    step_functions: Run
    tasks: tuple[TaskComparison, ...]
    reasons: tuple[str, ...] = ()
    critical: Mapping[Side, Critical] = field(default_factory=dict)

    def run_of(self, side: Side) -> Run:
        """Return one of the runs."""
        return self.airflow if side is Side.AIRFLOW else self.step_functions
