"""What the engine asks of the world: a Task state's call, and the backend that answers it.

The engine interprets states; everything a Task does outside them (Lambda, Glue, nested executions, …) is
a :class:`TaskBackend`. A backend is a coroutine, so that the same one implementation of the engine runs on
a virtual clock (the backend sleeps virtual seconds) and on a real one (it waits for real services).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, runtime_checkable

Json: TypeAlias = Any


@dataclass(frozen=True)
class TaskCall:
    """One try of a Task state.

    ``resource`` is the state's ``Resource`` as the definition has it; ``arguments`` its evaluated
    ``Arguments`` (the state's input where it has none); ``retry_count`` is 0 on the first try;
    ``token`` is set for ``.waitForTaskToken`` (and for activities); ``timeout_seconds`` and
    ``heartbeat_seconds`` are the state's, None where it has none. ``execution_arn`` names the execution.
    """

    resource: str
    arguments: Json
    state_name: str
    execution_arn: str
    retry_count: int = 0
    token: str | None = None
    timeout_seconds: float | None = None
    heartbeat_seconds: float | None = None


class TaskFailure(Exception):
    """A try that failed. ``error`` and ``cause`` are what Retry and Catch see, spelled as AWS spells them.

    Both are None where AWS leaves them out (SendTaskFailure without arguments).
    """

    def __init__(self, error: str | None, cause: str | None = None) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause


class TaskBackend(Protocol):
    """Runs the calls of Task states."""

    async def run(self, call: TaskCall, submitted: Callable[[Json], None]) -> Json:
        """Carry out one try and return its result (JSON), or raise :class:`TaskFailure`.

        ``submitted`` is called once, with the service's first answer, by integrations that then wait
        (``.sync``, ``.waitForTaskToken``): it records the TaskSubmitted event. For an activity it is called
        with ``{"workerName": …}`` (or ``{}``) when a worker takes the task: it records ActivityStarted. The
        coroutine is cancelled when the state times out, when a sibling branch fails, or when the execution is
        stopped; a ``.sync`` backend then stops the job, as AWS does.
        """
        ...


@runtime_checkable
class MapRunGuard(Protocol):
    """What a backend may be besides: asked whether a Map Run may start its executions."""

    def allow_map_run(self, execution_arn: str) -> None:
        """Raise :class:`TaskFailure` if the executions of a Map Run of this execution may not be started."""
        ...
