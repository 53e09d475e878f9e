"""What chance decides in a run: how long each try of a task takes, and how it ends."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from converter.workflow import Retries

#: No backoff waits longer than a day (airflow.sdk.definitions._internal.abstractoperator.MAX_RETRY_DELAY).
_LONGEST_BACKOFF = 24 * 60 * 60


class End(str, Enum):
    """How one try of an ordinary task ends.

    ``FAILED_FOR_GOOD`` is a failure that is never retried: AirflowFailException, AirflowSensorTimeout.
    ``SKIPPED`` is an AirflowSkipException; it is not retried either.
    (airflow.sdk.execution_time.task_runner, _run_task_and_map_outcome)
    """

    SUCCESS = "success"
    FAILED = "failed"
    FAILED_FOR_GOOD = "failed_for_good"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Branch:
    """A branch operator's choice: task ids, a task group replaced by its roots. None chosen: all are skipped.

    LatestOnlyOperator is one that chooses nothing, when its run is not the latest.
    """

    chosen: tuple[str, ...] = ()


@dataclass(frozen=True)
class ShortCircuit:
    """A short-circuit whose condition is false; with a true one it is an ordinary success.

    ``ignores_rules`` is the operator's ``ignore_downstream_trigger_rules``.
    """

    ignores_rules: bool = True


@dataclass(frozen=True)
class Try:
    """One try: it runs for ``seconds`` and ends so.

    No seconds at all stand for a task that never reaches a worker (a plain EmptyOperator); it can only
    succeed. ``wait`` is the time in seconds from a failure to the next try, within :func:`retry_band`;
    None is the shortest.
    """

    seconds: float
    end: End | Branch | ShortCircuit = End.SUCCESS
    wait: float | None = None

    def __post_init__(self) -> None:
        if self.seconds < 0 or (self.seconds == 0 and self.end is not End.SUCCESS):
            raise ValueError(f"only a success can take no time: {self}")


#: The tries of each task, by task id. The last one is repeated. A mapped task without items has none.
Script: TypeAlias = Mapping[str, Sequence[Try]]


def retry_band(retries: Retries, failed_tries: int) -> tuple[float, float]:
    """Return the shortest and the longest wait, in seconds, after this many failed tries (from 1).

    Without backoff they are the same, and ``max_delay`` has no effect; with backoff Airflow adds a hash of
    the run, the task and the try (airflow.models.taskinstance, TaskInstance.next_retry_datetime).
    """
    if retries.backoff in (0, 1):
        return retries.delay, retries.delay
    try:
        shortest = max(1, math.ceil(retries.delay * retries.backoff ** (failed_tries - 1)))
    except OverflowError:
        shortest = _LONGEST_BACKOFF
    cap = min(_LONGEST_BACKOFF, retries.max_delay or _LONGEST_BACKOFF)
    return min(shortest, cap), min(2 * shortest - 1, cap)
