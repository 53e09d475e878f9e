"""Lines of control side by side, inside a Parallel or a Map."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any

from converter.engine.branch import Branch
from converter.engine.data import Data
from converter.engine.failures import StateFailure
from converter.engine.visit import Visit


class Lines:
    """The lines that one try of a state runs.

    Leaving the ``with`` block ends those that still run; by a failure, with events that say so.
    """

    def __init__(self, visit: Visit) -> None:
        self._parent = visit.branch
        self._runtime = visit.runtime
        self._running: dict[Branch, asyncio.Task[None]] = {}
        # A queue hands ends out in the order in which they came; a set of tasks would not, and the virtual
        # clock promises the same order in every run.
        self._ends: asyncio.Queue[tuple[Branch, Data | Exception]] = asyncio.Queue()

    def __enter__(self) -> Lines:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._running.values():
            # Not awaited here: a backend may take its time to stop a job, and the machine goes on without it.
            self._runtime.cancel(task)
        try:
            if isinstance(error, StateFailure) and not error.fatal:
                self.abort()
        finally:  # also when the history is full
            for branch in self._running:
                branch.silence()
            self._parent.children = []

    def __len__(self) -> int:
        return len(self._running)

    def abort(self) -> None:
        """Record that the lines which still run are aborted.

        Parallel and Map move on to the event that is to blame before they fail.
        """
        for branch in self._running:
            branch.abort(self._parent.last_event)

    def start(self, branch: Branch, work: Coroutine[Any, Any, Data]) -> None:
        """Start a line."""
        self._parent.children.append(branch)
        self._running[branch] = self._runtime.spawn(self._report_end(branch, work))

    async def _report_end(self, branch: Branch, work: Coroutine[Any, Any, Data]) -> None:
        end: Data | Exception
        try:
            end = await work
        # Not judged here but raised again in :meth:`next_end`, in the line that waits for this one.
        except Exception as error:  # noqa: BLE001 - see above
            end = error
        self._ends.put_nowait((branch, end))

    async def next_end(self) -> tuple[Branch, Data | StateFailure]:
        """Wait for the next line to end; return it with its output or its failure.

        A fatal failure is raised: it is the execution's end, and leaves no trace in the states around it.
        """
        branch, end = await self._ends.get()
        del self._running[branch]
        self._parent.children.remove(branch)
        if isinstance(end, StateFailure) and not end.fatal:
            return branch, end
        if isinstance(end, Exception):
            self._parent.last_event = branch.last_event
            raise end
        return branch, end
