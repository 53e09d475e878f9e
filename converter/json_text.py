"""JSON as text: as people read it, and as short as it can be.

Written by orjson: the encoder of Python's library is written in C, but not where it breaks lines, and took a
tenth of a conversion.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import orjson

# What only orjson writes, nobody else would read in the same way.
_JSON_ALONE = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME


def json_text(value: Any) -> str:
    """Return the text of a JSON value, of floats finite ones.

    >>> print(json_text({"a": [1, "ü"], "b": {}}))
    {
      "a": [
        1,
        "ü"
      ],
      "b": {}
    }
    """
    try:
        return orjson.dumps(value, option=_JSON_ALONE | orjson.OPT_INDENT_2).decode()
    except TypeError:  # an integer of more than 64 bits, half of a surrogate pair, 255 levels
        return json.dumps(value, indent=2, allow_nan=False)


def compact_json(
    value: Any, *, default: Callable[[Any], Any] | None = None, sort_keys: bool = False
) -> bytes:
    """Return a JSON value in UTF-8 and without blanks, as AWS counts its size.

    ``default`` gives a JSON value for what is none; with ``sort_keys``, the order of keys does not count.

    >>> compact_json({"a": [1, "ü"]}).decode()
    '{"a":[1,"ü"]}'
    """
    option = _JSON_ALONE | orjson.OPT_SORT_KEYS if sort_keys else _JSON_ALONE
    try:
        return orjson.dumps(value, default, option)
    except TypeError:
        return json.dumps(
            value, separators=(",", ":"), allow_nan=False, default=default, sort_keys=sort_keys
        ).encode()
