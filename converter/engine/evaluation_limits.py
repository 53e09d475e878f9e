"""What keeps one evaluation of JSONata from running, or growing, without end.

AWS ends such evaluations too, at limits that it does not tell. Ours are far above what an expression over
256 KiB of data needs, and the same in every run: but for a regular expression, whose steps nobody counts.
"""

from __future__ import annotations

from typing import Any

import regex
from jsonata import functions, jexception, regex_engine

MAX_EVALUATIONS = 500_000
"""Nodes of the expression that may be evaluated, counted anew for each of its evaluations."""
MAX_EVALUATIONS_IN_ALL = 10_000_000
"""The same for all expressions of an execution: a loop over a slow one ends before 25,000 events do."""
MAX_LENGTH = 10_000_000
"""Characters of a text, and items of an array, that are put together; the reference limits ranges so."""
_REGEX_SECONDS = 1.0
_REMEMBERED = 100


class Budget:
    """The evaluations that are left to an expression, or to an execution."""

    __slots__ = ("left", "limit", "whose")

    def __init__(self, whose: str = "expression", limit: int = MAX_EVALUATIONS) -> None:
        self.whose, self.limit, self.left = whose, limit, limit

    def spend(self, count: int) -> None:
        """Take some away. Raises the library's error if that is more than there was."""
        self.left -= count
        if self.left < 0:
            self.refuse()

    def refuse(self) -> None:
        """Raise the library's error."""
        raise too_much(f"The {self.whose} needs more than {self.limit:,} evaluations")


IN_ALL = "__evaluations__"
"""The name under which an execution's functions hold its budget; no expression can do anything with it."""


def budget_of_execution() -> Budget:
    """Return what all expressions of one execution may take."""
    return Budget("execution", MAX_EVALUATIONS_IN_ALL)


def too_much(reason: str) -> jexception.JException:
    """Return the error of an evaluation that was ended."""
    return _Ended(reason)


class _Ended(jexception.JException):  # type: ignore[misc]  # the library is untyped
    """Told in its own words: the library has none for it."""

    def __init__(self, reason: str) -> None:
        super().__init__("D1011", -1)
        self.error = "D1011"
        self.reason = reason


def told(error: Any) -> str | None:
    """Return why an evaluation was ended, None for any other error."""
    return error.reason if isinstance(error, _Ended) else None


def check_length(length: float) -> None:
    """Refuse a text or an array that is about to become too long."""
    if length > MAX_LENGTH:
        raise too_much(f"The result would have more than {MAX_LENGTH:,} characters or items")


def pad(text: Any, width: Any, filler: Any = None) -> Any:
    """``$pad``, up to a length."""
    if width is not None:
        check_length(abs(width))
    return functions.Functions.pad(text, width, filler)


def append(left: Any, right: Any) -> Any:
    """``$append``, up to a length."""
    check_length(sum(len(side) if isinstance(side, list) else 1 for side in (left, right)))
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
                raise too_much(f"The regular expression needs more than {_REGEX_SECONDS:g} second") from error

        return in_time
