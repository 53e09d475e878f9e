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
MAX_LENGTH = 10_000_000
"""Characters of a text, and items of an array, that are put together; the reference limits ranges so."""
_REGEX_SECONDS = 1.0


class Budget:
    """The evaluations that are left; who counts calls ``refuse`` when none is."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_EVALUATIONS

    def refuse(self) -> None:
        """Raise the library's error."""
        raise too_much(f"The expression needs more than {MAX_EVALUATIONS:,} evaluations")


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

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._compiled, name)
        if name not in ("search", "match", "fullmatch", "finditer", "sub", "split"):
            return method

        def in_time(*arguments: Any, **named: Any) -> Any:
            try:
                result = method(*arguments, **named, timeout=_REGEX_SECONDS)
                # The iterator works only when asked, which is too late for an error of ours.
                return iter(list(result)) if name == "finditer" else result
            except TimeoutError as error:
                raise too_much(f"The regular expression needs more than {_REGEX_SECONDS:g} second") from error

        return in_time
