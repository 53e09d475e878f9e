"""Plays a machine in a scenario, on the virtual clock, and reads what became of the tasks."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from converter.asl.block import RUN_FAILED_ERROR
from converter.asl.budget import states_of
from converter.asl.machine import Machine
from converter.asl.names import state_name
from converter.engine import Definition, Execution, parse_definition, run_virtual
from converter.operators.step import Step
from converter.relations import Relations
from converter.verify.parts_played import WAITS, tries_of_parts
from converter.verify.scenarios import Scenario
from converter.verify.simulated_aws import SimulatedAws
from converter.verify.without_data import without_data
from converter.workflow import Outcome, Workflow

#: How long the poller function takes, in seconds.
POLL_SECONDS = 0.2
#: What the input of the execution looks like; no scenario depends on what else is in it.
_INPUT = {"conf": {}, "params": {}, "run_id": "verify", "logical_date": "2026-01-01T00:00:00+00:00"}
#: Until when a run is the latest one, by whether it is.
_LATEST_UNTIL = {True: "9999-01-01T00:00:00+00:00", False: "2000-01-01T00:00:00+00:00"}
#: The status of an execution that was longer than its machine allows.
_TIMED_OUT = "TIMED_OUT"
#: A path below the result of a service, in JSONata.
_RESULT_PATH = re.compile(r"\$states\.result((?:\.(?:\w+|`[^`]+`))+)")


@dataclass(frozen=True)
class Played:
    """What became of a run of the machine. Times are seconds since its start.

    ``tries`` gives the start and the end of each try of the tasks that have begun, ``decided`` the times
    that the records tell, ``errors`` what failed tasks failed with. ``outcome`` is the run's own; ``ended``
    when it ended; ``error`` what the execution failed with; ``cut_short``, whether it was ended before all
    its tasks were decided, and ``timed_out`` that this was by dagrun_timeout.
    """

    outcomes: Mapping[str, str]
    tries: Mapping[str, tuple[tuple[float, float], ...]]
    decided: Mapping[str, float]
    errors: Mapping[str, str]
    outcome: Outcome
    ended: float
    error: str | None
    cut_short: bool
    timed_out: bool

    @cached_property
    def started(self) -> Mapping[str, float]:
        """When each task that has begun did so."""
        return {task: tries[0][0] for task, tries in self.tries.items()}


class Player:
    """Plays one machine again and again."""

    def __init__(self, workflow: Workflow, machine: Machine) -> None:
        self._machine = machine
        self._task_of = {state_name(task.task_id): task.task_id for task in workflow.tasks}
        played = without_data(machine, Relations(workflow), self._task_of)
        self._inside = {
            part: name
            for name, state in states_of(machine.definition)
            if name in self._task_of and "Branches" in state
            for part, _ in states_of(state["Branches"][0])
        }
        self._definition: Definition = parse_definition(played)
        self._results = {state: result_of(machine.steps[task]) for state, task in self._task_of.items()}

    def play(self, scenario: Scenario) -> Played:
        """Return what the machine does in a scenario."""
        work = {state: scenario.work[task] for state, task in self._task_of.items()}
        aws = SimulatedAws(work, results=self._results, poll_seconds=POLL_SECONDS)
        run = {**_INPUT, "latest_until": _LATEST_UNTIL[scenario.is_latest]}
        run[WAITS] = {task: [this.seconds for this in tries] for task, tries in scenario.work.items()}
        execution = run_virtual(self._definition, run, aws)
        start = aws.start.timestamp()
        records = dict(_records(execution, set(self._task_of.values())))
        decided = {task: round(record["at"] / 1000 - start, 6) for task, record in records.items()}
        tries = self._tries(aws) | self._tries_of_parts(execution, start)
        for task, record in records.items():
            if self._machine.steps[task].does_nothing and record["state"] == Outcome.SUCCESS.value:
                tries[task] = ((math.floor(decided[task] * 1000 + 1e-6) / 1000, decided[task]),)
        succeeded = execution.status == "SUCCEEDED"
        return Played(
            outcomes={
                task: records[task]["state"] if task in records else _of_unrecorded(execution, task in tries)
                for task in self._task_of.values()
            },
            tries=tries,
            decided=decided,
            errors={task: record["error"] for task, record in records.items() if "error" in record},
            outcome=Outcome.SUCCESS if succeeded else Outcome.FAILED,
            ended=round(execution.history[-1].timestamp.timestamp() - start, 6),
            error=None if succeeded else execution.error or execution.status,
            cut_short=not succeeded and execution.error != RUN_FAILED_ERROR,
            timed_out=execution.status == _TIMED_OUT,
        )

    def _tries_of_parts(
        self, execution: Execution, start: float
    ) -> dict[str, tuple[tuple[float, float], ...]]:
        found = tries_of_parts(execution.history, self._task_of, self._inside)
        return {
            self._task_of[state]: tuple((round(a - start, 6), round(b - start, 6)) for a, b in tries)
            for state, tries in found.items()
        }

    def _tries(self, aws: SimulatedAws) -> dict[str, tuple[tuple[float, float], ...]]:
        moments: dict[str, list[float]] = {}
        for moment, _, state in aws.timeline:
            moments.setdefault(self._task_of[state], []).append(round(moment, 6))
        return {task: tuple(zip(times[::2], times[1::2], strict=True)) for task, times in moments.items()}


def result_of(step: Step) -> dict[str, Any]:
    """Return a result of the step's service in which everything is there that the machine takes from it."""
    result: dict[str, Any] = {}
    paths = _RESULT_PATH.findall(step.output.text if step.output else "")
    for names in sorted((path.strip(".").split(".") for path in paths), key=len, reverse=True):
        *path, last = (name.strip("`") for name in names)
        place = result
        for name in path:
            place = place.setdefault(name, {})
        place.setdefault(last, f"{step.task_id}'s {last}")
    return result


def _of_unrecorded(execution: Execution, begun: bool) -> str:
    """Return the outcome of a task that has no record: the execution was ended before it had one."""
    if execution.status == _TIMED_OUT or not begun:
        return Outcome.SKIPPED.value
    return Outcome.FAILED.value


def _records(execution: Execution, tasks: set[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the tasks' records: of an ended run from its end, else from whatever was seen on the way."""
    if execution.status == "SUCCEEDED":
        yield from json.loads(execution.output or "{}").items()
        return
    if execution.error == RUN_FAILED_ERROR:
        last = next(event for event in reversed(execution.history) if event.type == "FailStateEntered")
        yield from json.loads((last.details or {})["input"]).items()
        return
    for event in execution.history:
        details = event.details or {}
        for text in (details.get("input"), details.get("output")):
            data = json.loads(text) if isinstance(text, str) else None
            if not isinstance(data, dict):
                continue
            here = data.get("here")
            for name, record in {**data, **(here if isinstance(here, dict) else {})}.items():
                if name in tasks and isinstance(record, dict) and "state" in record:
                    yield name, record
