"""On which line of a JSON text a member stands."""

from __future__ import annotations

import json
import re

from converter.checks.machine import Path

_BLANKS = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


def line_of(text: str, path: Path) -> int:
    """Return the line, counted from 1, of what ``path`` leads to in a valid JSON text.

    Where the path leads nowhere, it is the line of the last part that is there.

    >>> line_of('{"a": [1,\\n{"b": 2}]}', ("a", 1, "b"))
    2
    """
    position = _skip_blanks(text, 0)
    for part in path:
        found = _member(text, position, part)
        if found is None:
            break
        position = found
    return text.count("\n", 0, position) + 1


def _member(text: str, start: int, part: str | int) -> int | None:
    """Return where a member of the object or array at ``start`` has its value, None if there is none."""
    opening = text[start : start + 1]
    if opening not in ("{", "[") or isinstance(part, str) is not (opening == "{"):
        return None
    index, position = 0, _skip_blanks(text, start + 1)
    while text[position] not in "}]":
        name: str | int = index
        if opening == "{":
            name, position = _DECODER.raw_decode(text, position)
            position = _skip_blanks(text, _skip_blanks(text, position) + 1)  # the colon
        if name == part:
            return position
        position = _skip_blanks(text, _DECODER.raw_decode(text, position)[1])
        if text[position] == ",":
            position = _skip_blanks(text, position + 1)
        index += 1
    return None


def _skip_blanks(text: str, position: int) -> int:
    match = _BLANKS.match(text, position)
    return match.end() if match else position
