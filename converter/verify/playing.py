"""Plays a machine in a scenario, on the virtual clock, and reads what became of the tasks."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeAlias

from converter.asl.block import RUN_FAILED_ERROR
from converter.asl.budget import every_state_of, states_of
from converter.asl.children import machine_of
from converter.asl.machine import Machine, OneMachine
from converter.asl.map_runs import is_summed
from converter.asl.names import state_name
from converter.engine import Definition, Execution, parse_definition, run_virtual
from converter.engine.jsonata_language import EvaluationError, UndefinedResult, compile_expression
from converter.engine.jsonata_values import to_query_form
from converter.operators.parts import Until
from converter.operators.step import Step
from converter.relations import relations_of
from converter.verify.airflow_run import instance_ids, task_of
from converter.verify.as_played import as_played
from converter.verify.histories import events_of, histories_of
from converter.verify.parts_played import WAITS, output_of_parts, tries_of_parts
from converter.verify.scenarios import Scenario
from converter.verify.simulated_aws import FAILURE_SECONDS, SimulatedAws
from converter.verify.simulated_body import SimulatedRuns, outer_definition
from converter.workflow import Outcome, Workflow

#: How long the poller function takes, in seconds.
POLL_SECONDS = 0.2
#: Until when a run is the latest one, by whether it is.
_LATEST_UNTIL = {True: "9999-01-01T00:00:00+00:00", False: "2000-01-01T00:00:00+00:00"}
#: The status of an execution that was longer than its machine allows.
_TIMED_OUT = "TIMED_OUT"
#: The start and the end of each try of a task.
_Tries: TypeAlias = tuple[tuple[float, float], ...]
#: A path below the result of a service, in JSONata.
_RESULT_PATH = re.compile(r"\$states\.result((?:\.(?:\w+|`[^`]+`))+)")


@dataclass(frozen=True)
class Played:
    """What became of a run of the machine. Times are seconds since its start.

    ``tries`` gives the start and the end of each try of the tasks that have begun, ``decided`` the times
    that the records tell, ``errors`` what failed tasks failed with. ``outcome`` is the run's own; ``ended``
    when it ended; ``error`` what the execution failed with; ``cut_short``, whether it was ended before all
    its tasks were decided, and ``timed_out`` that this was by dagrun_timeout. After a first failure that ends
    the run, teardowns may begin later than it ``ended``; if one is begun again, only that is in ``tries``.
    ``events`` are those of all its executions' histories. ``received`` has what calls were given, with the
    number of each among those of a try, ``returned`` what a service's answer was to others, and
    ``not_evaluated`` why a task failed whose arguments could not be made.
    """

    outcomes: Mapping[str, str]
    tries: Mapping[str, _Tries]
    decided: Mapping[str, float]
    errors: Mapping[str, str]
    outcome: Outcome
    ended: float
    error: str | None
    cut_short: bool
    timed_out: bool
    events: int = 0
    received: Mapping[str, tuple[tuple[int, Any], ...]] = field(default_factory=dict)
    returned: Mapping[str, Any] = field(default_factory=dict)
    not_evaluated: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def started(self) -> Mapping[str, float]:
        """When each task that has begun did so."""
        return {task: tries[0][0] for task, tries in self.tries.items()}


class Player:
    """Plays one machine again and again."""

    def __init__(
        self, workflow: Workflow, machine: Machine, variables: Mapping[str, str] | None = None
    ) -> None:
        self._machine = machine
        self._variables = variables or {}
        self._task_of = {_state_of(machine.steps[task.task_id]): task.task_id for task in workflow.tasks}
        relations = relations_of(workflow)
        definitions = as_played(machine, relations, self._task_of)
        self._definition, *children = map(parse_definition, definitions)
        names = [machine_of(one.number) for one in machine.children]
        self._children = {str(name): child for name, child in zip(names, children, strict=True)}
        self._tasks_of_child = {
            name.name: set(one.tasks) for name, one in zip(names, machine.children, strict=True)
        }
        self._teardowns = {task.task_id for task in workflow.tasks if task.is_teardown}
        self._outer: Definition | None = None
        if machine.outer and machine.failures_end_the_run:
            whole = replace(machine, machines=(OneMachine(0, machine.outer),))
            self._outer = outer_definition(as_played(whole, relations, self._task_of)[0])
        self._inside = {
            part: name
            for one in machine.machines
            for name, state in every_state_of(one.definition)
            if name in self._task_of and "Branches" in state
            for part, _ in states_of(state["Branches"][0])
        }
        self._waiting = {
            task_id
            for task_id, step in machine.steps.items()
            if any(isinstance(part, Until) for part in step.parts)
        }
        self._maps = dict(_maps_in(definitions, self._task_of))
        self._results = {state: result_of(machine.steps[task]) for state, task in self._task_of.items()}

    def play(self, scenario: Scenario) -> Played:
        """Return what the machine does in a scenario."""
        names = {
            state + name.removeprefix(task): name
            for state, task in self._task_of.items()
            for name in instance_ids(task, scenario.lengths.get(task))
        }
        tasks = {state: task_of(name) for state, name in names.items()}
        work = {state: scenario.work[name] for state, name in names.items()}
        run = {**scenario.run, "latest_until": _LATEST_UNTIL[scenario.is_latest]}
        run[WAITS] = {
            task: [this.seconds for this in tries]
            for task, tries in scenario.work.items()
            if task_of(task) in self._waiting
        }
        aws = SimulatedRuns(
            work,
            results=self._results,
            poll_seconds=POLL_SECONDS,
            machines=self._children,
            variables=self._variables,
            body=self._definition,
        )
        whole: Execution | None = None
        if self._outer is None:
            execution = run_virtual(self._definition, run, aws, failure_seconds=aws.failure_seconds)
        else:
            whole = aws.of_outer(self._outer, run)
            aws.clock.run(whole.run())
            execution = aws.body_execution
        start = aws.start.timestamp()
        ended = round(execution.history[-1].timestamp.timestamp() - start, 6)
        timed_out = execution.status == _TIMED_OUT
        found = self._all_records(execution, aws.executions.values())
        records = {name: record for name in names.values() if (record := _record_of(name, found)) is not None}
        decided = {task: round(record["at"] / 1000 - start, 6) for task, record in records.items()}
        tries = self._tries(aws, names) | self._tries_of_parts(execution, start)
        for child in aws.executions.values():
            tries |= self._tries_of_parts(child, start)
        if whole is not None:
            tries |= self._tries_of_parts(whole, start)
            after = {} if timed_out else dict(_seen_on_the_way(whole, self._teardowns, self._maps))
            undecided = [
                name for name in names.values() if task_of(name) in self._teardowns and name not in records
            ]
            tries = _that_count(undecided, tries, ended, timed_out=timed_out)
            records |= {task: record for task, record in after.items() if task in tries}
        not_evaluated: dict[str, str] = {}
        others = (one for one in aws.executions.values() if one is not execution)
        # After a timeout Airflow runs no teardowns: what became of them in the machine does not count.
        for one in (execution, *others, *([whole] if whole and not timed_out else [])):
            for name, moment, cause in self._not_evaluated(one):
                not_evaluated[name] = cause
                if not self._machine.steps[task_of(name)].parts:
                    at = round(moment - start, 6)
                    tries[name] = (*tries.get(name, ()), (at, round(at + FAILURE_SECONDS, 6)))
        for task, record in records.items():
            if self._machine.steps[task_of(task)].does_nothing and record["state"] == Outcome.SUCCESS.value:
                tries[task] = ((math.floor(decided[task] * 1000 + 1e-6) / 1000, decided[task]),)
        succeeded = execution.status == "SUCCEEDED"
        return Played(
            outcomes={
                task: records[task]["state"] if task in records else _of_unrecorded(execution, task in tries)
                for task in names.values()
            },
            tries=tries,
            decided=decided,
            errors={task: record["error"] for task, record in records.items() if "error" in record},
            outcome=Outcome.SUCCESS if succeeded else Outcome.FAILED,
            ended=ended,
            error=None if succeeded else execution.error or execution.status,
            cut_short=not succeeded and execution.error != RUN_FAILED_ERROR,
            timed_out=timed_out,
            events=sum(1 for one in (execution, *aws.executions.values()) for _ in events_of(one)),
            received={names[state]: tuple(calls) for state, calls in aws.received.items()},
            returned={
                names[state]: self._returned(task, aws.answers.get(state)) for state, task in tasks.items()
            },
            not_evaluated=not_evaluated,
        )

    def _returned(self, task: str, answer: Any) -> Any:
        """Return what a task's record has as its output, given the service's answer to its last try."""
        step = self._machine.steps[task]
        if step.parts:
            return output_of_parts(step)
        if step.output is None or answer is None:
            return None
        states = to_query_form({"result": answer, "input": {}, "context": {}})
        try:
            return compile_expression(step.output.text).evaluate({"states": states})
        except (EvaluationError, UndefinedResult):
            return None

    def _not_evaluated(self, execution: Execution) -> Iterator[tuple[str, float, str]]:
        """Yield the tasks whose arguments could not be made, each with the time and why."""
        for event, _, index in events_of(execution):
            details = event.details or {}
            if event.type != "EvaluationFailed" or "Output" in details.get("location", ""):
                continue
            state = str(details["state"])
            task = self._task_of.get(self._inside.get(state, state))
            if task is not None:
                yield self._name(task, index), event.timestamp.timestamp(), str(details["cause"])

    def _name(self, task: str, index: int | None) -> str:
        is_instance = self._machine.steps[task].instances is not None and index is not None
        return f"{task}[{index}]" if is_instance else task

    def _records_of_child(self, child: Execution) -> dict[str, Mapping[str, Any]]:
        """Return the records of a child machine's tasks: its output has only what others need."""
        own = self._tasks_of_child.get(child.state_machine_arn.rsplit(":", 1)[1])
        if not own:
            return {}
        if child.status == "SUCCEEDED":
            end = next(event for event in reversed(child.history) if event.type == "PassStateEntered")
            found = json.loads((end.details or {})["input"])
            return {task: record for task, record in found.items() if task in own}
        return dict(self._records(child, own))

    def _all_records(
        self, execution: Execution, others: Collection[Execution]
    ) -> dict[str, Mapping[str, Any]]:
        """Return the records of a run, also those of executions that it has started."""
        found = dict(self._records(execution, set(self._task_of.values())))
        for child in others:
            found |= self._records_of_child(child)
        for one in (execution, *others):
            found |= self._summed(one)
        return found

    def _summed(self, execution: Execution) -> dict[str, Mapping[str, Any]]:
        """Return the records of instances of which the machine keeps a sum: from their own histories."""
        tasks = {task for task in self._task_of.values() if is_summed(self._machine.steps[task])}
        return dict(_seen_on_the_way(execution, tasks, self._maps)) if tasks else {}

    def _records(self, execution: Execution, tasks: set[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield the tasks' records: of an ended run from its end, else from whatever was seen on the way."""
        if execution.status == "SUCCEEDED":
            yield from json.loads(execution.output or "{}").items()
        elif execution.error == RUN_FAILED_ERROR:
            last = next(event for event in reversed(execution.history) if event.type == "FailStateEntered")
            yield from json.loads((last.details or {})["input"]).items()
        else:
            yield from _seen_on_the_way(execution, tasks, self._maps)

    def _tries_of_parts(self, execution: Execution, start: float) -> dict[str, _Tries]:
        found: dict[str, _Tries] = {}
        for history in histories_of(execution):
            events = ((event, index) for event, _, index in history)
            for (state, index), tries in tries_of_parts(events, self._task_of, self._inside).items():
                rounded = tuple((round(a - start, 6), round(b - start, 6)) for a, b in tries)
                found[self._name(self._task_of[state], index)] = rounded
        return found

    def _tries(self, aws: SimulatedAws, names: Mapping[str, str]) -> dict[str, _Tries]:
        moments: dict[str, list[float]] = {}
        for moment, _, state in aws.timeline:
            moments.setdefault(names[state], []).append(round(moment, 6))
        return {task: tuple(zip(times[::2], times[1::2], strict=True)) for task, times in moments.items()}


def _state_of(step: Step) -> str:
    """Return the state of a task, or of its instances if it is mapped by itself."""
    is_mapped = step.instances is not None and not step.instances.group
    return state_name(f"{step.task_id}: instance" if is_mapped else step.task_id)


def _record_of(name: str, records: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the record of a task, or of an instance: that of its task, if it was not expanded."""
    if name in records:
        return records[name]
    # The tasks of a mapped group without items are in a single iteration.
    record = records.get(task_of(name), records.get(f"{name}[0]"))
    if record is None or "instances" not in record:
        return record
    found: Mapping[str, Any] = record["instances"][int(name.rstrip("]").partition("[")[2])]
    return found


def _that_count(
    teardowns: Iterable[str], tries: Mapping[str, _Tries], ended: float, *, timed_out: bool
) -> dict[str, _Tries]:
    """Return the tries that count. ``teardowns`` are those that were not decided when the run ``ended``.

    Of these counts what they did since then; not after a timeout, as Airflow runs no teardowns then.
    """
    found = dict(tries)
    for task in teardowns:
        all_of_it = found.pop(task, ())
        before = tuple(this for this in all_of_it if this[0] < ended)
        # One that began as the run ended, and was broken off at once, is begun again.
        later = (
            this for this in all_of_it if this[0] >= ended and (this[1] > ended or this is all_of_it[-1])
        )
        since = () if timed_out else tuple(later)
        if since or before:
            found[task] = since or before
    return found


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


def _maps_in(
    definitions: Iterable[Mapping[str, Any]], task_of: Mapping[str, str]
) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the Map states of definitions, with the tasks that have instances in each."""
    for definition in definitions:
        for name, state in states_of(definition):
            if processor := state.get("ItemProcessor"):
                inside = (task_of[inner] for inner, _ in states_of(processor) if inner in task_of)
                yield name, frozenset(inside)


def _seen_on_the_way(
    execution: Execution, tasks: set[str], maps: Mapping[str, frozenset[str]]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the tasks' records wherever a state has had them. ``maps`` tell whose instances Maps run."""
    for event, map_name, index in events_of(execution):
        details = event.details or {}
        for text in (details.get("input"), details.get("output")):
            data = json.loads(text) if isinstance(text, str) else None
            if not isinstance(data, dict):
                continue
            here = data.get("here")
            for name, record in {**data, **(here if isinstance(here, dict) else {})}.items():
                if name in tasks and isinstance(record, dict) and "state" in record:
                    yield f"{name}[{index}]" if name in maps.get(map_name, ()) else name, record
