"""Jinja's filters, and those that Airflow adds."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jinja2.nodes import EvalContext

from converter.expressions.templates.arguments import Given
from converter.expressions.templates.arithmetic import percent_format
from converter.expressions.templates.conversions import condition_of, constant_text, text_of
from converter.expressions.templates.date_formats import strftime
from converter.expressions.templates.folding import environment, folded
from converter.expressions.templates.members import item
from converter.expressions.templates.operands import (
    DATETIMES,
    NUMBERS,
    TEXTS,
    Computed,
    Constant,
    Kind,
    Operand,
    Several,
    Undefined,
    computed,
    either,
)
from converter.expressions.templates.scope import Findings, Refusal
from converter.expressions.templates.text_methods import joined, replaced, stripped, with_default

#: Filters whose result depends on nothing but their arguments.
_PURE = frozenset(
    """
    abs capitalize center count d default dictsort filesizeformat first float format indent int join last
    length lower max min replace round sort string sum title tojson trim truncate upper urlencode wordcount
    """.split()
)

THAT_TAKE_UNDEFINED = frozenset({"default", "d"})
#: They take any value for the text that Jinja writes for it.
THAT_WRITE = frozenset({"upper", "lower", "trim", "replace", "string", "length", "count"})


def apply(findings: Findings, name: str, operand: Operand, given: Given) -> Operand:
    """Return what a filter makes of an operand. Raises Refusal."""
    if name in findings.scope.user_defined:
        raise Refusal(f"the filter '{name}' is one of user_defined_filters", "write what it gives")
    if isinstance(operand, Constant) and given.all_constant and name in _PURE:
        positional, named = given.constants()
        context = EvalContext(environment())
        return folded(
            lambda: environment().call_filter(name, operand.value, positional, named, eval_ctx=context)
        )
    if name not in _FILTERS:
        remedy = f"use one of {', '.join(sorted(_FILTERS))}, or compute the value in a task"
        raise Refusal(f"the filter '{name}' is not converted", remedy)
    return _FILTERS[name](operand, given)


def default(operand: Operand, given: Given) -> Operand:
    """Return the operand, or a default where it is undefined (or false, if the second argument says so)."""
    bound = given.bind("default", "default_value boolean")
    otherwise = bound.get("default_value", Constant(""))
    also_if_false = bound.get("boolean", Constant(False))
    if not isinstance(also_if_false, Constant):
        raise Refusal("default() takes its second argument from the run", "write true or false")
    if isinstance(operand, Undefined):
        return otherwise
    known = with_default(operand, otherwise) if isinstance(operand, Computed) else operand
    if not also_if_false.value:
        return known
    condition = condition_of(known)
    if isinstance(condition, Constant):
        return known if condition.value else otherwise
    return either(condition.text, known, otherwise)


def _format(pattern: str | None) -> Callable[[Operand, Given], Operand]:
    def as_written(operand: Operand, given: Given) -> Operand:
        given.bind("the filter", "")
        if operand == Constant(None):
            return operand
        value = computed(operand)
        if value.kind not in DATETIMES | {Kind.DAY}:
            remedy = "use it on logical_date, data_interval_start or data_interval_end"
            raise Refusal(f"a filter for dates is used on {value.kind.value}", remedy)
        return Computed(Kind.TEXT, value.text, value.exists) if pattern is None else strftime(value, pattern)

    return as_written


def _ts_nodash_with_tz(operand: Operand, given: Given) -> Operand:
    text = _format(None)(operand, given)
    if isinstance(text, Constant):
        return text
    return Computed(Kind.TEXT, f"$replace($replace({computed(text).text}, '-', ''), ':', '')")


def _case(function: str) -> Callable[[Operand, Given], Operand]:
    def change(operand: Operand, given: Given) -> Operand:
        given.bind("the filter", "")
        return Computed(Kind.TEXT, f"{function}({_text(operand)})")

    return change


def _text(operand: Operand) -> str:
    if isinstance(operand, Computed) and operand.kind is Kind.MARKUP:
        raise Refusal("a filter is used on the result of tojson", "use tojson last")
    return computed(text_of(operand)).text


def _trim(operand: Operand, given: Given) -> Operand:
    chars = given.bind("trim", "chars").get("chars", Constant(None))
    if not isinstance(chars, Constant):
        raise Refusal("trim takes its characters from the run", "write them")
    return stripped(_text(operand), None if chars.value is None else str(chars.value))


def _replace(operand: Operand, given: Given) -> Operand:
    bound = given.bind("replace", "old new")
    if len(bound) != 2:
        raise Refusal("replace is given one argument", "give it two")
    return replaced(_text(operand), bound["old"], bound["new"])


def _join(operand: Operand, given: Given) -> Operand:
    bound = given.bind("join", "d")
    return joined(operand, bound.get("d", Constant("")), "$str")


def _length(operand: Operand, given: Given) -> Operand:
    given.bind("length", "")
    if isinstance(operand, Several):
        return Constant(len(operand.items))
    value = computed(operand)
    if value.kind in TEXTS:
        return Computed(Kind.INTEGER, f"$length({value.text})")
    if value.kind is Kind.LIST:
        return Computed(Kind.INTEGER, f"$count({value.text})")
    if value.kind in (Kind.JSON, Kind.OBJECT):
        return Computed(Kind.INTEGER, f"$size({value.text})")
    raise Refusal(f"{value.kind.value} has no length", "leave the filter out")


def _int(operand: Operand, given: Given) -> Operand:
    otherwise = given.bind("int", "default").get("default", Constant(0))
    value = computed(operand)
    if value.kind not in TEXTS | NUMBERS | {Kind.JSON, Kind.BOOLEAN}:
        raise Refusal(f"int is used on {value.kind.value}", "use it on a text or a number")
    if not isinstance(otherwise, Constant) or type(otherwise.value) is not int:
        raise Refusal("the default of int is no integer that is known", "write the number")
    return Computed(Kind.NUMBER, f"$int({value.text}, {computed(otherwise).text})")


def _string(operand: Operand, given: Given) -> Operand:
    given.bind("string", "")
    if isinstance(operand, Computed) and operand.kind is Kind.MARKUP:
        return operand
    return text_of(operand)


def _end(index: int) -> Callable[[Operand, Given], Operand]:
    def take(operand: Operand, given: Given) -> Operand:
        given.bind("the filter", "")
        if isinstance(operand, Computed) and operand.kind not in TEXTS | {Kind.JSON, Kind.LIST}:
            raise Refusal(f"first or last is asked of {operand.kind.value}", "use it on a list or text")
        return item(operand, Constant(index))

    return take


def _tojson(operand: Operand, given: Given) -> Operand:
    given.bind("tojson", "")
    value = computed(operand)
    if value.kind in DATETIMES | {Kind.DAY, Kind.FLOAT, Kind.MARKUP}:
        raise Refusal(
            f"tojson is used on {value.kind.value}", "write a date as text first; use // for numbers"
        )
    return Computed(Kind.MARKUP, f"$json({value.text})")


def _percent(operand: Operand, given: Given) -> Operand:
    if given.named:
        raise Refusal("format is used with named values", "give them in order")
    return percent_format(constant_text(operand, "what format is used on"), given.positional)


_FILTERS: Mapping[str, Callable[[Operand, Given], Operand]] = {
    "ds": _format("%Y-%m-%d"),
    "ds_nodash": _format("%Y%m%d"),
    "ts": _format(None),
    "ts_nodash": _format("%Y%m%dT%H%M%S"),
    "ts_nodash_with_tz": _ts_nodash_with_tz,
    "default": default,
    "d": default,
    "upper": _case("$uppercase"),
    "lower": _case("$lowercase"),
    "trim": _trim,
    "replace": _replace,
    "join": _join,
    "length": _length,
    "count": _length,
    "int": _int,
    "string": _string,
    "first": _end(0),
    "last": _end(-1),
    "tojson": _tojson,
    "format": _percent,
}
