"""The intrinsic functions of JSONPath states: ``States.Format`` and its siblings.

Source: "Intrinsics for JSONPath states", Step Functions Developer Guide; roundings, empty pieces and the text
of structures follow recordings of AWS.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from converter.engine.data import compact_json, parse_json
from converter.engine.java_habits import java_text
from converter.engine.scope import json_type
from converter.engine.tasks import Json

_MAX_RANGE = 1_000
_MAX_TEXT = 10_000
_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


class IntrinsicError(Exception):
    """A function cannot work with its arguments; the message says why."""


@dataclass(frozen=True)
class Intrinsic:
    """A function, the number of arguments it takes (``most`` is None for any), and whether it needs chance.

    Functions that need chance are given the execution's ``Random`` before their arguments.
    """

    run: Callable[..., Json]
    least: int
    most: int | None
    needs_random: bool = False

    def takes(self, count: int) -> bool:
        """Tell whether the function can be called with this number of arguments."""
        return self.least <= count and (self.most is None or count <= self.most)


def _text(value: Json) -> str:
    return str(_typed(value, "string"))


def _typed(value: Json, type_: str) -> Json:
    if json_type(value) != type_:
        raise IntrinsicError(f"Expected an argument of type {type_}, but was: {compact_json(value)}")
    return value


def _whole(value: Json) -> int:
    """Round as ``Math.round`` does, halves upwards (recorded)."""
    number: float = _typed(value, "number")
    # An integer is one already, also where a half more would be lost in a double.
    return number if isinstance(number, int) else math.floor(number + 0.5)


def _positive(value: Json) -> int:
    number = _whole(value)
    if number < 1:
        raise IntrinsicError(f"Expected a positive integer, but was: {number}")
    return number


def _format(template: Json, *values: Json) -> str:
    """Fill ``{}`` in; ``\\{`` and ``\\}`` are braces (the parser leaves them in a literal for this)."""
    pieces = re.split(r"(?<!\\)\{\}", _text(template))
    if len(pieces) != len(values) + 1:
        raise IntrinsicError(f"The template has {len(pieces) - 1} places for {len(values)} arguments")
    pieces = [re.sub(r"\\([{}])", r"\1", piece) for piece in pieces]
    return pieces[0] + "".join(
        java_text(value) + piece for value, piece in zip(values, pieces[1:], strict=True)
    )


def _string_to_json(text: Json) -> Json:
    if not _text(text).strip():
        return None  # recorded
    try:
        return parse_json(text)
    except ValueError as error:
        raise IntrinsicError(f"The argument is no JSON: {error}") from error


def _array_partition(array: Json, size: Json) -> Json:
    items, step = _typed(array, "array"), _positive(size)
    return [items[i : i + step] for i in range(0, len(items), step)]


def _array_contains(array: Json, value: Json) -> bool:
    return any(_same(item, value) for item in _typed(array, "array"))


def _array_unique(array: Json) -> Json:
    unique: list[Json] = []
    for item in _typed(array, "array"):
        if not any(_same(item, seen) for seen in unique):
            unique.append(item)
    return unique


def _same(left: Json, right: Json) -> bool:
    """Compare as JSON: in Python ``1 == True``, at any depth."""
    return bool(left == right) and compact_json(_sorted(left)) == compact_json(_sorted(right))


def _sorted(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_sorted(item) for item in value]
    return float(value) if json_type(value) == "number" else value


def _array_range(first: Json, last: Json, step: Json) -> Json:
    start, stop, pace = _whole(first), _whole(last), _whole(step)
    if pace == 0:
        raise IntrinsicError("The third argument must not be zero")
    numbers = range(start, stop + (1 if pace > 0 else -1), pace)
    if len(numbers) > _MAX_RANGE:
        raise IntrinsicError(f"The array would have more than {_MAX_RANGE} items")
    return list(numbers)


def _array_get_item(array: Json, index: Json) -> Json:
    items, position = _typed(array, "array"), _whole(index)
    if not 0 <= position < len(items):
        raise IntrinsicError(f"The index {position} is out of the array's bounds")
    return items[position]


def _base64_encode(text: Json) -> str:
    return base64.b64encode(_short(text).encode()).decode()


def _base64_decode(text: Json) -> str:
    try:
        return base64.b64decode(_short(text), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise IntrinsicError(f"The argument cannot be decoded: {error}") from error


def _short(text: Json) -> str:
    if len(_text(text)) > _MAX_TEXT:
        raise IntrinsicError(f"The argument has more than {_MAX_TEXT} characters")
    return _text(text)


def _hash(data: Json, algorithm: Json) -> str:
    if algorithm not in _HASHES:
        raise IntrinsicError(f"Unknown algorithm: {java_text(algorithm)}")
    text = data if isinstance(data, str) else compact_json(data)
    return hashlib.new(_HASHES[algorithm], text.encode(), usedforsecurity=False).hexdigest()


def _json_merge(left: Json, right: Json, deep: Json) -> Json:
    if _typed(deep, "boolean"):
        raise IntrinsicError("Deep merging is not supported: the third argument must be false")
    return {**_typed(left, "object"), **_typed(right, "object")}


def _math_random(random: Random, first: Json, last: Json, seed: Json = None) -> int:
    start, stop = _whole(first), _whole(last)
    if start >= stop:
        raise IntrinsicError("The first argument must be less than the second")
    source = random if seed is None else Random(_whole(seed))  # noqa: S311 - no secret depends on it
    return source.randrange(start, stop)


def _math_add(left: Json, right: Json) -> int:
    return _whole(left) + _whole(right)


def _string_split(text: Json, separators: Json) -> Json:
    """Split at any of the characters; empty pieces are left out (recorded)."""
    if not _text(separators):
        return [text] if _text(text) else []
    return [piece for piece in re.split(f"[{re.escape(separators)}]", _text(text)) if piece]


def _uuid(random: Random) -> str:
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


INTRINSICS: dict[str, Intrinsic] = {
    "States.Format": Intrinsic(_format, 1, None),
    "States.StringToJson": Intrinsic(_string_to_json, 1, 1),
    "States.JsonToString": Intrinsic(compact_json, 1, 1),
    "States.Array": Intrinsic(lambda *values: list(values), 0, None),
    "States.ArrayPartition": Intrinsic(_array_partition, 2, 2),
    "States.ArrayContains": Intrinsic(_array_contains, 2, 2),
    "States.ArrayRange": Intrinsic(_array_range, 3, 3),
    "States.ArrayGetItem": Intrinsic(_array_get_item, 2, 2),
    "States.ArrayLength": Intrinsic(lambda array: len(_typed(array, "array")), 1, 1),
    "States.ArrayUnique": Intrinsic(_array_unique, 1, 1),
    "States.Base64Encode": Intrinsic(_base64_encode, 1, 1),
    "States.Base64Decode": Intrinsic(_base64_decode, 1, 1),
    "States.Hash": Intrinsic(_hash, 2, 2),
    "States.JsonMerge": Intrinsic(_json_merge, 3, 3),
    "States.MathRandom": Intrinsic(_math_random, 2, 3, needs_random=True),
    "States.MathAdd": Intrinsic(_math_add, 2, 2),
    "States.StringSplit": Intrinsic(_string_split, 2, 2),
    "States.UUID": Intrinsic(_uuid, 0, 0, needs_random=True),
}


def call_intrinsic(function: Intrinsic, arguments: list[Any], random: Random) -> Json:
    """Call a function. Raises :class:`IntrinsicError`."""
    return function.run(random, *arguments) if function.needs_random else function.run(*arguments)
