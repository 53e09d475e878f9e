"""Retry around a state's tries; the same for Task, Parallel and Map."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from converter.engine.data import Data
from converter.engine.definition import RetriedState
from converter.engine.failures import StateFailure
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
    try:
        result = await _attempt_with_retries(visit, state, attempt, give_up)
        return visit.leave(state.transition, result, {"result": result})
    except StateFailure as failure:
        if failure.fatal:
            raise
        for catcher in state.catchers:
            if matches(failure.error, catcher.error_equals):
                error_output = Data(failure.error_output)
                return visit.leave(catcher.transition, error_output, {"errorOutput": error_output})
        raise


async def _attempt_with_retries(
    visit: Visit,
    state: RetriedState,
    attempt: Callable[[], Awaitable[Data]],
    give_up: Callable[[], None] | None,
) -> Data:
    budget = RetryBudget(state.retriers, visit.runtime.random)
    while True:
        try:
            return await attempt()
        except StateFailure as failure:
            delay = None if failure.fatal else budget.spend(failure.error)
            if delay is None:
                if give_up is not None and not failure.fatal:
                    give_up()
                raise
        await visit.runtime.sleep(delay)
        visit.retry_count += 1
