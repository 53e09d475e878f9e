"""Plays a machine in a scenario, on the virtual clock, and reads what became of the tasks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from converter.asl.machine import Machine
from converter.asl.names import state_name
from converter.asl.tasks import SKIP_ERROR
from converter.engine import Definition, Execution, parse_definition, run_virtual
from converter.verify import airflow_run
from converter.verify.scenarios import Scenario
from converter.verify.simulated_aws import SimulatedAws, Try
from converter.workflow import Outcome, Workflow

#: How long the poller function takes, in seconds.
POLL_SECONDS = 0.2
#: What a task fails with: in a way that may be retried, and in one that may not.
_ERRORS = {
    airflow_run.End.FAILED: "States.TaskFailed",
    airflow_run.End.FAILED_FOR_GOOD: "AirflowFailException",
    airflow_run.End.SKIPPED: SKIP_ERROR,
}


@dataclass(frozen=True)
class Played:
    """What became of a run of the machine. Times are seconds since its start.

    ``outcome`` is the run's own; ``error`` what the execution failed with.
    """

    outcomes: Mapping[str, str]
    started: Mapping[str, float]
    tries: Mapping[str, int]
    outcome: Outcome
    error: str | None


@dataclass
class Player:
    """Plays one machine again and again."""

    workflow: Workflow
    machine: Machine
    definition: Definition = field(init=False)

    def __post_init__(self) -> None:
        self.definition = parse_definition(self.machine.definition)
        self._task_of = {state_name(task.task_id): task.task_id for task in self.workflow.tasks}
        self._children = {
            task.task_id: tuple(down.task_id for down in self.workflow.tasks if task.task_id in down.upstream)
            for task in self.workflow.tasks
        }

    def play(self, scenario: Scenario) -> Played:
        """Return what the machine does in a scenario."""
        script = {
            state_name(task): [self._machine_try(task, this) for this in tries]
            for task, tries in scenario.script.items()
        }
        aws = SimulatedAws(script, poll_seconds=POLL_SECONDS)
        execution = run_virtual(self.definition, {"conf": {}, "run_id": "verify"}, aws)
        records = dict(_records(execution, set(self._task_of.values())))
        started: dict[str, float] = {}
        for moment, what, state in aws.timeline:
            if what == "start":
                started.setdefault(self._task_of[state], round(moment, 6))
        begun = Counter(self._task_of[state] for _, what, state in aws.timeline if what == "start")
        start = aws.start.timestamp()
        for task, record in records.items():
            if self.machine.steps[task].resource is None and record["state"] == "success":
                started[task], begun[task] = round(record["at"] / 1000 - start, 3), 1
        outcomes = {
            task: records[task]["state"]
            if task in records
            else self._of_unrecorded(execution, task in begun and task not in records)
            for task in self._task_of.values()
        }
        succeeded = execution.status == "SUCCEEDED"
        return Played(
            outcomes,
            started,
            dict(begun),
            Outcome.SUCCESS if succeeded else Outcome.FAILED,
            None if succeeded else execution.error,
        )

    def _of_unrecorded(self, execution: Execution, begun: bool) -> str:
        """Return the outcome of a task that has no record: the execution was ended before it had one."""
        if execution.status == "TIMED_OUT":
            return Outcome.SKIPPED.value
        return Outcome.FAILED.value if begun else Outcome.SKIPPED.value

    def _machine_try(self, task_id: str, this: airflow_run.Try) -> Try:
        if isinstance(this.end, airflow_run.ShortCircuit):
            return Try(this.seconds, skip="all")
        if isinstance(this.end, airflow_run.Branch):
            known = {task.task_id for task in self.workflow.tasks}
            if not known.issuperset(this.end.chosen):
                return Try(this.seconds, _ERRORS[airflow_run.End.FAILED])
            followed = self._followed(this.end.chosen)
            return Try(this.seconds, skip=[name for name in self._children[task_id] if name not in followed])
        return Try(this.seconds, _ERRORS.get(this.end))

    def _followed(self, chosen: tuple[str, ...]) -> set[str]:
        followed: set[str] = set()
        pending = list(chosen)
        while pending:
            name = pending.pop()
            if name not in followed:
                followed.add(name)
                pending += self._children[name]
        return followed


def _records(execution: Execution, tasks: set[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the tasks' records: of an ended run from its end, else from whatever was seen on the way."""
    if execution.status == "SUCCEEDED":
        yield from json.loads(execution.output or "{}").items()
        return
    for event in execution.history:
        details = event.details or {}
        for text in (details.get("input"), details.get("output")):
            data = json.loads(text) if isinstance(text, str) else None
            if not isinstance(data, dict):
                continue
            here = data.get("here") if isinstance(data.get("here"), dict) else {}
            for name, record in {**data, **(here or {})}.items():
                if name in tasks and isinstance(record, dict) and "state" in record:
                    yield name, record
