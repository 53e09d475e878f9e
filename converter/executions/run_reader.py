"""One run as it is read again and again: an execution, and the body that it may have."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from converter.executions.bodies import body_execution_of, body_machine_of
from converter.executions.history import new_events
from converter.executions.machine_states import states_that_matter
from converter.executions.progress import Progress
from converter.executions.refusals import explaining_unknown_execution
from converter.executions.results import RunResult, TaskResult

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class RunReader:
    """Reads a run. Every method may raise Dag2SfnError (D452) if there is no such execution."""

    def __init__(self, client: SFNClient, execution_arn: str, inputs_of: Collection[str] = ()) -> None:
        self._client = client
        self._inputs_of = inputs_of
        self._arn = execution_arn
        with explaining_unknown_execution(client, execution_arn):
            machine = client.describe_state_machine_for_execution(executionArn=execution_arn)
        self._states = states_that_matter(machine["definition"])
        self._outer = Progress(execution_arn, self._states, inputs_of)
        self._body: Progress | None = None
        self._body_arn = ""
        body_machine = body_machine_of(machine["definition"])
        if body_machine is not None:
            self._body_arn = body_execution_of(execution_arn, body_machine)
            # Until the body has begun, as while the run waits for a slot, this is what it will run.
            described = client.describe_state_machine(stateMachineArn=body_machine)
            self._states = states_that_matter(described["definition"])
            self._body = Progress(self._body_arn, self._states, inputs_of)

    @property
    def is_running(self) -> bool:
        """Whether the run has not ended."""
        return self._outer.is_running

    @property
    def upstream(self) -> Mapping[str, tuple[str, ...]]:
        """Each task's upstream tasks."""
        return self._states.upstream

    def read_on(self) -> bool:
        """Add what has happened since; return whether anything has."""
        before = self._events
        # The body last: once the outer execution has ended, all that the body did is there to be read.
        with explaining_unknown_execution(self._client, self._arn):
            for event in new_events(self._client, self._arn, self._outer.events):
                self._outer.add(event)
        if self._body is not None:
            self._read_body(self._body)
        return self._events > before

    def result(self) -> RunResult:
        """Return what is known by now."""
        outer = self._outer.result()
        if self._body is None:
            return outer
        body, decided = self._body.result(), self._body.records()
        cut_short = not self._outer.is_running and body.status not in ("RUNNING", "SUCCEEDED")
        end = body if cut_short else outer
        return replace(
            outer,
            status=end.status,
            error=end.error,
            cause=end.cause,
            tasks={
                task_id: task if task_id in decided else self._task_of_outer(task_id, outer) or task
                for task_id, task in body.tasks.items()
            },
            transitions=outer.transitions + body.transitions,
            status_calls=outer.status_calls + body.status_calls,
            events=outer.events + body.events,
            pollings=outer.pollings + body.pollings,
        )

    def records(self) -> dict[str, Mapping[str, Any]]:
        """Return the outcome records seen so far, by task id."""
        found = self._outer.records()
        return found if self._body is None else {**found, **self._body.records()}

    @property
    def _events(self) -> int:
        return self._outer.events + (self._body.events if self._body else 0)

    def _task_of_outer(self, task_id: str, outer: RunResult) -> TaskResult | None:
        """Return the result of a task that the outer machine has begun or decided, None if it has not."""
        result = outer.tasks.get(task_id)
        if result is None:
            return None
        return result if result.start or task_id in self._outer.records() else None

    def _read_body(self, body: Progress) -> None:
        client = self._client
        try:
            if not body.events:
                # It runs the definition that there was when it began.
                machine = client.describe_state_machine_for_execution(executionArn=self._body_arn)
                self._states = states_that_matter(machine["definition"])
                self._body = body = Progress(self._body_arn, self._states, self._inputs_of)
            for event in new_events(client, self._body_arn, body.events):
                body.add(event)
        except client.exceptions.ExecutionDoesNotExist:
            return  # it has not begun
