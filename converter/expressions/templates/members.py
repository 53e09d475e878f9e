"""Attributes, items and slices of values: ``x.y``, ``x['y']``, ``x[0]``, ``x[:10]``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from converter.expressions.jsonata import literal, path
from converter.expressions.templates import dates
from converter.expressions.templates.conversions import string_atom
from converter.expressions.templates.folding import environment, folded
from converter.expressions.templates.operands import (
    DATES,
    TEXTS,
    Computed,
    Constant,
    Fields,
    Kind,
    Operand,
    Several,
    Undefined,
    computed,
)
from converter.expressions.templates.scope import Refusal

#: A dot finds these on a Python value before it looks for a key of the same name.
_METHODS = frozenset(
    name for kind in (dict, list, str, int, float) for name in dir(kind) if not name.startswith("__")
)
METHODS_OF_DICTS = frozenset(name for name in dir(dict) if not name.startswith("__"))


def attribute(operand: Operand, name: str) -> Operand:
    """Return ``operand.name``."""
    if name.startswith("__"):
        raise Refusal(f"the attribute {name} is used", "leave it out; Airflow refuses it, too")
    if isinstance(operand, Constant):
        return folded(lambda: _plain_data(environment().getattr(operand.value, name)))
    if isinstance(operand, Fields):
        return _member(operand, name)
    value = computed(operand)
    if value.kind in DATES:
        return dates.attribute(value, name)
    if name in _METHODS:
        remedy = f"call it, or write ['{name}'] for the key"
        raise Refusal(f".{name} of a value is a method of Python's", remedy)
    if value.kind in (Kind.JSON, Kind.OBJECT):
        return looked_up(value, literal(name), f"{value.label}.{name}")
    raise Refusal(f"{value.kind.value} has no attribute {name}", "leave it out")


def _plain_data(value: Any) -> Any:
    if callable(value):
        raise TypeError("a method is not called")
    return value


def item(operand: Operand, key: Operand) -> Operand:
    """Return ``operand[key]``."""
    if isinstance(key, Constant):
        if isinstance(operand, Constant):
            return folded(lambda: _plain_data(environment().getitem(operand.value, key.value)))
        if isinstance(operand, Fields):
            return _member(operand, key.value)
        if isinstance(operand, Several):
            return _item_of_several(operand, key.value)
    value = computed(operand)
    if value.kind in DATES or value.kind is Kind.MARKUP:
        raise Refusal(f"an item of {value.kind.value} is used", "write it as text first: | string")
    index = computed(key)
    if index.kind not in TEXTS | {Kind.INTEGER, Kind.JSON}:
        raise Refusal(f"a key is {index.kind.value}", "use a string or an integer")
    shown = f"[{key.value!r}]" if isinstance(key, Constant) else "[…]"
    found = looked_up(value, index.text, f"{value.label}{shown}")
    return Computed(Kind.TEXT, found.text, found.exists, found.label) if value.kind in TEXTS else found


def member_path(owner: str, key: str) -> str:
    """Return the member of an object by its key: a path where the key can stand in one."""
    quoted = literal(key)
    # What has to be cut where it is quoted cannot stand in a path, nor can a backtick.
    return f"$lookup({owner}, {quoted})" if " & " in quoted or "`" in key else f"{owner}.{path(key)}"


def looked_up(value: Computed, key: str, label: str) -> Computed:
    """Return a member of a JSON value by a JSONata key or index; ``label`` names it in messages."""
    return maybe(f"$item({value.text}, {key})", label)


def maybe(found: str, label: str) -> Computed:
    """Return a JSON value that may be undefined at run time."""
    label = label.lstrip(".")
    return Computed(Kind.JSON, f"$need({found}, {_atom(label)})", f"$exists({found})", label, found)


def _atom(text: str) -> str:
    quoted = literal(text)
    return f"({quoted})" if " & " in quoted else quoted


def _member(operand: Fields, name: Any) -> Operand:
    known = operand.members.get(name)
    return known if known is not None else Undefined(f"'{name}' is undefined")


def _item_of_several(operand: Several, index: Any) -> Operand:
    if isinstance(index, int) and -len(operand.items) <= index < len(operand.items):
        return operand.items[index]
    return Undefined(f"the list has no item {index!r}")


def sliced(operand: Operand, start: Operand, stop: Operand, step: Operand) -> Operand:
    """Return ``operand[start:stop:step]``; each limit may be None, as a Constant."""
    limits = [limit.value if isinstance(limit, Constant) else _unknown() for limit in (start, stop, step)]
    cut = slice(*limits)
    if isinstance(operand, Constant):
        return folded(lambda: operand.value[cut])
    if isinstance(operand, Several):
        return Several(operand.items[cut])
    if cut.step not in (None, 1):
        raise Refusal("a slice has a step", "leave the step out")
    text = string_atom(operand, "a slice")
    first = cut.start or 0
    if cut.stop is None:
        return Computed(Kind.TEXT, f"$substring({text}, {first})")
    return Computed(Kind.TEXT, _SLICES[first < 0, cut.stop < 0](text, first, cut.stop))


def _unknown() -> Any:
    raise Refusal("a slice has a limit that is known only at run time", "write the numbers themselves")


def _between(text: str, first: int, stop: int) -> str:
    return f"$substring({text}, {first}, {max(0, stop - first)})"


def _up_to_the_last(text: str, first: int, stop: int) -> str:
    return f"$substring({text}, {first}, $length({text}) - {first - stop})"


def _from_the_last(text: str, first: int, stop: int) -> str:
    raise Refusal("a slice begins at the end of a text and stops before it", "use one limit only")


_SLICES: dict[tuple[bool, bool], Callable[[str, int, int], str]] = {
    (False, False): _between,
    (False, True): _up_to_the_last,
    (True, True): _from_the_last,
    (True, False): _from_the_last,
}
