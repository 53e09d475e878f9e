"""A JSON value on its way through a machine, with the text that the history shows for it."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from converter.engine.tasks import Json

MAX_PAYLOAD_BYTES = 256 * 1024
"""Limit of a state's input or output, a task's result and a variable, in bytes of UTF-8 (Service Quotas)."""


class Data:
    """A JSON value and, made once and only when asked for, its text.

    Text that came from outside (the execution's input) is kept verbatim, as AWS keeps it; the text of
    computed values is compact. Values are never changed after they were wrapped.
    """

    __slots__ = ("_text", "query_form", "value")

    def __init__(self, value: Json, text: str | None = None) -> None:
        self.value = value
        self._text = text
        self.query_form: Any = None
        """The same value as the query language wants it; filled in and read by that module alone."""

    @property
    def text(self) -> str:
        """The value as JSON text."""
        if self._text is None:
            self._text = compact_json(self.value)
        return self._text

    @property
    def too_large(self) -> bool:
        """Whether the text exceeds the payload limit."""
        text = self.text
        # A character takes at most four bytes: most texts need not be encoded to know that they fit.
        return len(text) * 4 > MAX_PAYLOAD_BYTES and len(text.encode()) > MAX_PAYLOAD_BYTES


def compact_json(value: Json) -> str:
    """Return JSON text without blanks, with every character that JSON allows unescaped, as AWS writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def parse_json(text: str) -> Json:
    """Parse JSON text strictly. Raises ``ValueError``.

    Refused, though Python would take them: NaN, Infinity, numbers beyond a double, and half a surrogate pair,
    which no UTF-8 text can hold; what is nested too deeply as well.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if _SURROGATE.search(text):
        _refuse_half_pairs(compact_json(value))
    return value


_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")


def _refuse_half_pairs(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("a string in it ends within a surrogate pair") from None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is out of range")
    return number


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")
