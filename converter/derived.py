"""What follows from an object alone and is asked by several stages: worked out once, and kept with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

_Of = TypeVar("_Of")
_Result = TypeVar("_Result")


def derived(function: Callable[[_Of], _Result]) -> Callable[[_Of], _Result]:
    """Let a function of one frozen object work only once for each: the object keeps the result.

    Like ``functools.cached_property``, for what the object's own module knows nothing of. What
    ``dataclasses.replace`` makes of the object begins anew.
    """
    name = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def kept(of: _Of) -> _Result:
        known = vars(of)
        if name not in known:
            known[name] = function(of)
        result: _Result = known[name]
        return result

    return kept
