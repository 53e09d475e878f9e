"""The two clocks of the engine: one implementation of the states runs on either.

States and backends are plain asyncio coroutines that sleep with ``asyncio.sleep``. On the real clock an
ordinary event loop runs them. On the virtual clock they run in an event loop whose time jumps to the next
timer whenever nothing is ready: an hour of waiting costs nothing, and the same run always takes the same
steps in the same order.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import datetime, timedelta, timezone
from typing import Any, Protocol, TypeVar

from converter.engine.errors import Deadlock

T = TypeVar("T")


class Clock(Protocol):
    """Tells the time of an execution."""

    @property
    def failure_seconds(self) -> float:
        """What a try takes, in seconds, that fails as an expression of its state is evaluated."""
        ...

    def now(self) -> datetime:
        """Return the present moment, timezone-aware, in UTC."""
        ...


class RealClock:
    """The wall clock."""

    failure_seconds = 0.0

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(timezone.utc)


class VirtualClock:
    """A clock that stands still while code runs, and jumps while everything waits.

    So whatever fails without a call would fail at the moment of what led to it, which nothing does on AWS.
    Where the order of the two matters, ``failure_seconds`` is more than 0.
    """

    def __init__(self, start: datetime, *, failure_seconds: float = 0.0) -> None:
        if start.tzinfo is None:
            raise ValueError("the start of a virtual clock must be timezone-aware")
        self.failure_seconds = failure_seconds
        self.start = start.astimezone(timezone.utc)
        self.elapsed = 0.0
        """Virtual seconds since the start."""

    def now(self) -> datetime:
        """Return the virtual moment in UTC."""
        return self.start + timedelta(seconds=self.elapsed)

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end in virtual time and return its result.

        Raises :class:`Deadlock` when everything waits and nothing is scheduled: on this clock nobody outside
        the loop can act, so nothing would ever happen again.
        """
        loop = asyncio.SelectorEventLoop(_TimeJumpingSelector(self))
        loop.time = lambda: self.elapsed  # type: ignore[method-assign]  # asyncio has no other way in
        # A timer is due when it is less than this ahead. asyncio's own value, a nanosecond, is lost in the
        # rounding of a time of some months, and the loop would spin for ever on a timer due just now.
        loop._clock_resolution = 1e-6  # type: ignore[attr-defined]  # private, and the same since Python 3.4
        try:
            return loop.run_until_complete(main)
        finally:
            _cancel_all_tasks(loop)
            loop.close()


def _cancel_all_tasks(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))


class _TimeJumpingSelector(selectors.SelectSelector):
    """A selector that, asked to wait for input, moves the virtual clock instead."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Deadlock(
                "Everything waits and nothing is scheduled: on the virtual clock this run can never go on. "
                "(A task token that nobody sends, or a backend that waits for another thread?)"
            )
        if timeout > 0:
            self._clock.elapsed += timeout
        return []
