"""Retry around a state's tries; the same for Task, Parallel and Map."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from converter.engine.data import Data
from converter.engine.definition import Catcher, RetriedState
from converter.engine.failures import EVALUATION_ERROR, StateFailure
from converter.engine.retry import RetryBudget, matches
from converter.engine.visit import Visit


async def run_with_handlers(
    visit: Visit,
    state: RetriedState,
    attempt: Callable[[], Awaitable[Data]],
    give_up: Callable[[], None] | None = None,
) -> tuple[str | None, Data]:
    """Try until a try succeeds or Retry is exhausted; then leave by Catch, or raise the failure.

    ``attempt`` returns the state's result. ``give_up`` is called once no try is left, before Catch: it
    records that the state has failed, where the state has such an event. Returns (next state, output).
    """
    fail = _Failing(visit, give_up)
    try:
        result = await _attempt_with_retries(visit, state, attempt)
        return visit.leave(state.transition, result, {"result": result})
    except StateFailure as failure:
        fail(failure)
        catcher = _catcher(state, failure)
        if catcher is None:
            raise
        error_output = Data(failure.error_output)
    try:
        return visit.leave(catcher.transition, error_output, {"errorOutput": error_output})
    except StateFailure as failure:
        fail(failure)  # once more, now for the catcher's own fields (measured on AWS by others)
        raise


class _Failing:
    """Records that the state has failed. What fails after that links to where the state stood before."""

    def __init__(self, visit: Visit, give_up: Callable[[], None] | None) -> None:
        self._visit = visit
        self._give_up = give_up

    def __call__(self, failure: StateFailure) -> None:
        self._visit.exit_link = None
        if failure.fatal or self._give_up is None:
            return
        self._visit.evaluation_link = self._visit.branch.last_event
        self._give_up()


def _catcher(state: RetriedState, failure: StateFailure) -> Catcher | None:
    if failure.fatal:
        return None
    return next(
        (
            catcher
            for catcher in state.catchers
            if matches(failure.error, catcher.error_equals, failure.also_named)
        ),
        None,
    )


async def _attempt_with_retries(
    visit: Visit, state: RetriedState, attempt: Callable[[], Awaitable[Data]]
) -> Data:
    budget = RetryBudget(state.retriers, visit.runtime.random)
    clock = visit.runtime.clock
    while True:
        began = clock.now()
        try:
            return await attempt()
        except StateFailure as failure:
            if failure.error == EVALUATION_ERROR and clock.failure_seconds and clock.now() == began:
                await visit.runtime.sleep(clock.failure_seconds)
            delay = None if failure.fatal else budget.spend(failure.error, failure.also_named)
            if delay is None:
                raise
        await visit.runtime.sleep(delay)
        visit.retry_count += 1
