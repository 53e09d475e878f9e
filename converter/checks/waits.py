"""Tasks that wait by their own retries until one deadline, which those one after another share."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from converter.checks.machine import Block, State
from converter.checks.poller_loops import is_refused_until
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
    retrier = next(entry for _, entry in state.retriers if is_refused_until(entry))
    interval, allowed = _number(retrier, "IntervalSeconds", 1), _number(retrier, "MaxAttempts", 3)
    backoff = _number(retrier, "BackoffRate", 2)
    share = math.ceil(deadline / _in_turn(state.block)[state.name])
    if backoff > 1:
        needed = math.log1p((backoff - 1) * share / interval) / math.log(backoff)
    else:
        needed = share / interval
    return math.ceil(min(allowed, needed + 1))


def _number(retrier: Mapping[str, Any], name: str, default: float) -> float:
    """Return a number above zero: what is no such number is found by other checks."""
    value = retrier.get(name, default)
    return value if isinstance(value, (int, float)) and 0 < value < math.inf else default


def _deadline(state: State) -> int | None:
    """Return the age of the execution, in seconds, at which such a Task ends; None for any other state."""
    retriers = [entry for _, entry in state.retriers]
    if not any(map(is_refused_until, retriers)):
        return None
    ends = any(
        _EVALUATION in list_of(retrier.get("ErrorEquals")) and retrier.get("MaxAttempts") == 0
        for retrier in retriers
    )
    found = _TOO_LATE.search(str(state.arguments))
    return math.ceil(int(found["age"]) / 1000) if ends and found else None


@lru_cache(maxsize=8)
def _in_turn(block: Block) -> Mapping[str, int]:
    """Return, for each such Task of a block, how many stand one after another there, it among them."""
    waits = {
        state.name: state.text("Next") for state in block.states.values() if _deadline(state) is not None
    }
    found: dict[str, int] = {}
    for first in [*(waits.keys() - set(waits.values())), *waits]:  # the latter if they go in circles
        row, name = [], first
        while name in waits and name not in found and name not in row:
            row.append(name)
            name = waits[name]
        found |= dict.fromkeys(row, len(row))
    return found
