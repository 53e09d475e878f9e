"""One run as it is read again and again: an execution, the body that it may have, and child machines."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from converter.executions.bodies import body_machine_of
from converter.executions.history import new_events
from converter.executions.machine_run import MachineRun
from converter.executions.machine_states import states_that_matter
from converter.executions.progress import Progress
from converter.executions.refusals import explaining_unknown_execution
from converter.executions.results import RUNNING, RunResult, TaskResult
from converter.shadow_mark import ShadowMark, mark_of

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class RunReader:
    """Reads a run. Every method may raise Dag2SfnError (D452) if there is no such execution."""

    def __init__(self, client: SFNClient, execution_arn: str, inputs_of: Collection[str] = ()) -> None:
        self._client = client
        self._arn = execution_arn
        self._outer: Progress | None = None
        with explaining_unknown_execution(client, execution_arn):
            text = client.describe_state_machine_for_execution(executionArn=execution_arn)["definition"]
            self.shadow: ShadowMark | None = mark_of(json.loads(text))
            """What its machine says of itself, if it is one that runs beside Airflow."""
            body_machine = body_machine_of(text)
            if body_machine is None:
                self._run = MachineRun(client, execution_arn, inputs_of)
                return
            self._outer = Progress(execution_arn, states_that_matter(text), inputs_of)
            # Until the body has begun, as while the run waits for a slot, its machine tells the tasks.
            self._run = MachineRun.of(client, body_machine, execution_arn, inputs_of)

    @property
    def is_running(self) -> bool:
        """Whether the run has not ended."""
        return (self._outer or self._run.progress).is_running

    @property
    def upstream(self) -> Mapping[str, tuple[str, ...]]:
        """Each task's upstream tasks."""
        return self._run.upstream

    @property
    def can_resume(self) -> bool:
        """Whether another execution can go on from this one."""
        return self._run.can_resume

    def read_on(self) -> bool:
        """Add what has happened since; return whether anything has."""
        before = self._events
        # The body last: once the outer execution has ended, all that the body did is there to be read.
        with explaining_unknown_execution(self._client, self._arn):
            if self._outer is not None:
                for event in new_events(self._client, self._arn, self._outer.events):
                    self._outer.add(event)
            self._run.read_on()
        return self._events > before

    def result(self) -> RunResult:
        """Return what is known by now."""
        run = self._run.result()
        if self._outer is None:
            return run
        outer, decided = self._outer.result(), self._run.records()
        cut_short = not self._outer.is_running and run.status not in (RUNNING, "SUCCEEDED")
        end = run if cut_short else outer
        return replace(
            outer,
            status=end.status,
            error=end.error,
            cause=end.cause,
            tasks={
                task_id: task if task_id in decided else self._task_of_outer(task_id, outer) or task
                for task_id, task in run.tasks.items()
            },
            transitions=outer.transitions + run.transitions,
            status_calls=outer.status_calls + run.status_calls,
            events=outer.events + run.events,
            pollings=outer.pollings + run.pollings,
        )

    def records(self) -> dict[str, Mapping[str, Any]]:
        """Return the outcome records seen so far, by task id."""
        outer = self._outer.records() if self._outer else {}
        return {**outer, **self._run.records()}

    @property
    def _events(self) -> int:
        return self._run.events + (self._outer.events if self._outer else 0)

    def _task_of_outer(self, task_id: str, outer: RunResult) -> TaskResult | None:
        """Return the result of a task that the outer machine has begun or decided, None if it has not."""
        result = outer.tasks.get(task_id)
        if result is None or self._outer is None:
            return None
        return result if result.start or task_id in self._outer.records() else None
