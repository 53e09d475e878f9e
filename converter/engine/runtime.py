"""What all lines of one execution share: its history, clock, randomness, backend, tokens and event limit."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING, Any

from converter.engine.clock import Clock
from converter.engine.failures import StateFailure
from converter.engine.history import MAX_EVENTS, History
from converter.engine.jsonata_functions import functions_of_execution
from converter.engine.jsonata_values import to_query_form
from converter.engine.tasks import Json, TaskBackend
from converter.engine.tokens import TokenDesk

if TYPE_CHECKING:
    from converter.engine.distributed_map import MapRun

LONGEST = timedelta(days=365)
"""Service Quotas: maximum execution time of a standard workflow."""
_HISTORY_FULL = f"The execution reached the maximum number of history events ({MAX_EVENTS})."


@dataclass
class Runtime:
    """Shared by every line of control of one execution."""

    arn: str
    region: str
    context: Mapping[str, Json]
    """The constant part of the context object: ``Execution`` and ``StateMachine``."""
    clock: Clock
    random: Random
    backend: TaskBackend
    history: History
    expire: Callable[[], None]
    """Ends the execution because it has run for a year."""
    tokens: TokenDesk = field(default_factory=TokenDesk)
    map_runs: list[MapRun] = field(default_factory=list)
    """The Map Runs of the execution so far, also those of executions inside it."""
    _running: set[asyncio.Task[Any]] = field(default_factory=set)
    _cancelled: set[asyncio.Task[Any]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._end = self.clock.now() + LONGEST
        self.functions = functions_of_execution(self.clock.now, self.random)

    @cached_property
    def context_form(self) -> Mapping[str, Any]:
        """The same as the query language wants it: made once, as the input in it may be large."""
        form: Mapping[str, Any] = to_query_form(dict(self.context))
        return form

    def child(self, arn: str, context: Mapping[str, Json], history: History) -> Runtime:
        """Return the runtime of an execution that runs inside this one, with a history of its own."""
        return replace(self, arn=arn, context=context, history=history)

    def record(self, type_: str, previous: int, details: Mapping[str, Any] | None = None) -> int:
        """Add an event. When only the last one is left, the execution fails instead."""
        if not self.history.has_room_for_one_more:
            raise StateFailure("States.Runtime", _HISTORY_FULL, fatal=True)
        return self.history.append(type_, previous, details)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start a coroutine beside the others; :meth:`settle` waits for it at the latest."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        self._cancelled.discard(task)
        if not task.cancelled():
            # Whoever waits for the task hears of its error; a job that could not be stopped has no listener.
            task.exception()

    def cancel(self, task: asyncio.Task[Any]) -> None:
        """Cancel a task, once: a second time would interrupt what it does to clean up (stopping its job)."""
        if not task.done() and task not in self._cancelled:
            self._cancelled.add(task)
            task.cancel()

    async def settle(self) -> None:
        """Cancel what still runs and wait until all of it has cleaned up after itself."""
        while pending := [task for task in self._running if not task.done()]:
            for task in pending:
                self.cancel(task)
            await asyncio.wait(pending)

    async def sleep(self, seconds: float) -> None:
        """Sleep, but not beyond the longest time that an execution may run."""
        left = (self._end - self.clock.now()).total_seconds()
        if seconds < left:
            await asyncio.sleep(seconds)
            return
        await asyncio.sleep(max(0.0, left))
        self.expire()
        await asyncio.get_running_loop().create_future()  # until the cancellation arrives

    def new_uuid(self) -> str:
        """Return a random UUID; on the virtual clock the same in every run."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))


def context_time(moment: datetime) -> str:
    """Return an instant as the context object and ``$now`` write it: ``2026-01-31T09:00:00.000Z``."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
