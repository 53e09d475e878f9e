"""JSON values on their way into and out of the JSONata library, which has lists and a null of its own."""

from __future__ import annotations

import math
from typing import Any, Final

from jsonata import jsonata, parser, utils

from converter.engine.tasks import Json

NULL: Final = utils.Utils.NULL_VALUE
"""JSON null inside the library, where Python's None means JSONata's undefined."""


class UnsupportedResult(Exception):
    """The expression returned what JSON cannot hold: a function."""


def to_query_form(value: Json) -> Any:
    """Return JSON as the library wants it: null as its sentinel, 5.0 as 5 (JSONata has one number type)."""
    if value is None:
        return NULL
    kind = type(value)
    if kind is dict:
        return {key: to_query_form(item) for key, item in value.items()}
    if kind is list:
        return [to_query_form(item) for item in value]
    return whole_if_integral(value) if kind is float else value


def to_json(value: Any) -> Json:
    """Return a result of the library as plain JSON. Raises :class:`UnsupportedResult`."""
    kind = type(value)
    if kind is str or kind is int or kind is bool:
        return value
    if kind is dict:
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [to_json(item) for item in value]
    if kind is float:
        return whole_if_integral(value) if math.isfinite(value) else not_finite(value)
    if value is None or isinstance(value, utils.Utils.NullValue):
        return None
    raise UnsupportedResult


def printable(value: Any) -> Any:
    """Return a value as ``$string`` prints it: numbers of 15 digits, functions as empty strings."""
    if isinstance(value, dict):
        return {key: printable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [printable(item) for item in value]
    if isinstance(value, float):
        return whole_if_integral(float(f"{value:.15g}")) if math.isfinite(value) else not_finite(value)
    if isinstance(value, utils.Utils.NullValue):
        return None
    if isinstance(value, (parser.Parser.Symbol, jsonata.Jsonata.JFunctionCallable)):
        return ""
    return value


def not_finite(number: float) -> str:
    """Return what JavaScript calls a number that JSON cannot hold; AWS writes it so (measured by others)."""
    if math.isnan(number):
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"


def whole_if_integral(number: float) -> float:
    """Return 5 for 5.0, as JavaScript prints it (below 1e21, where it turns to exponents)."""
    return int(number) if number.is_integer() and abs(number) < 1e21 else number
