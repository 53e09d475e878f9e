"""Dates: attributes, methods and arithmetic of Python's and pendulum's, on moments as text."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping

from converter.expressions.jsonata import literal
from converter.expressions.templates.arguments import Given
from converter.expressions.templates.conversions import constant_integer, constant_text, moment_atom
from converter.expressions.templates.date_formats import pendulum_format, strftime
from converter.expressions.templates.operands import DATETIMES, Computed, Constant, Kind, Operand, computed
from converter.expressions.templates.scope import Refusal

_SECONDS = {"weeks": 604_800, "days": 86_400, "hours": 3600, "minutes": 60, "seconds": 1}
_UTC = "+00:00"
_LONGEST = datetime.timedelta(days=700_000)

#: Field of a moment: where it begins and how many digits it has.
_FIELDS = {
    "year": (0, 4),
    "month": (5, 2),
    "day": (8, 2),
    "hour": (11, 2),
    "minute": (14, 2),
    "second": (17, 2),
}
_FIELDS_OF_A_DAY = ("year", "month", "day")

_ATTRIBUTES = {
    "microsecond": "$number($micros({}))",
    "day_of_year": "$year_day({})",
    "days_in_month": "$month_days({})",
    "quarter": "$ceil($number($substring({}, 5, 2)) / 3)",
    "int_timestamp": "($toMillis($substring({}, 0, 19) & 'Z') / 1000)",
}
_ATTRIBUTES_OF_PENDULUM = frozenset(_ATTRIBUTES) - {"microsecond"}


def attribute(value: Computed, name: str) -> Operand:
    """Return an attribute of a date or datetime. Raises Refusal."""
    moment = moment_atom(value)
    if name in _FIELDS and (value.kind in DATETIMES or name in _FIELDS_OF_A_DAY):
        start, length = _FIELDS[name]
        return Computed(Kind.INTEGER, f"$number($substring({moment}, {start}, {length}))")
    known = name in _ATTRIBUTES and value.kind in DATETIMES
    if known and (value.kind is Kind.MOMENT or name not in _ATTRIBUTES_OF_PENDULUM):
        return Computed(Kind.INTEGER, _ATTRIBUTES[name].format(moment))
    raise Refusal(f".{name} of {value.kind.value} is not converted", "use .strftime(…) or another attribute")


def shifted(value: Computed, span: datetime.timedelta) -> Computed:
    """Return a date or datetime that is later by a time span."""
    if abs(span) > _LONGEST:
        raise Refusal("a time span is too long", "stay within the years 1 to 9999")
    if value.kind is Kind.DAY:
        moved = f"$shift({moment_atom(value)}, {span.days * 86_400})"
        return Computed(Kind.DAY, f"$substring({moved}, 0, 10)", value.exists)
    if value.kind not in DATETIMES:
        raise Refusal(f"a time span is added to {value.kind.value}", "add it to logical_date")
    if span.microseconds:
        raise Refusal("a time span has parts of seconds", "use whole seconds")
    seconds = span.days * 86_400 + span.seconds
    return Computed(value.kind, f"$shift({value.text}, {seconds})", value.exists)


def call_method(value: Computed, name: str, given: Given) -> Operand:
    """Return what a method of a date or datetime returns. Raises Refusal."""
    method = _METHODS.get(name)
    if method is None and value.kind is Kind.MOMENT:
        method = _METHODS_OF_PENDULUM.get(name)
    if method is None:
        remedy = "use strftime, isoformat, or macros.timedelta"
        raise Refusal(f".{name}() of {value.kind.value} is not converted", remedy)
    return method(value, given)


def _strftime(value: Computed, given: Given) -> Operand:
    pattern = constant_text(given.only("format", ".strftime()"), "the format of .strftime()")
    return strftime(value, pattern)


def _format(value: Computed, given: Given) -> Operand:
    pattern = constant_text(given.only("fmt", ".format()"), "the format of .format()")
    return pendulum_format(value, pattern)


def _isoformat(value: Computed, given: Given) -> Operand:
    bound = given.bind(".isoformat()", "sep")
    separator = constant_text(bound.get("sep", Constant("T")), "the separator of .isoformat()")
    if separator == "T":
        return Computed(Kind.TEXT, value.text)
    return Computed(Kind.TEXT, f"$replace({value.text}, 'T', {computed(Constant(separator)).text})")


def _date(value: Computed, given: Given) -> Operand:
    given.bind(".date()", "")
    if value.kind is Kind.DAY:
        raise Refusal("a date has no .date()", "leave it out")
    return Computed(Kind.DAY, f"$substring({value.text}, 0, 10)")


def _weekday(first: int) -> Callable[[Computed, Given], Operand]:
    def method(value: Computed, given: Given) -> Operand:
        given.bind(".weekday()", "")
        weekday = f"$weekday({value.text})"
        return Computed(Kind.INTEGER, f"({weekday} + {first})" if first else weekday)

    return method


def _replace(value: Computed, given: Given) -> Operand:
    fields = [name for name in _FIELDS if value.kind in DATETIMES or name in _FIELDS_OF_A_DAY]
    bound = given.bind(".replace()", " ".join((*fields, "microsecond")))
    text = value.text
    for name, (start, length) in _FIELDS.items():
        if name in bound:
            number = constant_integer(bound[name], f"{name} in .replace()")
            digits = literal(f"{number:0{length}d}")
            before = f"$substring({text}, 0, {start}) & " if start else ""
            text = f"({before}{digits} & $substring({text}, {start + length}))"
    if "microsecond" in bound:
        text = _with_microseconds(text, value.kind, constant_integer(bound["microsecond"], "microsecond"))
    # There is no 31 February.
    if {"year", "month", "day"} & set(bound):
        text = f"$valid({text})" if value.kind in DATETIMES else _valid_day(text)
    return Computed(value.kind, text)


def _valid_day(text: str) -> str:
    return f"$substring($valid({text} & 'T00:00:00'), 0, 10)"


def _with_microseconds(text: str, kind: Kind, number: int) -> str:
    zone = "" if kind is Kind.PLAIN else _UTC
    rest = f"{f'.{number:06d}' if number else ''}{zone}"
    return f"($substring({text}, 0, 19) & {literal(rest)})"


def _added(sign: int) -> Callable[[Computed, Given], Operand]:
    def method(value: Computed, given: Given) -> Operand:
        bound = given.bind(
            ".add()" if sign > 0 else ".subtract()", "years months weeks days hours minutes seconds"
        )
        numbers = {name: sign * constant_integer(number, name) for name, number in bound.items()}
        text = value.text
        months = 12 * numbers.pop("years", 0) + numbers.pop("months", 0)
        if abs(months) > _LONGEST.days // 31:
            raise Refusal("a time span is too long", "stay within the years 1 to 9999")
        if months:
            text = f"$add_months({text}, {months})"
        seconds = sum(number * _SECONDS[name] for name, number in numbers.items())
        later = Computed(value.kind, text)
        return shifted(later, datetime.timedelta(seconds=seconds)) if seconds else later

    return method


def _to_utc(value: Computed, given: Given) -> Operand:
    zone = constant_text(given.only("tz", ".in_timezone()"), "the time zone")
    if zone != "UTC":
        remedy = "write the time in UTC, or compute it in a task: a machine has no time zones"
        raise Refusal(f"the time zone {zone!r} is needed", remedy)
    return value


#: What a moment begins with where its hour, day, … begins, and what is the same in all of them.
_STARTS = {
    "second": (19, ""),
    "minute": (17, "00"),
    "hour": (14, "00:00"),
    "day": (11, "00:00:00"),
    "month": (8, "01T00:00:00"),
    "year": (5, "01-01T00:00:00"),
}
_ENDS = {
    "second": (19, ""),
    "minute": (17, "59"),
    "hour": (14, "59:59"),
    "day": (11, "23:59:59"),
    "year": (5, "12-31T23:59:59"),
}


def _start_of(value: Computed, given: Given) -> Operand:
    unit = constant_text(given.only("unit", ".start_of()"), "the unit of .start_of()")
    if unit == "week":
        day = _with_prefix(value.text, *_STARTS["day"], "")
        return Computed(value.kind, f"$shift({day}, -86400 * $weekday({value.text}))")
    if unit not in _STARTS:
        raise Refusal(f".start_of({unit!r}) is not converted", f"use {', '.join((*_STARTS, 'week'))}")
    return Computed(value.kind, _with_prefix(value.text, *_STARTS[unit], ""))


def _end_of(value: Computed, given: Given) -> Operand:
    unit = constant_text(given.only("unit", ".end_of()"), "the unit of .end_of()")
    fraction = ".999999"
    if unit == "week":
        day = _with_prefix(value.text, *_ENDS["day"], fraction)
        return Computed(value.kind, f"$shift({day}, 86400 * (6 - $weekday({value.text})))")
    if unit == "month":
        month = f"$substring({value.text}, 0, 8) & $string($month_days({value.text}))"
        return Computed(value.kind, f"({month} & {literal('T23:59:59' + fraction + _UTC)})")
    if unit not in _ENDS:
        raise Refusal(f".end_of({unit!r}) is not converted", f"use {', '.join((*_ENDS, 'month', 'week'))}")
    return Computed(value.kind, _with_prefix(value.text, *_ENDS[unit], fraction))


def _with_prefix(text: str, length: int, rest: str, fraction: str) -> str:
    return f"($substring({text}, 0, {length}) & {literal(rest + fraction + _UTC)})"


def _text_method(template: str) -> Callable[[Computed, Given], Operand]:
    def method(value: Computed, given: Given) -> Operand:
        given.bind("this method", "")
        return Computed(Kind.TEXT, template.format(value.text))

    return method


_METHODS: Mapping[str, Callable[[Computed, Given], Operand]] = {
    "strftime": _strftime,
    "isoformat": _isoformat,
    "date": _date,
    "weekday": _weekday(0),
    "isoweekday": _weekday(1),
    "replace": _replace,
}
_METHODS_OF_PENDULUM: Mapping[str, Callable[[Computed, Given], Operand]] = {
    "format": _format,
    "add": _added(1),
    "subtract": _added(-1),
    "start_of": _start_of,
    "end_of": _end_of,
    "in_timezone": _to_utc,
    "in_tz": _to_utc,
    "to_date_string": _text_method("$substring({}, 0, 10)"),
    "to_time_string": _text_method("$substring({}, 11, 8)"),
    "to_datetime_string": _text_method("$replace($substring({}, 0, 19), 'T', ' ')"),
    "to_iso8601_string": _text_method("$replace({}, '+00:00', 'Z')"),
}
