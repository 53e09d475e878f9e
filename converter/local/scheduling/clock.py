"""The scheduler's clock: the real one, plus what it was put forward."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone


class ForwardClock:
    """A clock that can be put forward, and back to the real time only. Thread-safe.

    It is the scheduler's alone: waits of executions, Glue runs and timestamps keep to the real time.
    """

    def __init__(self) -> None:
        self._ahead = timedelta()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The present moment as the scheduler sees it, in UTC."""
        with self._lock:
            return datetime.now(timezone.utc) + self._ahead

    def forward_to(self, moment: datetime) -> None:
        """Make it ``moment``; nothing happens if it is later already."""
        with self._lock:
            self._ahead = max(self._ahead, moment - datetime.now(timezone.utc))

    def reset(self) -> None:
        """Show the real time again."""
        with self._lock:
            self._ahead = timedelta()
