"""The states that call nobody: Pass, Succeed, Fail, Wait and Choice."""

from __future__ import annotations

from datetime import datetime

from converter.engine.data import Data
from converter.engine.definition import ChoiceState, FailState, PassState, SucceedState, WaitState
from converter.engine.failures import StateFailure
from converter.engine.instants import parse_instant
from converter.engine.scope import Field, QueryError
from converter.engine.visit import Visit

MAX_WAIT_SECONDS = 99_999_999
"""The largest value of the fields that take seconds (States Language reference)."""


async def run_pass(visit: Visit, state: PassState) -> tuple[str | None, Data]:
    """Hand the input on, or what the state makes of it."""
    result = visit.input if state.result is None else Data(visit.evaluate(state.result))
    return visit.leave(state.transition, result)


async def run_succeed(visit: Visit, state: SucceedState) -> tuple[str | None, Data]:
    """End the branch with the state's output."""
    return visit.leave(state.transition, visit.input)


async def run_fail(visit: Visit, state: FailState) -> tuple[str | None, Data]:
    """Fail the branch with the state's Error and Cause."""
    error = visit.evaluate(state.error, expected="string")
    cause = visit.evaluate(state.cause, expected="string")
    raise StateFailure(error, cause)


async def run_choice(visit: Visit, state: ChoiceState) -> tuple[str | None, Data]:
    """Take the first rule whose condition is true, else the Default."""
    for rule in state.rules:
        if visit.evaluate(rule.condition, expected="boolean"):
            return visit.leave(rule.transition, visit.input)
    if state.default is None:
        # Not States.NoChoiceMatched, whatever the specification says: measured on AWS by others.
        raise visit.failure(
            "States.Runtime",
            "Failed to transition out of the state. The state does not point to a next state.",
        )
    return visit.leave(state.default, visit.input)


async def run_wait(visit: Visit, state: WaitState) -> tuple[str | None, Data]:
    """Wait for Seconds, or until Timestamp; an instant in the past is no wait."""
    if state.seconds is not None:
        seconds = _whole_seconds(visit, state.seconds)
    else:
        seconds = (_until(visit, state) - visit.runtime.clock.now()).total_seconds()
    if seconds > 0:
        await visit.runtime.sleep(seconds)
    return visit.leave(state.transition, visit.input)


def _whole_seconds(visit: Visit, template: Field) -> float:
    value = visit.evaluate(template, expected="number")
    if not isinstance(value, int) or not 0 <= value <= MAX_WAIT_SECONDS:
        raise visit.field_failure(template.unexpected(value, f"an integer from 0 to {MAX_WAIT_SECONDS}"))
    return value


def _until(visit: Visit, state: WaitState) -> datetime:
    text: str = visit.evaluate(state.timestamp, expected="string")
    instant = parse_instant(text)
    if instant is None:
        problem = (
            "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: "
            + text
        )
        raise visit.field_failure(QueryError(problem, "Timestamp"), previous=visit.entered_event)
    return instant
