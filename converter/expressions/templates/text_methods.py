"""Methods of Python's strings, and of JSON values, on what is known only at run time."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping

from converter.expressions.templates.arguments import Given
from converter.expressions.templates.arithmetic import decimal
from converter.expressions.templates.conversions import (
    constant_integer,
    constant_text,
    list_atom,
    string_atom,
    text_of,
)
from converter.expressions.templates.folding import folded
from converter.expressions.templates.members import looked_up
from converter.expressions.templates.operands import (
    Computed,
    Constant,
    Kind,
    Operand,
    Several,
    computed,
    concatenation,
    either,
)
from converter.expressions.templates.patterns import END, pattern_of
from converter.expressions.templates.scope import Refusal

#: Methods that give the same at conversion and at run time. None of them changes its object.
_PURE = frozenset(
    """
    capitalize casefold center count endswith expandtabs find format get index isalnum isalpha isdecimal
    isdigit islower isnumeric isspace istitle isupper join ljust lower lstrip partition removeprefix
    removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines startswith strip
    swapcase title total_seconds upper zfill
    """.split()
)


def call_on_constant(value: Constant, name: str, given: Given) -> Operand | None:
    """Return what a method of a known value returns; None if run-time arguments decide."""
    if name in ("items", "keys", "values") and isinstance(value.value, dict):
        return folded(lambda: list(getattr(value.value, name)()))
    if name not in _PURE:
        raise Refusal(f".{name}() of {type(value.value).__name__} is not converted", "write its result")
    if not given.all_constant:
        return None
    positional, named = given.constants()
    return folded(lambda: getattr(value.value, name)(*positional, **named))


def call_method(operand: Operand, name: str, given: Given) -> Operand:
    """Return what a method of a string, or ``get`` of a dict, returns at run time. Raises Refusal."""
    if name == "get":
        return _get(computed(operand), given)
    if name == "format":
        return _format(operand, given)
    if name not in _METHODS:
        raise Refusal(f".{name}() is not converted", f"use one of {', '.join(sorted(_METHODS))}, or a task")
    return _METHODS[name](string_atom(operand, f".{name}()"), given)


def _get(value: Computed, given: Given) -> Operand:
    bound = given.bind(".get()", "key default")
    if value.kind not in (Kind.JSON, Kind.OBJECT) or "key" not in bound:
        raise Refusal(f".get() of {value.kind.value} is not converted", "use it on a dict, with a key")
    if value.kind is Kind.JSON:
        # Python's strings and lists have no get.
        value = Computed(Kind.OBJECT, f"$dict({value.text})", value.exists, value.label)
    found = looked_up(value, string_atom(bound["key"], ".get()"), value.label)
    return with_default(found, bound.get("default", Constant(None)))


def with_default(value: Computed, default: Operand) -> Operand:
    """Return a value or, where it is undefined, another one."""
    if value.exists is None:
        return value
    return either(value.exists, Computed(value.kind, value.bare or value.text), default)


def _simple(function: str) -> Callable[[str, Given], Operand]:
    def method(text: str, given: Given) -> Operand:
        given.bind(f"{function}()", "")
        return Computed(Kind.TEXT, f"{function}({text})")

    return method


def _strip(left: bool, right: bool) -> Callable[[str, Given], Operand]:
    def method(text: str, given: Given) -> Operand:
        bound = given.bind(".strip()", "chars")
        chars = bound.get("chars", Constant(None))
        return stripped(
            text, None if chars == Constant(None) else constant_text(chars, "what is stripped"), left, right
        )

    return method


def stripped(text: str, chars: str | None, left: bool = True, right: bool = True) -> Operand:
    """Return a text without these characters (None: white space) at its ends."""
    if chars == "":
        return Computed(Kind.TEXT, text)
    one = r"\s" if chars is None else f"[{pattern_of(chars)}]"
    patterns = [f"^{one}+"] * left + [f"{one}+{END}"] * right
    return Computed(Kind.TEXT, f"$replace({text}, /{'|'.join(patterns)}/, '')")


def replaced(text: str, old: Operand, new: Operand) -> Operand:
    """Return a text with one part replaced everywhere."""
    if constant_text(old, "what is replaced") == "":
        raise Refusal("the empty text is replaced", "write what is meant")
    # $replace gives the dollar sign a meaning of its own, not everywhere the same.
    return Computed(Kind.TEXT, f"$join($split({text}, {computed(old).text}), {string_atom(new, 'replace')})")


def _replace(text: str, given: Given) -> Operand:
    bound = given.bind(".replace()", "old new")
    if len(bound) != 2:
        raise Refusal(".replace() is called with one argument", "give it two")
    return replaced(text, bound["old"], bound["new"])


def _split(text: str, given: Given) -> Operand:
    bound = given.bind(".split()", "sep")
    separator = bound.get("sep", Constant(None))
    if separator == Constant(None):
        raise Refusal(".split() without a separator is not converted", "name the separator: .split(' ')")
    if constant_text(separator, "the separator") == "":
        raise Refusal(".split('') fails in Airflow, too", "name the separator")
    return Computed(Kind.LIST, f"$split({text}, {computed(separator).text})")


def _starts(text: str, given: Given) -> Operand:
    prefix = constant_text(given.only("prefix", ".startswith()"), "the beginning")
    return Computed(
        Kind.BOOLEAN, f"($substring({text}, 0, {len(prefix)}) = {computed(Constant(prefix)).text})"
    )


def _ends(text: str, given: Given) -> Operand:
    suffix = constant_text(given.only("suffix", ".endswith()"), "the end")
    if not suffix:
        return Computed(Kind.BOOLEAN, f"$exists({text})")
    return Computed(Kind.BOOLEAN, f"($substring({text}, -{len(suffix)}) = {computed(Constant(suffix)).text})")


def _without_prefix(text: str, given: Given) -> Operand:
    prefix = constant_text(given.only("prefix", ".removeprefix()"), "the beginning")
    found = f"$substring({text}, 0, {len(prefix)}) = {computed(Constant(prefix)).text}"
    return Computed(Kind.TEXT, f"({found} ? $substring({text}, {len(prefix)}) : {text})")


def _without_suffix(text: str, given: Given) -> Operand:
    suffix = constant_text(given.only("suffix", ".removesuffix()"), "the end")
    if not suffix:
        return Computed(Kind.TEXT, text)
    found = f"$substring({text}, -{len(suffix)}) = {computed(Constant(suffix)).text}"
    return Computed(Kind.TEXT, f"({found} ? $substring({text}, 0, $length({text}) - {len(suffix)}) : {text})")


def _zfill(text: str, given: Given) -> Operand:
    width = constant_integer(given.only("width", ".zfill()"), "the width")
    return Computed(Kind.TEXT, f"$zfill({text}, {width})") if width > 1 else Computed(Kind.TEXT, text)


def _join(text: str, given: Given) -> Operand:
    return joined(given.only("iterable", ".join()"), Computed(Kind.TEXT, text), "$text")


def joined(items: Operand, separator: Operand, as_text: str) -> Operand:
    """Return the items of a list as one text. ``as_text`` is the JSONata function for each: $text or $str."""
    if isinstance(items, Constant) and isinstance(items.value, (list, tuple)):
        items = Several(tuple(Constant(item) for item in items.value))
    if isinstance(items, Several):
        parts: list[Operand] = []
        for number, one in enumerate(items.items):
            parts += [separator] if number else []
            parts.append(text_of(one) if as_text == "$str" else Computed(Kind.TEXT, string_atom(one, "join")))
        return concatenation(parts)
    between = string_atom(separator, "join")
    all_of_them = f"$join($map({list_atom(items, 'join')}, function($one) {{ {as_text}($one) }}), {between})"
    # $map gives nothing for an empty list.
    return Computed(Kind.TEXT, f"({all_of_them} & '')")


def _format(operand: Operand, given: Given) -> Operand:
    pattern = constant_text(operand, "what .format() is called on")
    parts: list[Operand] = []
    automatic = 0
    for text, field, spec, conversion in string.Formatter().parse(pattern):
        parts.append(Constant(text))
        if field is None:
            continue
        padded = re.fullmatch(r"0([1-9])d", spec or "")
        if (spec and not padded) or conversion or not re.fullmatch(r"\w*", field):
            remedy = "use {} and {:02d}, and filters or strftime for the rest"
            raise Refusal(f"the format {pattern!r} is not converted", remedy)
        if field == "":
            field, automatic = str(automatic), automatic + 1  # noqa: PLW2901 - {} is numbered
        argument = _format_argument(field, given)
        parts.append(decimal(argument, padded[1]) if padded else text_of(argument))
    return concatenation(parts)


def _format_argument(field: str, given: Given) -> Operand:
    if field.isdigit() and int(field) < len(given.positional):
        return given.positional[int(field)]
    if field in given.named:
        return given.named[field]
    raise Refusal(f".format() has no argument {field}", "give it one")


_METHODS: Mapping[str, Callable[[str, Given], Operand]] = {
    "upper": _simple("$uppercase"),
    "lower": _simple("$lowercase"),
    "strip": _strip(True, True),
    "lstrip": _strip(True, False),
    "rstrip": _strip(False, True),
    "replace": _replace,
    "split": _split,
    "startswith": _starts,
    "endswith": _ends,
    "removeprefix": _without_prefix,
    "removesuffix": _without_suffix,
    "zfill": _zfill,
    "join": _join,
}
