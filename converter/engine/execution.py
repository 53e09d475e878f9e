"""One execution of a state machine: from its input to its status, output and history."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from random import Random
from typing import Any

from converter.engine.branch import Branch
from converter.engine.clock import Clock
from converter.engine.data import Data, parse_json
from converter.engine.definition import Definition
from converter.engine.distributed_map import MapRun
from converter.engine.errors import InvalidExecutionInput
from converter.engine.failures import StateFailure, failure_details
from converter.engine.history import History, HistoryEvent, with_text
from converter.engine.interpreter import run_states
from converter.engine.runtime import Runtime, context_time
from converter.engine.tasks import TaskBackend

DEFAULT_ROLE_ARN = "arn:aws:iam::000000000000:role/execution"


class Execution:
    """A run of a :class:`~converter.engine.definition.Definition`.

    Create it, then ``await execution.run()`` in an event loop; many executions may share a loop. Everything
    else may be called before, while and after it runs, from the loop's own thread only: from another thread
    go through ``loop.call_soon_threadsafe(execution.stop)``.
    """

    def __init__(
        self,
        definition: Definition,
        input_text: str,
        *,
        backend: TaskBackend,
        clock: Clock,
        arn: str,
        state_machine_arn: str,
        name: str,
        role_arn: str = DEFAULT_ROLE_ARN,
        start_time: datetime | None = None,
        on_event: Callable[[HistoryEvent], None] | None = None,
        random: Random | None = None,
    ) -> None:
        """Prepare an execution. Nothing runs yet.

        ``input_text`` is JSON text and is kept verbatim; :class:`InvalidExecutionInput` is raised if it is
        none, or too large. ``start_time`` is now by default. ``on_event`` is told each event as it is
        recorded and must not raise. ``random`` feeds ``$random``, ``$uuid``, jitter and task tokens; give a
        seeded one for a run that can be repeated.
        """
        self.definition = definition
        self.arn = arn
        self.state_machine_arn = state_machine_arn
        self.name = name
        self.role_arn = role_arn
        self.status = "RUNNING"
        """RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED."""
        self.output: str | None = None
        """The output as JSON text, once SUCCEEDED."""
        self.error: str | None = None
        self.cause: str | None = None
        self.start_date = (start_time or clock.now()).astimezone(timezone.utc)
        self.stop_date: datetime | None = None
        self._clock = clock
        self._input = _input_data(input_text)
        self._history = History(clock.now, on_event)
        self._runtime = Runtime(
            arn=arn,
            region=arn.split(":")[3] if arn.count(":") >= 3 else "",
            context=self._constant_context(),
            clock=clock,
            random=random or Random(),  # noqa: S311 - no secret depends on it
            backend=backend,
            history=self._history,
            expire=self._expire,
        )
        self._root = Branch(self._runtime, 0, {})
        self._main: asyncio.Task[None] | None = None

    @property
    def input(self) -> str:
        """The input as JSON text, verbatim."""
        return self._input.text

    @property
    def history(self) -> Sequence[HistoryEvent]:
        """The events so far, in order."""
        return self._history.events

    @property
    def map_runs(self) -> Sequence[MapRun]:
        """The Map Runs of its distributed Maps so far."""
        return self._runtime.map_runs

    async def run(self) -> None:
        """Run to the end. Returns when the execution has ended and its tasks have cleaned up.

        A failing machine is no error here: look at ``status``. Cancelling this coroutine stops the work and
        leaves the status as it is.
        """
        if self.status != "RUNNING":
            return
        self._record_started()
        self._main = self._runtime.spawn(self._interpret())
        try:
            await asyncio.wait([self._main], timeout=self.definition.timeout_seconds)
            if not self._main.done():
                self._expire()
        finally:
            self._root.silence()
            await self._runtime.settle()
        if not self._main.cancelled():
            self._main.result()  # an error of the engine itself must not pass for a result

    async def _interpret(self) -> None:
        try:
            output = await run_states(self._root, self.definition.states, self._input)
        except StateFailure as failure:
            self._end(
                "FAILED",
                "ExecutionFailed",
                previous=self._root.last_event,
                error=failure.error,
                cause=failure.cause,
            )
            return
        self.output = output.text
        self._end("SUCCEEDED", "ExecutionSucceeded", previous=self._root.last_event)

    def stop(self, error: str | None = None, cause: str | None = None) -> None:
        """End the execution as StopExecution does, at once: it is ABORTED when this returns.

        Does nothing to an execution that has ended. :meth:`run` returns soon after.
        """
        if self.status != "RUNNING":
            return
        if not self._history.events:
            self._record_started()
        self._end("ABORTED", "ExecutionAborted", previous=0, error=error, cause=cause)
        if self._main is not None:
            self._runtime.cancel(self._main)

    def _expire(self) -> None:
        if self.status == "RUNNING":
            self._end("TIMED_OUT", "ExecutionTimedOut", previous=0, error="States.Timeout")
            if self._main is not None:
                self._runtime.cancel(self._main)

    def send_task_success(self, token: str, output_text: str) -> None:
        """Answer a task that waits for this token with its result, as JSON text.

        Raises :class:`~converter.engine.errors.UnknownTaskToken` if no task of this execution waits for the
        token, and ``ValueError`` if the text is no JSON.
        """
        self._runtime.tokens.succeed(token, output_text)

    def send_task_failure(self, token: str, error: str | None = None, cause: str | None = None) -> None:
        """Answer a task that waits for this token with a failure. Raises ``UnknownTaskToken``."""
        self._runtime.tokens.fail(token, error, cause)

    def send_task_heartbeat(self, token: str) -> None:
        """Give a sign of life for a task that waits for this token. Raises ``UnknownTaskToken``."""
        self._runtime.tokens.beat(token)

    def waits_for(self, token: str) -> bool:
        """Tell whether a task of this execution waits for a token."""
        return token in self._runtime.tokens

    def _record_started(self) -> None:
        details = {**with_text("input", self._input.text), "roleArn": self.role_arn}
        self._history.append("ExecutionStarted", 0, details)

    def _end(
        self,
        status: str,
        event: str,
        *,
        previous: int,
        error: str | None = None,
        cause: str | None = None,
    ) -> None:
        """Set the outcome and record it. Nothing that still runs may record any more."""
        self._root.silence()
        self.status = status
        self.error = error
        self.cause = cause
        details: dict[str, Any] = failure_details(error, cause)
        if self.output is not None:
            details = with_text("output", self.output)
        self._history.append(event, previous, details)
        self.stop_date = self._history.events[-1].timestamp

    def _constant_context(self) -> dict[str, Any]:
        return {
            "Execution": {
                "Id": self.arn,
                "Input": self._input.value,
                "StartTime": context_time(self.start_date),
                "Name": self.name,
                "RoleArn": self.role_arn,
                "RedriveCount": 0,
            },
            "StateMachine": {
                "Id": self.state_machine_arn,
                "Name": self.state_machine_arn.rsplit(":", 1)[-1],
            },
        }


def _input_data(text: str) -> Data:
    try:
        data = Data(parse_json(text), text)
    except ValueError as error:
        raise InvalidExecutionInput(f"Invalid State Machine Execution Input: {error}") from error
    if data.too_large:
        raise InvalidExecutionInput("The execution's input exceeds 262144 bytes")
    return data
