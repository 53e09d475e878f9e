"""An execution of a run, with those of the child machines and of the Map Runs that it has started.

All executions of a run have the same name, so that the ARN of each follows from its machine's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from converter.executions.bodies import body_execution_of
from converter.executions.history import new_events
from converter.executions.machine_states import MachineStates, states_that_matter
from converter.executions.map_runs import MapRunReader
from converter.executions.progress import Progress
from converter.executions.results import RunResult

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

#: The error of a Task whose execution has failed: what it failed with is told by the execution itself.
_CHILD_FAILED = "States.TaskFailed"


class MachineRun:
    """One execution as far as it was read; while it has not begun, the tasks of its machine."""

    def __init__(
        self,
        client: SFNClient,
        execution_arn: str,
        inputs_of: Collection[str] = (),
        machine_arn: str | None = None,
    ) -> None:
        """``machine_arn`` is needed for an execution that need not have begun."""
        self._client = client
        self._inputs_of = inputs_of
        self._machine_arn = machine_arn
        self._arn = execution_arn
        self.states: MachineStates
        self.progress: Progress
        self._children: dict[str, MachineRun]
        self._map_runs: dict[str, MapRunReader] = {}
        self._load()

    @classmethod
    def of(
        cls, client: SFNClient, machine_arn: str, run_arn: str, inputs_of: Collection[str] = ()
    ) -> MachineRun:
        """Return the execution of a machine in the run that another execution belongs to."""
        return cls(client, body_execution_of(run_arn, machine_arn), inputs_of, machine_arn)

    @property
    def events(self) -> int:
        """How many events of this execution, and of those that it started, were read."""
        return sum(run._own_events for run in self._all)

    @property
    def can_resume(self) -> bool:
        """Whether the tasks can be passed by."""
        return any(run.states.can_resume for run in self._all)

    @property
    def upstream(self) -> dict[str, tuple[str, ...]]:
        """Each task's upstream tasks."""
        return {task: upstream for run in self._all for task, upstream in run.states.upstream.items()}

    def read_on(self) -> None:
        """Add what has happened since. What an execution has started is read after it, so none is missed."""
        if not self._has_begun:
            self._load()
            if not self._has_begun:
                return
        for event in new_events(self._client, self._arn, self.progress.events):
            self.progress.add(event)
        for arn, state in self.progress.map_runs.items():
            if state not in self.states.apart:
                continue
            task_id = self.states.tasks[state]
            if arn not in self._map_runs:
                states = self.states.apart[state]
                self._map_runs[arn] = MapRunReader(self._client, arn, task_id, states, self._inputs_of)
            is_over = not self.progress.is_running
            self._map_runs[arn].read_on(self.progress.progress_of(task_id), is_over=is_over)
        for state, child in self._children.items():
            if state in self.progress.entered and child.progress.is_running:
                child.read_on()

    def result(self) -> RunResult:
        """Return what is known by now, of all executions together."""
        own = self.progress.result()
        results = [run.progress.result() for run in self._all]
        error, cause = self._failure()
        tasks = (run.progress.tasks(own.status, own.stop) for run in self._all)
        return replace(
            own,
            error=error,
            cause=cause,
            tasks={task_id: task for found in tasks for task_id, task in found.items()},
            transitions=sum(result.transitions for result in results)
            + sum(run._transitions_of_instances for run in self._all),
            status_calls=sum(result.status_calls for result in results),
            events=self.events,
            pollings=tuple(polling for result in results for polling in result.pollings),
        )

    def records(self) -> dict[str, Mapping[str, Any]]:
        """Return the outcome records seen so far, by task id."""
        return {task: record for run in self._all for task, record in run.progress.records().items()}

    @property
    def _all(self) -> Iterator[MachineRun]:
        """This execution, and those that it has started or may start."""
        yield self
        for child in self._children.values():
            yield from child._all

    @property
    def _own_events(self) -> int:
        return self.progress.events + sum(reader.events for reader in self._map_runs.values())

    @property
    def _transitions_of_instances(self) -> int:
        return sum(
            reader.transitions(self.progress.progress_of(self.states.tasks[self.progress.map_runs[arn]]))
            for arn, reader in self._map_runs.items()
        )

    def _failure(self) -> tuple[str | None, str | None]:
        """Return error and cause: of the child that has made the execution fail, if one has."""
        own = self.progress.result()
        failed = [child for child in self._children.values() if child.progress.has_failed]
        if own.error == _CHILD_FAILED and failed:
            return failed[0]._failure()
        return own.error, own.cause

    def _load(self) -> None:
        """Read the definition: the one with which the execution began, else the one that it will run."""
        client, machine = self._client, self._machine_arn
        self._has_begun = True
        try:
            text = client.describe_state_machine_for_execution(executionArn=self._arn)["definition"]
        except client.exceptions.ExecutionDoesNotExist:
            if machine is None:
                raise
            self._has_begun = False
            text = self._definition_of(machine)
        self.states = states_that_matter(text)
        self.progress = Progress(self._arn, self.states, self._inputs_of)
        self._children = {
            state: MachineRun.of(client, child, self._arn, self._inputs_of)
            for state, child in self.states.children.items()
        }

    def _definition_of(self, machine_arn: str) -> str:
        try:
            return self._client.describe_state_machine(stateMachineArn=machine_arn)["definition"]
        except self._client.exceptions.StateMachineDoesNotExist:
            return '{"States": {}}'  # it is no longer deployed
