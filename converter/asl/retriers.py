"""Retriers of services, as ASL has them."""

from __future__ import annotations

from typing import Any

from converter.operators.parts import Retrier


def retry_state(retrier: Retrier) -> dict[str, Any]:
    """Return an ASL retrier."""
    state: dict[str, Any] = {
        "ErrorEquals": list(retrier.errors),
        "IntervalSeconds": retrier.interval,
        "MaxAttempts": retrier.attempts,
        "BackoffRate": retrier.backoff,
    }
    if retrier.max_delay:
        state["MaxDelaySeconds"] = retrier.max_delay
    if retrier.jitter:
        state["JitterStrategy"] = "FULL"
    return state
