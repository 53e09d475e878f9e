"""What keeps one evaluation of JSONata from running, or growing, without end.

AWS ends such evaluations as well: after a second ("Transforming data with JSONata", Step Functions Developer
Guide), at a depth, and at a size (both measured on AWS by others). Depth and size are AWS's here. Its second
is a number of evaluated nodes, so that a run can be repeated: but for a regular expression, whose steps
nobody counts.
"""

from __future__ import annotations

from typing import Any

import regex
from jsonata import functions, jexception, regex_engine

MAX_EVALUATIONS = 500_000
"""Nodes of the expression that may be evaluated, counted anew for each of its evaluations."""
MAX_EVALUATIONS_IN_ALL = 5_000_000
"""The same for all expressions of an execution: a loop over a slow one ends before 25,000 events do."""
MAX_DEPTH = 100
"""Nodes inside each other: ``1+1+…`` has 100 terms at most, a call that is no tail call 31 levels."""
MAX_CHARACTERS = 6_990_256
"""Characters of a text that is put together."""
MAX_ITEMS = MAX_CHARACTERS // 8
"""Items of an array that is put together, and of ``[1..n]``: a number counts as eight characters."""
MAX_RANGE = 360_145
"""Items of what ``$range`` returns."""
_REGEX_SECONDS = 1.0
_REMEMBERED = 100


class Budget:
    """The evaluations that are left to an expression, or to an execution, and how deep an expression is."""

    __slots__ = ("depth", "left", "limit")

    def __init__(self, limit: int = MAX_EVALUATIONS) -> None:
        self.limit, self.left, self.depth = limit, limit, 0

    def refuse_if_spent(self) -> None:
        """Raise the library's error if nothing is left: a machine that catches it does not start over."""
        if self.left <= 0:
            raise too_much(f"All expressions together need more than {self.limit:,} evaluations")

    def refuse(self) -> None:
        """Raise the library's error for an expression that is too deep or takes too long."""
        raise too_much(_TOO_DEEP if self.depth > MAX_DEPTH else _TOO_LONG)


_TOO_DEEP = (
    "Stack overflow error: Check for non-terminating recursive function.  "
    f"Consider rewriting as tail-recursive. Depth={MAX_DEPTH + 1} max={MAX_DEPTH}"
)
_TOO_LONG = "Expression evaluation timeout: Check for infinite loop"
_TOO_LARGE = "Expression evaluation memory limit exceeded: Check for excessive memory usage"


IN_ALL = "__evaluations__"
"""The name under which an execution's functions hold its budget; no expression can do anything with it."""


def budget_of_execution() -> Budget:
    """Return what all expressions of one execution may take."""
    return Budget(MAX_EVALUATIONS_IN_ALL)


def too_much(reason: str) -> jexception.JException:
    """Return the error of an evaluation that was ended."""
    return _Ended(reason)


def too_deep() -> jexception.JException:
    """Return the error of an evaluation that has no stack left."""
    return too_much(_TOO_DEEP)


class _Ended(jexception.JException):  # type: ignore[misc]  # the library is untyped
    """Told in AWS's words, without a code: the library has none for it."""

    def __init__(self, reason: str) -> None:
        super().__init__("D1011", -1)
        self.error = "D1011"
        self.reason = reason


def told(error: Any) -> str | None:
    """Return why an evaluation was ended, None for any other error."""
    return error.reason if isinstance(error, _Ended) else None


def check_size(size: float, limit: int) -> None:
    """Refuse a text or an array that is about to become too large."""
    if size > limit:
        raise too_much(_TOO_LARGE)


def pad(text: Any, width: Any, filler: Any = None) -> Any:
    """``$pad``, up to a length."""
    if width is not None:
        check_size(abs(width), MAX_CHARACTERS)
    return functions.Functions.pad(text, width, filler)


def append(left: Any, right: Any) -> Any:
    """``$append``, up to a length."""
    check_size(sum(len(side) if isinstance(side, list) else 1 for side in (left, right)), MAX_ITEMS)
    return functions.Functions.append(left, right)


def compile_regex(pattern: str, flags: regex_engine.RegexFlags) -> Any:
    """Compile a regular expression that gives up in time: Python's own may take years on a short text."""
    options = (regex.IGNORECASE if flags.case_insensitive else 0) | (
        regex.MULTILINE if flags.multiline else 0
    )
    return _Pattern(regex.compile(pattern, options))


class _Pattern:
    """A compiled regular expression, with the methods that the library calls."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled
        self._hopeless: set[str] = set()
        """Texts that took too long before: a loop may come back with the same."""

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._compiled, name)
        if name not in ("search", "match", "fullmatch", "finditer", "sub", "split"):
            return method

        def in_time(*arguments: Any, **named: Any) -> Any:
            text = str(arguments[1] if name == "sub" else arguments[0])
            try:
                if text in self._hopeless:
                    raise TimeoutError
                result = method(*arguments, **named, timeout=_REGEX_SECONDS)
                # The iterator works only when asked, which is too late for an error of ours.
                return iter(list(result)) if name == "finditer" else result
            except TimeoutError as error:
                if len(self._hopeless) < _REMEMBERED:
                    self._hopeless.add(text)
                raise too_much(_TOO_LONG) from error

        return in_time
