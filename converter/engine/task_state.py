"""Task: one call of the backend, with its timeouts, its token, and the events that AWS records for it."""

from __future__ import annotations

import asyncio

from converter.engine.data import Data
from converter.engine.definition import TaskState
from converter.engine.failures import StateFailure, data_limit_exceeded
from converter.engine.handling import run_with_handlers
from converter.engine.parameter_checks import refused_parameters
from converter.engine.plain_states import MAX_WAIT_SECONDS
from converter.engine.scope import Field
from converter.engine.task_events import TaskEvents
from converter.engine.tasks import Json, TaskCall, TaskFailure
from converter.engine.tokens import Ticket
from converter.engine.visit import Visit


async def run_task(visit: Visit, state: TaskState) -> tuple[str | None, Data]:
    """Call the state's resource, again where Retry says so."""
    return await run_with_handlers(visit, state, lambda: _try_once(visit, state))


async def _try_once(visit: Visit, state: TaskState) -> Data:
    # `.sync` tasks may hand out a token as well, and are then ended by it (recorded).
    visit.token = visit.runtime.new_uuid() if state.resource.pattern else None
    arguments = visit.input if state.arguments is None else Data(visit.evaluate(state.arguments))
    if arguments.too_large:
        raise data_limit_exceeded(state.name, fatal=True)
    timeout = _positive_seconds(visit, state.timeout_seconds)
    heartbeat = _positive_seconds(visit, state.heartbeat_seconds)
    role = visit.evaluate(state.role_arn, expected="string")
    if refused := refused_parameters(state.resource, arguments.value):
        raise visit.failure(
            "States.Runtime",
            f"The Parameters '{arguments.text}' could not be used to start the Task: [{', '.join(refused)}]",
        )
    events = TaskEvents(visit, state.resource)
    events.scheduled(arguments, timeout, heartbeat, role)
    call = TaskCall(
        resource=state.resource.arn,
        arguments=arguments.value,
        state_name=state.name,
        execution_arn=visit.runtime.arn,
        retry_count=visit.retry_count,
        token=visit.token if state.resource.pattern in ("waitForTaskToken", "activity") else None,
        timeout_seconds=timeout,
        heartbeat_seconds=heartbeat,
    )
    try:
        result = Data(await _Call(visit, call, events).result())
    except TaskFailure as failure:
        events.failed(failure.error, failure.cause)
        raise StateFailure(failure.error, failure.cause) from failure
    except _TimedOut as timed_out:
        events.timed_out("States.Timeout")
        raise StateFailure(
            "States.Timeout", None, cause_when_caught="", also_named=timed_out.also_named
        ) from None
    if result.too_large:
        too_large = data_limit_exceeded(state.resource.service or state.resource.arn, fatal=False)
        events.failed(too_large.error, too_large.cause)
        raise too_large
    events.succeeded(result)
    return result


def _positive_seconds(visit: Visit, template: Field | None) -> int | None:
    if template is None:
        return None
    value = visit.evaluate(template, expected="number")
    if not isinstance(value, int) or not 1 <= value <= MAX_WAIT_SECONDS:
        raise visit.field_failure(template.unexpected(value, f"an integer from 1 to {MAX_WAIT_SECONDS}"))
    return value


class _TimedOut(Exception):
    """The time is up. A missed heartbeat is told like any timeout, but has a name of its own as well."""

    def __init__(self, also_named: str | None) -> None:
        super().__init__()
        self.also_named = also_named


class _Call:
    """One call of the backend, and whatever can end it: its result, a token's answer, a timeout."""

    def __init__(self, visit: Visit, call: TaskCall, events: TaskEvents) -> None:
        self._visit = visit
        self._call = call
        self._events = events
        self._loop = asyncio.get_running_loop()
        self._submitted = False

    async def result(self) -> Json:
        """Return the task's result; raise TaskFailure or _TimedOut."""
        token = self._visit.token
        if token is None and self._call.timeout_seconds is None:
            return await self._run_backend()
        tokens = self._visit.runtime.tokens
        ticket = None if token is None else tokens.open(token)
        work = self._visit.runtime.spawn(self._run_backend())
        try:
            return await self._first_end(work, ticket)
        finally:
            # Not awaited here: a backend may take its time to stop a job, and the machine goes on without it.
            self._visit.runtime.cancel(work)
            if token is not None:
                tokens.close(token)

    async def _first_end(self, work: asyncio.Task[Json], ticket: Ticket | None) -> Json:
        started = self._loop.time()
        answers: list[asyncio.Future[Json]] = [] if ticket is None else [ticket.answer]
        waiting: list[asyncio.Future[Json]] = [*answers, work]
        while True:
            limit, also_named = self._limit(started, ticket)
            remaining = None if limit is None else max(0.0, limit - self._loop.time())
            await asyncio.wait(waiting, timeout=remaining, return_when=asyncio.FIRST_COMPLETED)
            for future in answers:
                if future.done():
                    return future.result()
            if work.done() and work in waiting:
                result = work.result()
                if self._call.token is None:
                    return result
                waiting.remove(work)  # it has submitted; only the token ends the task now
            limit, also_named = self._limit(started, ticket)  # a heartbeat may have moved it
            if limit is not None and self._loop.time() >= limit:
                raise _TimedOut(also_named)

    def _limit(self, started: float, ticket: Ticket | None) -> tuple[float | None, str | None]:
        """Return the loop time at which the task times out if nothing happens, and the name that has then."""
        limit, name = None, None
        if self._call.timeout_seconds is not None:
            limit = started + self._call.timeout_seconds
        # Without a token nobody could send a heartbeat.
        if self._call.heartbeat_seconds is not None and self._call.token is not None and ticket is not None:
            heartbeat = ticket.last_heartbeat + self._call.heartbeat_seconds
            if limit is None or heartbeat < limit:
                limit, name = heartbeat, "States.HeartbeatTimeout"
        return limit, name

    async def _run_backend(self) -> Json:
        try:
            result = await self._visit.runtime.backend.run(self._call, self._submit)
        except TaskFailure:
            raise
        # A backend is somebody else's code: whatever it throws must end this task with a recorded error.
        except Exception as error:
            raise TaskFailure("States.Runtime", f"The task's backend failed: {error!r}") from error
        if self._call.token is not None and not self._events.is_activity:
            self._submit(result)
        return result

    def _submit(self, answer: Json) -> None:
        if not self._submitted and not self._visit.branch.aborted:
            self._submitted = True
            self._events.submitted(Data(answer))
