"""JSONata functions that Step Functions adds, and those of the library that need mending.

Added by AWS ("Transforming data with JSONata", Step Functions Developer Guide): ``$partition``, ``$range``,
``$hash``, ``$parse``, ``$random(seed)`` and ``$uuid``. Those that depend on the execution (its clock, its
random numbers) come from :func:`functions_of_execution`.
"""

from __future__ import annotations

import hashlib
import json
import math
import uuid
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any

from jsonata import functions, jexception, jsonata, utils

from converter.engine.data import parse_json
from converter.engine.evaluation_limits import (
    IN_ALL,
    MAX_RANGE,
    append,
    budget_of_execution,
    check_size,
    pad,
)
from converter.engine.jsonata_values import printable, to_query_form


def _function(signature: str, implementation: Callable[..., Any]) -> Any:
    """Wrap a Python function for the library. ``signature`` is JSONata's: ``<a-n:a>``."""
    return jsonata.Jsonata.JFunction(jsonata.Jsonata.JLambda(implementation), signature)


def to_string(value: Any, prettify: bool | None = None) -> str | None:
    """``$string``. The library escapes non-ASCII text and leaves 0.30000000000000004 inside structures."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        shown = printable(value)
        # The library writes 1e+20 where AWS writes all digits, up to 1e21.
        if isinstance(shown, str) or (isinstance(shown, int) and abs(shown) < 10**21):
            return str(shown)
    if not isinstance(value, (dict, list)):
        text: str | None = functions.Functions.string(value, None)
        return text
    return json.dumps(
        printable(value),
        ensure_ascii=False,
        indent=2 if prettify else None,
        separators=None if prettify else (",", ":"),
    )


def _partition(array: Any, size: Any) -> Any:
    """Chunks of an array. Nothing for an empty array, or chunks without items (measured on AWS by others)."""
    if not array or size is None or size < 1:
        return None
    step = int(size)  # towards zero, as AWS does
    return [list(array[i : i + step]) for i in range(0, len(array), step)]


def _range(first: Any, last: Any, step: Any) -> Any:
    """Numbers from first to last inclusive. A sequence, so that one number comes out bare (recorded)."""
    if first is None or last is None or step is None:
        return None
    start, stop, pace = int(first), int(last), int(step)  # towards zero, as AWS does
    if pace == 0:
        raise jexception.JException("D3137", -1, "The third argument of $range must not be zero")
    numbers = range(start, stop + (1 if pace > 0 else -1), pace)
    check_size(len(numbers), MAX_RANGE)
    return utils.Utils.create_sequence_from_iter(numbers)


def _count(value: Any) -> int:
    """``$count``. A null is one value; the library counts none."""
    return 0 if value is None else len(value) if isinstance(value, list) else 1


def _parse_integer(text: Any, picture: Any) -> Any:
    """``$parseInteger``. What is no number is JavaScript's ``NaN``; the library lets Python's error out."""
    try:
        return functions.Functions.parse_integer(text, picture)
    except ValueError:
        return math.nan


def _number(value: Any) -> Any:
    """``$number``. The library lets Python's ValueError out."""
    try:
        return functions.Functions.number(value)
    except ValueError as error:
        raise jexception.JException("D3030", -1, value) from error


def _distinct(value: Any) -> Any:
    """``$distinct``. The library turns an array of one into its item; only sequences do that."""
    if not isinstance(value, list):
        return value
    distinct = utils.Utils.create_sequence() if utils.Utils.is_sequence(value) else []
    for item in value:
        if not any(utils.Utils.is_deep_equal(item, seen) for seen in distinct):
            distinct.append(item)
    return distinct


_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


def _hash(content: Any, algorithm: Any) -> Any:
    if content is None or algorithm is None:
        return None
    if algorithm not in _HASHES:
        raise jexception.JException("D3137", -1, f"Unsupported hash algorithm: {algorithm}")
    return hashlib.new(_HASHES[algorithm], content.encode(), usedforsecurity=False).hexdigest()


def _parse(text: Any) -> Any:
    if text is None:
        return None
    try:
        return to_query_form(parse_json(text))
    except ValueError as error:
        raise jexception.JException("D3137", -1, f"The argument of $parse is no JSON: {error}") from error


FUNCTIONS: dict[str, Any] = {
    "string": _function("<x-b?:s>", to_string),
    "number": _function("<(nsb)-:n>", _number),
    "distinct": _function("<x:x>", _distinct),
    "pad": _function("<s-ns?:s>", pad),
    "append": _function("<xx:a>", append),
    "partition": _function("<an:a>", _partition),
    "range": _function("<nnn?:a>", _range),
    "hash": _function("<ss?:s>", _hash),
    "count": _function("<x?:n>", _count),
    "parseInteger": _function("<s-s:n>", _parse_integer),
    "parse": _function("<s:x>", _parse),
    # Not available in Step Functions: calling it is calling what does not exist.
    "eval": None,
}
"""Functions that are the same in every execution. They shadow the library's own."""


def functions_of_execution(now: Callable[[], datetime], random: Random) -> dict[str, Any]:
    """Return ``$now``, ``$millis``, ``$random``, ``$uuid`` and ``$shuffle`` of one execution.

    ``now`` is the execution's clock; ``random`` its source of randomness, seeded on the virtual clock.
    """

    def millis() -> int:
        return round(now().timestamp() * 1000)

    def now_text(picture: Any = None, timezone: Any = None) -> Any:
        return functions.Functions.datetime_from_millis(millis(), picture, timezone)

    def random_number(seed: Any = None) -> float:
        return (random if seed is None else Random(seed)).random()  # noqa: S311 - no secret depends on it

    def shuffle(array: Any) -> Any:
        return None if array is None else random.sample(list(array), len(array))

    return {
        "now": _function("<s?s?:s>", now_text),
        "millis": _function("<:n>", millis),
        "random": _function("<n?:n>", random_number),
        "uuid": _function("<:s>", lambda: str(uuid.UUID(int=random.getrandbits(128), version=4))),
        "shuffle": _function("<a:a>", shuffle),
        IN_ALL: budget_of_execution(),
    }
