"""Tasks that wait by their own retries until one deadline, which those one after another share."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from converter.checks.machine import State
from converter.checks.poller_loops import REFUSED
from converter.checks.shapes import list_of

#: Past this age of the execution, in milliseconds, the next try fails without a question.
_TOO_LATE = re.compile(r"StartTime\)\s*>=\s*(?P<age>\d+)\b[^?]*\?\s*\$error\(")
_EVALUATION = "States.QueryEvaluationError"


def retries_of_wait(state: State) -> int | None:
    """Return how often a Task that waits for a record retries at most for that, None for any other state.

    Of several such Tasks one after another, each has its share of the time: none waits as long as the Retry
    says once another has, and pauses that grow are most in all if each waits for the same time.
    """
    deadline = _deadline(state)
    if deadline is None:
        return None
    retrier = next(entry for _, entry in state.entries("Retry") if waits_by(entry))
    interval, allowed = _number(retrier, "IntervalSeconds", 1), _number(retrier, "MaxAttempts", 3)
    backoff = _number(retrier, "BackoffRate", 2)
    share = math.ceil(deadline / _in_turn(state))
    if backoff > 1:
        needed = math.log1p((backoff - 1) * share / interval) / math.log(backoff)
    else:
        needed = share / interval
    return math.ceil(min(allowed, needed + 1))


def waits_by(retrier: Mapping[str, Any]) -> bool:
    """Return whether a retrier is how a Task waits for a record."""
    return REFUSED in list_of(retrier.get("ErrorEquals"))


def _number(retrier: Mapping[str, Any], name: str, default: float) -> float:
    """Return a number above zero: what is no such number is found by other checks."""
    value = retrier.get(name, default)
    return value if isinstance(value, (int, float)) and 0 < value < math.inf else default


def _deadline(state: State) -> int | None:
    """Return the age of the execution, in seconds, at which such a Task ends; None for any other state."""
    retriers = [entry for _, entry in state.entries("Retry")]
    if not any(map(waits_by, retriers)):
        return None
    ends = any(
        _EVALUATION in list_of(retrier.get("ErrorEquals")) and retrier.get("MaxAttempts") == 0
        for retrier in retriers
    )
    found = _TOO_LATE.search(str(state.arguments))
    return math.ceil(int(found["age"]) / 1000) if ends and found else None


def _in_turn(state: State) -> int:
    """Return how many such Tasks of a block stand one after another, this one among them."""
    following = {
        other.name: other.text("Next")
        for other in state.block.states.values()
        if _deadline(other) is not None
    }
    before = {after: name for name, after in following.items()}
    count = 1
    for steps in (following, before):
        name = steps.get(state.name, "")
        while name in following:
            count, name = count + 1, steps.get(name, "")
    return count
