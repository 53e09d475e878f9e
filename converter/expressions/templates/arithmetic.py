"""``+ - * / // % **`` of numbers, texts, lists, and of dates with time spans."""

from __future__ import annotations

import datetime
import operator
import re
from collections.abc import Callable
from typing import Any

from converter.expressions.templates.conversions import number_atom, string_atom, text_of
from converter.expressions.templates.dates import shifted
from converter.expressions.templates.folding import folded
from converter.expressions.templates.operands import (
    DATES,
    TEXTS,
    Computed,
    Constant,
    Kind,
    Operand,
    Several,
    computed,
    concatenation,
)
from converter.expressions.templates.scope import Refusal

_PYTHON: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
}


def calculate(sign: str, left: Operand, right: Operand) -> Operand:
    """Return the result of a binary operator."""
    if isinstance(left, Constant) and isinstance(right, Constant):
        return folded(lambda: _PYTHON[sign](left.value, right.value))
    if sign == "%" and isinstance(left, Constant) and isinstance(left.value, str):
        return percent_format(left.value, right.items if isinstance(right, Several) else (right,))
    if sign == "+" and isinstance(left, Several) and isinstance(right, Several):
        return Several(left.items + right.items)
    span = _timespan(right) or (_timespan(left) if sign == "+" else None)
    if span is not None and sign in "+-":
        date = computed(left if _timespan(right) is not None else right)
        return shifted(date, span if sign == "+" else -span)
    return _of_values(sign, left, right)


def _timespan(operand: Operand) -> datetime.timedelta | None:
    known = isinstance(operand, Constant) and isinstance(operand.value, datetime.timedelta)
    return operand.value if known else None  # type: ignore[union-attr]  # a Constant, as `known` says


def _of_values(sign: str, left: Operand, right: Operand) -> Computed:
    first, second = computed(left), computed(right)
    kinds = {first.kind, second.kind}
    if sign == "+" and kinds & TEXTS:
        joined = concatenation(
            (Computed(Kind.TEXT, string_atom(first, "+")), Computed(Kind.TEXT, string_atom(second, "+")))
        )
        return computed(joined)
    if sign == "-" and kinds <= DATES:
        raise Refusal("two dates are subtracted", "compare the dates instead, or compute this in a task")
    if sign == "+" and kinds == {Kind.JSON}:
        remedy = "write ~ to join texts, or | int to add numbers"
        raise Refusal("two values of the run are added, and may be texts or numbers", remedy)
    return _of_numbers(sign, left, right)


def _of_numbers(sign: str, left: Operand, right: Operand) -> Computed:
    first, second = computed(left), computed(right)
    a, b = number_atom(first), number_atom(second)
    fractional = any(isinstance(one, Constant) and isinstance(one.value, float) for one in (left, right))
    kind = Kind.FLOAT if fractional or Kind.FLOAT in (first.kind, second.kind) else Kind.NUMBER
    if sign in ("+", "-", "*"):
        if sign == "*" and Kind.JSON in (first.kind, second.kind):
            # A text times a number is a longer text in Python, and an error in JSONata.
            raise Refusal("a value of the run is multiplied, and may be a text", "use | int")
        return Computed(kind, f"({a} {sign} {b})")
    if sign == "/":
        return Computed(Kind.FLOAT, f"({a} / {b})")
    positive = isinstance(right, Constant) and isinstance(right.value, int) and right.value > 0
    if sign == "//" and positive:
        return Computed(kind, f"$floor({a} / {b})")
    if sign == "%" and positive and first.kind is not Kind.JSON:
        # Python's remainder has the sign of the divisor.
        return Computed(kind, f"(({a} % {b} + {b}) % {b})")
    if sign == "%" and first.kind is Kind.JSON:
        raise Refusal(
            "% on a value of the run, which may be a text", "use | int before %, or ~ to join texts"
        )
    raise Refusal(f"{sign} with these values is not converted", "compute it in a task, or in conf")


_PERCENT = re.compile(r"%(?:(?P<plain>[sd%])|0(?P<width>[1-9])d)")


def percent_format(pattern: str, values: tuple[Operand, ...]) -> Operand:
    """Return ``pattern % values`` for %s, %d, %02d and %%."""
    remaining = list(values)
    parts: list[Operand] = []
    position = 0
    for match in _PERCENT.finditer(pattern):
        parts.append(_literal_of_format(pattern[position : match.start()]))
        position = match.end()
        if match["plain"] == "%":
            parts.append(Constant("%"))
            continue
        if not remaining:
            raise Refusal("there are fewer values than % in the format", "give one for each")
        value = remaining.pop(0)
        parts.append(text_of(value) if match["plain"] == "s" else decimal(value, match["width"]))
    parts.append(_literal_of_format(pattern[position:]))
    if remaining:
        raise Refusal("there are more values than % in the format", "give one for each")
    return concatenation(parts)


def _literal_of_format(text: str) -> Constant:
    if "%" in text:
        raise Refusal(f"the format {text!r} is not converted", "use %s, %d or %02d")
    return Constant(text)


def decimal(value: Operand, width: str | None) -> Operand:
    """Return an integer as ``%d`` writes it, or ``%02d`` if ``width`` is 2."""
    if isinstance(value, Constant):
        return folded(lambda: f"%{'0' + width if width else ''}d" % value.value)
    number = computed(value)
    text = f"$digits({number_atom(number)})"
    return Computed(Kind.TEXT, f"$zfill({text}, {width})" if width else text)
