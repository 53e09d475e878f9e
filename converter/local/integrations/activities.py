"""Activities: tasks that wait for a worker, and workers that wait for a task.

A task is offered on the executions' loop; a worker polls in a thread of the HTTP server, for up to a minute.
What the worker then says, it says with the task's token, as in every callback.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from moto.stepfunctions.models import stepfunctions_backends

from converter.engine import TaskCall, TaskFailure
from converter.local.integrations.resources import Place, Resource
from converter.local.integrations.shapes import Json, compact
from converter.local.loop_thread import LoopThread

POLL_SECONDS = 60.0
"""How long GetActivityTask waits for a task (API Reference)."""


def is_activity(arn: str) -> bool:
    """Tell whether a Task's resource is an activity."""
    resource = Resource.parse(arn)
    return resource is not None and resource.service == "activity"


@dataclass(frozen=True)
class ActivityTask:
    """A task that a worker may take: its token, and its input as JSON text."""

    token: str
    input_text: str
    submitted: Callable[[Json], None]
    taken: asyncio.Future[None]

    def take(self, worker: str | None) -> bool:
        """Give it to a worker, on the loop; False: nobody waits for it any more."""
        if self.taken.done():
            return False
        # Recorded at once, and not by the waiting coroutine: the worker may answer before that runs again.
        self.submitted({"workerName": worker} if worker else {})
        self.taken.set_result(None)
        return True


@dataclass
class Activities:
    """Tasks that wait for workers, by the activity's ARN. Thread-safe."""

    loop: LoopThread
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _waiting: dict[str, deque[ActivityTask]] = field(default_factory=dict)
    _epoch: int = 0

    async def run(self, call: TaskCall, submitted: Callable[[Json], None]) -> None:
        """Offer a task and wait until a worker takes it; its token ends it. Raises TaskFailure."""
        place = Place.of(call.resource)
        if call.resource not in stepfunctions_backends[place.account][place.region].activities:
            raise TaskFailure("States.Runtime", f"Activity Does Not Exist: '{call.resource}'")
        taken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        task = ActivityTask(call.token or "", compact(call.arguments), submitted, taken)
        with self._changed:
            self._waiting.setdefault(call.resource, deque()).append(task)
            self._changed.notify_all()
        try:
            await taken
        finally:
            self._withdraw(call.resource, task)

    def _withdraw(self, activity: str, task: ActivityTask) -> None:
        with self._changed:
            waiting = self._waiting.get(activity, ())
            if task in waiting:
                self._waiting[activity].remove(task)

    def next_task(
        self, activity: str, worker: str | None, seconds: float = POLL_SECONDS
    ) -> ActivityTask | None:
        """Wait for a task of the activity and take it for ``worker``; None after ``seconds`` without one."""
        deadline = monotonic() + seconds
        epoch = self._epoch
        while (task := self._first(activity, deadline, epoch)) is not None:
            if self.loop.call(task.take, worker):
                return task
        return None

    def _first(self, activity: str, deadline: float, epoch: int) -> ActivityTask | None:
        def ready() -> bool:
            return self._epoch != epoch or bool(self._waiting.get(activity))

        with self._changed:
            self._changed.wait_for(ready, timeout=max(0.0, deadline - monotonic()))
            waiting = self._waiting.get(activity)
            return waiting.popleft() if waiting and self._epoch == epoch else None

    def forget(self) -> None:
        """Send all polling workers away, and drop what waits."""
        with self._changed:
            self._epoch += 1
            self._waiting.clear()
            self._changed.notify_all()
