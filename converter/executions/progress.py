"""Folds the events of a history, one after another, into what is known of an execution.

Everything comes from the history: the status from its last event, start and end of a task from the events of
its state, and outcomes from the records in the outputs of states. One source cannot contradict itself,
however the execution ended, and while it still runs.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from converter.executions.history import Event
from converter.executions.machine_states import MachineStates
from converter.executions.pollings import Pollings
from converter.executions.results import RUNNING, RunResult, TaskResult
from converter.executions.task_progress import Failure, TaskProgress

_OUTCOMES = ("success", "failed", "skipped", "upstream_failed")
_ENDS = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionTimedOut": "TIMED_OUT",
    "ExecutionAborted": "ABORTED",
}
#: Each stands at the beginning of a try (a Lambda function or an activity may be named by its ARN).
_TRIES = frozenset(
    {
        "TaskScheduled",
        "LambdaFunctionScheduled",
        "ActivityScheduled",
        "ParallelStateStarted",
        "MapStateStarted",
    }
)
_FAILED_TRIES = frozenset(
    {
        "TaskFailed",
        "TaskTimedOut",
        "TaskStartFailed",
        "TaskSubmitFailed",
        "LambdaFunctionFailed",
        "LambdaFunctionTimedOut",
        "LambdaFunctionScheduleFailed",
        "LambdaFunctionStartFailed",
        "ActivityFailed",
        "ActivityTimedOut",
        "ActivityScheduleFailed",
        "EvaluationFailed",
    }
)


class Progress:
    """An execution as far as its events were added; an event costs no more in a long history.

    Of the tasks ``inputs_of``, what each try was given is kept.
    """

    def __init__(self, execution_arn: str, states: MachineStates, inputs_of: Collection[str] = ()) -> None:
        self.events = 0
        self._execution_arn = execution_arn
        self._states = states
        self._tasks = {task_id: TaskProgress() for task_id in states.tasks.values()}
        self._status = RUNNING
        self._failure = Failure(None, None)
        self._start: datetime | None = None
        self._stop: datetime | None = None
        self._transitions = 0
        self._pollings = Pollings(states)
        self._inputs_of = inputs_of
        self._input = ""
        # Most events do not name their state: previousEventId leads back to the one that does.
        self._state_at: dict[int, str] = {}
        self._entered: set[int] = set()
        self.entered: set[str] = set()
        """The states that were entered so far, by name."""
        self.map_runs: dict[str, str] = {}
        """The Map states whose Map Runs were started so far, by the ARNs of these."""
        #: The Map state and the iteration of it that an event is about, where it is about one.
        self._instance_at: dict[int, tuple[str, int]] = {}
        self._inputs: dict[str, str] = {}

    @property
    def is_running(self) -> bool:
        """Whether the execution has not ended."""
        return self._status == RUNNING

    @property
    def has_failed(self) -> bool:
        """Whether the execution has ended by itself, and failed."""
        return self._status in ("FAILED", "TIMED_OUT")

    def add(self, event: Event) -> None:
        """Add the next event of the history."""
        self.events += 1
        kind: str = event["type"]
        details = _details(event)
        previous = self._state_at.get(event["previousEventId"], "")
        # What fails on entering a state links to the event before (recorded), but names the state.
        state: str = details.get("name") or details.get("state") or previous
        if kind == "ParallelStateStarted":  # a new try of a task follows the last event inside it
            state = self._states.inside.get(state, state)
        self._state_at[event["id"]] = state
        if self._is_of_an_instance(event, details):
            self._add_of_instance(event, state, details)
        elif kind.endswith("StateEntered"):
            self._add_entered(event, state, details)
        elif kind.endswith("StateExited"):
            self._add_exited(event, state, details)
        elif kind in _TRIES:
            self._add_try(event, state, details)
        elif kind in _FAILED_TRIES:
            self._add_failed_try(event, state, details)
        elif kind == "MapRunStarted":
            self.map_runs[details["mapRunArn"]] = state
        elif kind.startswith("Execution"):
            self._add_of_execution(event, state, details)

    def progress_of(self, task_id: str) -> TaskProgress:
        """Return the progress of a task."""
        return self._tasks[task_id]

    def result(self) -> RunResult:
        """Return what is known by now."""
        return RunResult(
            execution_arn=self._execution_arn,
            status=self._status,
            tasks=self.tasks(self._status, self._stop),
            start=self._start,
            stop=self._stop,
            error=self._failure.error,
            cause=self._failure.cause,
            transitions=self._transitions,
            status_calls=self._pollings.status_calls,
            events=self.events,
            pollings=self._pollings.results(),
            input=self._input,
        )

    def tasks(self, status: str, stop: datetime | None) -> dict[str, TaskResult]:
        """Return the results of the tasks, in a run of this status which ended at ``stop``."""
        return {task_id: task.result(status, stop) for task_id, task in self._tasks.items()}

    def records(self) -> dict[str, Mapping[str, Any]]:
        """Return the outcome records seen so far, by task id."""
        return {task_id: task.record for task_id, task in self._tasks.items() if task.record}

    def _is_of_an_instance(self, event: Event, details: Mapping[str, Any]) -> bool:
        """Note whether an event is about an instance of mapped tasks: it follows upon such an event."""
        kind: str = event["type"]
        if kind == "MapIterationStarted" and details["name"] in self._states.instances_of:
            self._instance_at[event["id"]] = details["name"], details["index"]
        elif not kind.startswith(("MapIteration", "MapState")):
            instance = self._instance_at.get(event["previousEventId"])
            if instance:
                self._instance_at[event["id"]] = instance
        return event["id"] in self._instance_at

    def _add_of_instance(self, event: Event, state: str, details: Mapping[str, Any]) -> None:
        kind: str = event["type"]
        map_name, index = self._instance_at[event["id"]]
        task_ids = self._states.instances_of[map_name]
        # Of a mapped task, all states are its instance's; in a group, some only ask, or mark what is not run.
        named = self._states.tasks.get(self._states.inside.get(state, state))
        task_id = task_ids[0] if map_name in self._states.tasks else named
        if kind.endswith("StateEntered"):
            self._entered.add(event["id"])
            self._transitions += 1
            if task_id and kind.startswith(("Task", "Parallel", "Pass")):
                self._begin_instance(task_id, index, _utc(event["timestamp"]))
        elif kind.endswith("StateExited"):
            for name, record in self._records_in(details.get("output", "")):
                instance = self._tasks[name].instance(index) if name in task_ids else None
                if instance and not instance.record:
                    instance.record, instance.end = record, _utc(event["timestamp"])
        elif kind in _TRIES and task_id:
            instance = self._tasks[task_id].instance(index)
            instance.failure = None
            before = event["previousEventId"]
            if before not in self._entered or self._state_at[before] != state:
                self._transitions += 1
                instance.attempts += 1
        elif kind in _FAILED_TRIES and task_id:
            failure = Failure(details.get("error"), details.get("cause"))
            self._tasks[task_id].instance(index).failure = failure

    def _begin_instance(self, task_id: str, index: int, at: datetime) -> None:
        task = self._tasks[task_id]
        instance = task.instance(index)
        if not instance.start:
            instance.start, instance.attempts = at, 1
        if not task.start:  # of a group: it is no state of its own that begins
            task.start, task.attempts = at, 1

    def _end_group(self, task_ids: tuple[str, ...]) -> None:
        """Note what the end of a mapped group's Map says of its tasks."""
        for task_id in task_ids:
            task = self._tasks[task_id]
            if task.record and "instances" not in task.record:
                task.instances.clear()  # it was not expanded; the only iteration was no instance
            elif task.record:
                # Their first records say most: later copies may have lost outputs that nobody reads any more.
                known = [instance.record for _, instance in sorted(task.instances.items())]
                all_known = len(known) == len(task.record["instances"]) and all(known)
                task.record = {**task.record, **({"instances": known} if all_known else {})}
            ends = [instance.end for instance in task.instances.values() if instance.end]
            task.end = max(ends, default=None)

    def _task(self, state: str) -> TaskProgress | None:
        return self._tasks.get(self._states.tasks.get(state, ""))

    def _around(self, state: str) -> TaskProgress | None:
        """Return the task inside which a state is, None if it is inside none."""
        return self._task(self._states.inside.get(state, ""))

    def _add_entered(self, event: Event, state: str, details: Mapping[str, Any]) -> None:
        self._entered.add(event["id"])
        self.entered.add(state)
        self._inputs[state] = details.get("input", "")
        self._transitions += 1
        self._pollings.add_entered(state, _utc(event["timestamp"]))
        task = self._task(state)
        if task:
            task.start = task.start or _utc(event["timestamp"])
            task.attempts += 1
        around = self._around(state)
        if around:
            ends = event["type"] == "FailStateEntered"
            around.failure = Failure(None, None) if ends else None

    def _add_exited(self, event: Event, state: str, details: Mapping[str, Any]) -> None:
        self._pollings.add_exited(state, _utc(event["timestamp"]))
        task = self._task(state)
        if task:
            task.end = _utc(event["timestamp"])
            task.end_try(task.end)
        output = details.get("output", "")
        # A state that hands on its input records nothing, and the input may be long.
        if output != self._inputs.pop(state, None):
            # The first record says most: a later copy may have lost an output that nobody reads any more.
            for task_id, record in self._records_in(output):
                self._tasks[task_id].record = self._tasks[task_id].record or record
        if state in self._states.instances_of and not task:
            self._end_group(self._states.instances_of[state])

    def _add_try(self, event: Event, state: str, details: Mapping[str, Any]) -> None:
        self._pollings.add_question(state, _utc(event["timestamp"]))
        task = self._task(state)
        if trying := task or self._around(state):
            trying.failure = None
        if task:
            kept = self._states.tasks[state] in self._inputs_of
            given = details.get("parameters") or details.get("input")
            task.begin_try(_utc(event["timestamp"]), given if kept else None)
        # The first try was counted when the state was entered; a retry does not enter it again.
        before = event["previousEventId"]
        if before not in self._entered or self._state_at[before] != state:
            self._transitions += 1
            if task:
                task.attempts += 1

    def _add_failed_try(self, event: Event, state: str, details: Mapping[str, Any]) -> None:
        task = self._task(state) or self._around(state)
        if task:
            task.failure = Failure(details.get("error"), details.get("cause"))
            task.end_try(_utc(event["timestamp"]), task.failure)

    def _add_of_execution(self, event: Event, state: str, details: Mapping[str, Any]) -> None:
        if event["type"] == "ExecutionStarted":
            self._start = _utc(event["timestamp"])
            self._input = details.get("input", "")
        if event["type"] == "ExecutionRedriven":
            self._status, self._stop, self._failure = RUNNING, None, Failure(None, None)
        if event["type"] in _ENDS:
            self._status = _ENDS[event["type"]]
            self._stop = _utc(event["timestamp"])
            self._failure = Failure(details.get("error"), details.get("cause"))
            culprit = (
                self._task(state)
                or self._around(state)
                or self._tasks.get(self._states.consumers.get(state, ""))
            )
            if culprit and not culprit.end and not (culprit.failure and culprit.failure.error):
                # Errors that cannot be caught, and those of pollers, are no event of the task's own.
                culprit.failure = self._failure

    def _records_in(self, output: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield the outcome records in a state's output: members that are called like a task."""
        try:
            data = json.loads(output)
        except ValueError:
            return  # left out or cut off: events alone have to do
        if not isinstance(data, dict):
            return
        for task_id, record in data.items():
            if task_id in self._tasks and isinstance(record, dict) and record.get("state") in _OUTCOMES:
                yield task_id, record


def _details(event: Event) -> Mapping[str, Any]:
    kind: str = event["type"]
    for shared in ("StateEntered", "StateExited"):
        if kind.endswith(shared):
            kind = shared
    details: Mapping[str, Any] = event.get(f"{kind[0].lower()}{kind[1:]}EventDetails") or {}
    return details


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(timezone.utc)
