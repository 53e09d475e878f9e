"""Enabled schedules waiting for their times, and the thread that fires them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from converter.local.scheduling.clock import ForwardClock
from converter.local.scheduling.expressions import Expression

logger = logging.getLogger(__name__)

INSTANT = timedelta(microseconds=1)


@dataclass
class Timer:
    """One enabled schedule. All moments are aware; ``end`` is the last at which it may fire."""

    arn: str
    expression: Expression
    target: Mapping[str, Any]
    base: datetime
    """Where a rate counts from."""
    since: datetime
    """Until here everything was fired, or came before the schedule."""
    end: datetime | None
    on_completion: Callable[[], None] | None = None
    """Called when it has fired for the last time (ActionAfterCompletion)."""

    def due(self) -> datetime | None:
        """When it fires next; None: never again."""
        found = self.expression.due_after(self.since, self.base)
        return None if found is None or (self.end is not None and found > self.end) else found


@dataclass(frozen=True)
class Firing:
    """A schedule that was fired, at the time that it was due. ``error`` is why its target was not reached."""

    arn: str
    scheduled: datetime
    error: str | None


Fire = Callable[[str, Mapping[str, Any], datetime], None]
"""Reaches a target: the schedule's ARN, its target, the scheduled time. Whatever it raises is recorded."""


class Timers:
    """Fires schedules when they are due, also those that are due because the clock was put forward."""

    def __init__(self, clock: ForwardClock, fire: Fire) -> None:
        self.clock = clock
        self._fire = fire
        self._timers: dict[str, tuple[Timer, datetime]] = {}
        self._changed = threading.Condition()
        self._firing = threading.RLock()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="dag2sfn-scheduler", daemon=True)
        self._thread.start()

    def set(self, timer: Timer) -> None:
        """Wait for a schedule's times from now on, instead of those that it had."""
        with self._changed:
            self._keep(timer)
            self._changed.notify()

    def remove(self, arn: str) -> None:
        """Fire a schedule no more."""
        with self._changed:
            self._timers.pop(arn, None)

    def clear(self) -> None:
        """Forget all schedules, and show the real time again."""
        with self._changed:
            self._timers.clear()
            self.clock.reset()

    def forward_to(self, moment: datetime) -> list[Firing]:
        """Put the clock forward, and fire on the way what is due, each at its time.

        Returns when every target has been reached; what it started goes on in real time.
        """
        with self._firing:
            fired = self._fire_due(moment)
            self.clock.forward_to(moment)
        with self._changed:
            self._changed.notify()
        return fired

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join()

    def _keep(self, timer: Timer) -> None:
        due = timer.due()
        if due is None:
            self._timers.pop(timer.arn, None)
        else:
            self._timers[timer.arn] = (timer, due)

    def _earliest(self) -> tuple[Timer, datetime] | None:
        with self._changed:
            return min(self._timers.values(), key=lambda entry: entry[1], default=None)

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._stopped:
                    return
                earliest = self._earliest()
                wait = None if earliest is None else (earliest[1] - self.clock.now()).total_seconds()
                if wait is None or wait > 0:
                    # The system's limit for one wait is some centuries; an hour serves as well.
                    self._changed.wait(None if wait is None else min(wait, 3600))
                    continue
            self._fire_due(self.clock.now())

    def _fire_due(self, until: datetime) -> list[Firing]:
        fired = []
        with self._firing:
            while (earliest := self._earliest()) is not None and earliest[1] <= until:
                timer, due = earliest
                self.clock.forward_to(due)
                with self._changed:
                    if self._timers.get(timer.arn) != earliest:
                        continue  # changed meanwhile
                    timer.since = due
                    self._keep(timer)
                    is_over = timer.arn not in self._timers
                fired.append(self._reach(timer, due))
                if is_over and timer.on_completion is not None:
                    timer.on_completion()
        return fired

    def _reach(self, timer: Timer, due: datetime) -> Firing:
        try:
            self._fire(timer.arn, timer.target, due)
        # The scheduler must go on whatever is wrong with one target.
        except Exception as error:  # noqa: BLE001 - recorded
            logger.warning("schedule %s did not reach its target: %s", timer.arn, error)
            return Firing(timer.arn, due, str(error))
        return Firing(timer.arn, due, None)
