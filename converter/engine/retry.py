"""Retry and Catch: which errors they match, and how long to wait before the next try."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

_LONGEST_DELAY = 99_999_999.0  # seconds; the largest time that any field of the language takes

UNCATCHABLE = "States.Runtime"
"""Never retried or caught, not even by its own name (recorded)."""


def matches(error: str | None, error_equals: Sequence[str], also_named: str | None = None) -> bool:
    """Tell whether an ``ErrorEquals`` list matches an error name, or the other name that the error has.

    ``States.ALL`` matches every error, also one without a name (SendTaskFailure without arguments).
    ``States.TaskFailed`` matches every error but timeouts.
    Source: the Amazon States Language specification, "Predefined Error Codes", and recordings.
    """
    if error == UNCATCHABLE:
        return False
    names = {error, "States.ALL", *(() if also_named is None else (also_named,))}
    if error != "States.Timeout":
        names.add("States.TaskFailed")
    return any(name in names for name in error_equals)


@dataclass(frozen=True)
class Retrier:
    """One entry of ``Retry``. Times are seconds; the defaults are those of the States Language."""

    error_equals: tuple[str, ...]
    interval_seconds: float = 1
    max_attempts: int = 3
    backoff_rate: float = 2.0
    max_delay_seconds: float = math.inf
    full_jitter: bool = False

    def delay(self, retries_so_far: int, random: Random) -> float:
        """Return how long to wait before the next retry, in seconds."""
        try:
            delay = self.interval_seconds * self.backoff_rate**retries_so_far
        except OverflowError:
            delay = math.inf
        delay = min(delay, self.max_delay_seconds, _LONGEST_DELAY)
        return random.uniform(0, delay) if self.full_jitter else delay


class RetryBudget:
    """The tries left in one visit to a state. Each retrier counts its own; leaving the state forgets them."""

    def __init__(self, retriers: Sequence[Retrier], random: Random) -> None:
        self._retriers = retriers
        self._used = [0] * len(retriers)
        self._random = random

    def spend(self, error: str | None, also_named: str | None = None) -> float | None:
        """Return the delay in seconds before the next try, or None if this error is not tried again.

        The first retrier that matches decides, also if its tries are used up.
        """
        for index, retrier in enumerate(self._retriers):
            if matches(error, retrier.error_equals, also_named):
                used = self._used[index]
                if used >= retrier.max_attempts:
                    return None
                self._used[index] = used + 1
                return retrier.delay(used, self._random)
        return None
