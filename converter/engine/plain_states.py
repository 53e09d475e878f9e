"""The states that call nobody: Pass, Succeed, Fail, Wait and Choice."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timezone

from converter.engine.data import Data
from converter.engine.definition import (
    ChoiceState,
    FailState,
    PassState,
    SucceedState,
    Transition,
    WaitState,
)
from converter.engine.failures import StateFailure
from converter.engine.query import Template
from converter.engine.visit import Visit

MAX_WAIT_SECONDS = 99_999_999
"""The largest value of the fields that take seconds (States Language reference)."""

_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)")


async def run_pass(visit: Visit, state: PassState) -> tuple[str | None, Data]:
    """Hand the input on, or the Output made of it."""
    return visit.leave(state.transition, visit.input)


async def run_succeed(visit: Visit, state: SucceedState) -> tuple[str | None, Data]:
    """End the branch with the state's output."""
    return visit.leave(Transition(None, output=state.output), visit.input)


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
        raise StateFailure(
            "States.NoChoiceMatched",
            f"An error occurred while executing the state '{state.name}' (entered at the event id "
            f"#{visit.entered_event}). No choice rule matched and the state has no Default.",
        )
    return visit.leave(state.default, visit.input)


async def run_wait(visit: Visit, state: WaitState) -> tuple[str | None, Data]:
    """Wait for Seconds, or until Timestamp; an instant in the past is no wait."""
    if state.seconds is not None:
        seconds = _whole_seconds(visit, state.seconds)
    else:
        seconds = (_until(visit, state) - visit.runtime.clock.now()).total_seconds()
    if seconds > 0:
        await asyncio.sleep(seconds)
    return visit.leave(state.transition, visit.input)


def _whole_seconds(visit: Visit, template: Template) -> float:
    value = visit.evaluate(template, expected="number")
    if not isinstance(value, int) or not 0 <= value <= MAX_WAIT_SECONDS:
        problem = template.unexpected(value, f"an integer from 0 to {MAX_WAIT_SECONDS}")
        raise visit.query_failure(str(problem), template.location)
    return value


def _until(visit: Visit, state: WaitState) -> datetime:
    text: str = visit.evaluate(state.timestamp, expected="string")
    instant = parse_instant(text)
    if instant is None:
        raise visit.query_failure(
            "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: "
            + text,
            "Timestamp",
            previous=visit.entered_event,
        )
    return instant


def parse_instant(text: str) -> datetime | None:
    """Parse ``2016-03-14T01:59:00.243Z`` (any number of decimals, any offset); None if it is no instant."""
    match = _INSTANT.fullmatch(text)
    if match is None:
        return None
    seconds, decimals, offset = match.groups()
    offset = "+00:00" if offset == "Z" else offset
    try:
        instant = datetime.fromisoformat(f"{seconds}.{(decimals or '').ljust(6, '0')[:6]}{offset}")
    except ValueError:  # the thirteenth month
        return None
    return instant.astimezone(timezone.utc)
