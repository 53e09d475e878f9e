"""What chance decides about a task that polls or waits, and how its tries end in Airflow.

Airflow looks at once and then every interval; the machine's looks come a little later each time, by what its
calls take. So an event keeps away from the moments at which that would decide how the try ends.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from converter.operators.parts import EVALUATION_ERROR, SKIP_ERROR, Call, Caught, Ending, Poll, Until
from converter.operators.step import Step
from converter.verify.airflow_run import End
from converter.workflow import Task

#: An event that never comes, in seconds.
NEVER = 1e8


@dataclass(frozen=True)
class Watch:
    """When a try looks, and what limits it; seconds. ``interval`` is 0 where it waits for a moment."""

    interval: float
    limit: float | None
    limit_end: End
    timeout: float | None

    @property
    def last_look(self) -> float:
        """When Airflow looks for the last time: the first look after the limit."""
        if self.limit is None:
            return math.inf
        return (math.floor(self.limit / self.interval) + 1) * self.interval if self.interval else self.limit

    def settled(self, event: float) -> float:
        """Return the event at a time at which it makes no difference how long calls take."""
        if event < min(1.0, self.interval):
            return 0.0
        if not self.interval:
            bounds = [bound for bound in (self.limit, self.timeout) if bound is not None]
            return event if not bounds or event < min(bounds) else NEVER
        slack = max(self.interval, 0.1 * min(self.limit or NEVER, self.timeout or NEVER, 3600)) + 2
        for bound in (self.limit, self.timeout):
            if bound is not None and event > bound - slack:
                event = NEVER
        return event if event > self.interval or event == NEVER else 0.0

    def seen(self, event: float) -> float:
        """Return when Airflow sees an event."""
        return math.ceil(event / self.interval) * self.interval if self.interval else event

    def cut(self, event: float) -> tuple[float, End] | None:
        """Return when and how a try ends before its event is seen; None if it does not."""
        seen = self.seen(event)
        if self.timeout is not None and self.timeout <= min(seen, self.last_look):
            return self.timeout, End.FAILED
        return (self.last_look, self.limit_end) if seen > self.last_look else None


def watch_of(step: Step, task: Task) -> Watch | None:
    """Return how a step's parts watch, None if they are calls alone."""
    part = next((part for part in reversed(step.parts) if isinstance(part, (Poll, Until))), None)
    if part is None:
        return None
    return Watch(
        interval=max(1, math.ceil(part.interval)) if isinstance(part, Poll) else 0,
        limit=part.limit.seconds if part.limit else None,
        limit_end=end_of(part.limit.ends, step) if part.limit else End.FAILED,
        timeout=None if part.unhurried else task.execution_timeout,
    )


def end_of(ending: Ending, step: Step) -> End:
    """Return how Airflow's task ends with an ending."""
    if ending.error == SKIP_ERROR:
        return End.SKIPPED
    return End.FAILED_FOR_GOOD if ending.error in (EVALUATION_ERROR, *step.final_errors) else End.FAILED


def ways_to_fail(step: Step, errors: dict[str, End]) -> Iterator[tuple[End, str | None, str | None]]:
    """Yield how a try may go wrong: its end in Airflow, the error of a call, or the answer that is found.

    ``errors`` are those that a call may fail with, and how the task then ends if nothing catches them.
    """
    calls: list[Call | Poll] = [part for part in step.parts if isinstance(part, Call)]
    calls += [part for part in step.parts if isinstance(part, Poll)]
    if not calls:
        return
    part = calls[-1]
    call = part.ask if isinstance(part, Poll) else part
    for error, end in errors.items():
        caught = next((item for item in call.caught if _catches(item, error)), None)
        if caught is None:
            yield end, error, None
        elif caught.ends:
            yield end_of(caught.ends, step), error, None
    if isinstance(part, Poll):
        for number, failure in enumerate(part.failures):
            yield end_of(failure.ends, step), None, f"failed {number}"


def _catches(caught: Caught, error: str) -> bool:
    return error in caught.errors or "States.ALL" in caught.errors
