"""Generators that begin when they are called: what they start goes on while the caller does other things."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, ParamSpec, TypeVar

_Item = TypeVar("_Item")
_Parameters = ParamSpec("_Parameters")
#: What such a generator yields first, and nobody sees.
BEGUN: Any = None


def begun(
    generator_function: Callable[_Parameters, Iterator[_Item]],
) -> Callable[_Parameters, Iterator[_Item]]:
    """Let a generator run up to its first ``yield``, which is ``yield BEGUN``, when it is called.

    >>> @begun
    ... def numbers():
    ...     print("begun")
    ...     yield BEGUN
    ...     yield 1
    >>> found = numbers()
    begun
    >>> list(found)
    [1]
    """

    @wraps(generator_function)
    def begin(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> Iterator[_Item]:
        items = generator_function(*args, **kwargs)
        next(items)
        return items

    return begin
