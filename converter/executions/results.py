"""What is known of an execution and its tasks, in Airflow's words and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

RUNNING = "RUNNING"
_RUN_STATES = {RUNNING: "running", "SUCCEEDED": "success"}


@dataclass(frozen=True)
class Try:
    """One try of a task. ``end`` is None while it runs; ``parameters`` (JSON text) are kept if asked for."""

    start: datetime
    end: datetime | None = None
    error: str | None = None
    cause: str | None = None
    parameters: str | None = None


@dataclass(frozen=True)
class Polling:
    """The time that a poller spent: it asked for the tasks ``awaited``, and ``consumer`` waited for that.

    ``end`` is that of its last question, at which it learned what it wanted to know if it goes on no more.
    """

    consumer: str
    awaited: tuple[str, ...]
    start: datetime
    end: datetime | None
    asked: int


@dataclass(frozen=True)
class TaskResult:
    """What became of one task.

    ``state`` is ``success``, ``failed``, ``skipped``, ``upstream_failed``, ``running``, or None for a task
    that has not started; after the end, for an instance of which nobody has read what became of it.
    ``start`` is the start of its first try, ``end`` the end of its last (both UTC); a task that never ran has
    neither, whatever its state, and 0 ``attempts``. ``output`` is the XCom return value (JSON), ``xcom`` the
    other keys. ``error`` and ``cause`` are set for a failed task, as far as they are known. ``recorded``: the
    machine kept a record of it; without one, ``output`` says nothing. ``instances`` are those of a mapped
    task, in the order of their indexes; its own ``output`` is the list of theirs.
    """

    state: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    attempts: int = 0
    output: Any = None
    error: str | None = None
    cause: str | None = None
    xcom: Mapping[str, Any] = field(default_factory=dict)
    tries: tuple[Try, ...] = ()
    recorded: bool = False
    instances: tuple[TaskResult, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form: always five members; a failed task has ``error`` and ``cause``, too.

        A mapped task that has been expanded has ``instances``, each in the same form.
        """
        members = {
            "state": self.state,
            "start": _iso(self.start),
            "end": _iso(self.end),
            "attempts": self.attempts,
            "output": self.output,
        }
        if self.state == "failed":
            members |= {"error": self.error, "cause": self.cause}
        if self.instances:
            members["instances"] = [instance.to_json() for instance in self.instances]
        return members


@dataclass(frozen=True)
class RunResult:
    """An execution as it was when it was read, with its tasks in the order of the definition.

    ``status`` is that of Step Functions: RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED; ``error`` and
    ``cause`` are those of the execution. ``transitions`` counts state transitions as AWS bills them: each
    state entered, and each retry ("Step Functions Pricing"); polls of more than 40 distributed instances are
    not among them. ``status_calls`` counts how often pollers
    asked; ``events`` the events of the history. ``input`` is that of the execution (JSON text).
    """

    execution_arn: str
    status: str
    tasks: Mapping[str, TaskResult] = field(default_factory=dict)
    start: datetime | None = None
    stop: datetime | None = None
    error: str | None = None
    cause: str | None = None
    transitions: int = 0
    status_calls: int = 0
    events: int = 0
    pollings: tuple[Polling, ...] = ()
    input: str = ""

    @property
    def state(self) -> str:
        """The state of Airflow's run: ``running``, ``success`` or ``failed``."""
        return _RUN_STATES.get(self.status, "failed")

    def to_json(self) -> dict[str, Any]:
        """Return ``{"execution_arn", "status", "tasks": {task id: …}}``; times are ISO 8601, in UTC."""
        tasks = {task_id: task.to_json() for task_id, task in self.tasks.items()}
        return {"execution_arn": self.execution_arn, "status": self.status, "tasks": tasks}


def _iso(moment: datetime | None) -> str | None:
    # Step Functions tells milliseconds; always showing them keeps the texts of one length.
    return moment.isoformat(timespec="milliseconds") if moment else None
