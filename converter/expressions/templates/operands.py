"""What the parts of a template become: values known at conversion, and JSONata for those that are not.

Every JSONata text here is an *atom*: a path, a literal, a call, or something in parentheses, so that it may
stand anywhere in a larger expression.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from converter.expressions.jsonata import chained, literal
from converter.expressions.templates.scope import Refusal


class Kind(str, Enum):
    """Which Python value a JSONata value stands for; the value names it in messages.

    Moments are held as Python's ``isoformat()`` writes them, always in UTC: ``2024-03-31T00:00:00+00:00``,
    with six more digits if there are microseconds. So they sort as text, and most formats are pieces of it.
    """

    TEXT = "a text"
    DATE_TEXT = "a text YYYY-MM-DD"
    INTEGER = "an integer"
    NUMBER = "a number"
    FLOAT = "a float"
    BOOLEAN = "a boolean"
    LIST = "a list"
    OBJECT = "a dict"
    JSON = "a value known only at run time"
    MARKUP = "JSON text"
    MOMENT = "a date and time"  # pendulum.DateTime
    AWARE = "a datetime"  # datetime.datetime with a time zone
    PLAIN = "a datetime without time zone"
    DAY = "a date"


TEXTS = frozenset({Kind.TEXT, Kind.DATE_TEXT})
NUMBERS = frozenset({Kind.INTEGER, Kind.NUMBER, Kind.FLOAT})
DATETIMES = frozenset({Kind.MOMENT, Kind.AWARE, Kind.PLAIN})
DATES = DATETIMES | {Kind.DAY}

#: What may be mixed: JSON tells at run time which of them a value is, as Python would.
_TELLABLE = TEXTS | {Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN, Kind.LIST, Kind.OBJECT, Kind.JSON}


@dataclass(frozen=True)
class Constant:
    """A Python value that is known at conversion."""

    value: Any


@dataclass(frozen=True)
class Computed:
    """A value that JSONata computes.

    ``text`` fails where Airflow's value would be undefined; ``exists`` (None: always true) tells that
    beforehand, and ``bare`` is enough where it is true. ``lenient`` is used instead where the value is just
    written or tested, if Jinja does so with it although it is undefined. ``label`` names the value in
    messages. ``pieces`` are the operands of a concatenation.
    """

    kind: Kind
    text: str
    exists: str | None = None
    label: str = ""
    bare: str = ""
    lenient: Computed | None = None
    pieces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Several:
    """A list or tuple whose items are known one by one, though not all their values are."""

    items: tuple[Operand, ...]


@dataclass(frozen=True)
class Fields:
    """A dict whose values are known one by one, like ``loop``."""

    members: Mapping[str, Operand]


@dataclass(frozen=True)
class Named:
    """Something of Airflow's context that only its members make use of: ``ti``, ``macros.datetime``."""

    name: str


@dataclass(frozen=True)
class Undefined:
    """What Airflow's Jinja leaves undefined in every run.

    Its use fails, unless it ``counts_as_empty`` and is just written or tested.
    """

    what: str
    remedy: str = "leave it out, or give it a default"
    counts_as_empty: bool = False


Operand: TypeAlias = Constant | Computed | Several | Fields | Named | Undefined


def computed(operand: Operand) -> Computed:
    """Return an operand as JSONata. Raises Refusal for what has no form in it."""
    if isinstance(operand, Computed):
        return operand
    if isinstance(operand, Constant):
        return _constant_as_jsonata(operand.value)
    if isinstance(operand, Undefined):
        raise Refusal(operand.what, operand.remedy)
    if isinstance(operand, Named):
        raise Refusal(f"'{operand.name}' is used as a value", "name the member of it that is meant")
    raise Refusal("a list or dict with values of the run is used as a whole", "use its items one by one")


#: A boolean is an integer in Python, so it comes first.
_KINDS = (
    (str, Kind.TEXT),
    (bool, Kind.BOOLEAN),
    (int, Kind.INTEGER),
    (list, Kind.LIST),
    (dict, Kind.OBJECT),
)


def _constant_as_jsonata(value: Any) -> Computed:
    if isinstance(value, datetime.datetime):
        return Computed(Kind.PLAIN, literal(value.isoformat()))
    if isinstance(value, datetime.date):
        return Computed(Kind.DAY, literal(value.isoformat()))
    if isinstance(value, tuple):
        value = list(value)
    try:
        text = literal(str(value) if isinstance(value, str) else value)
    except ValueError as error:
        remedy = "use a text, a number, a boolean, a list or a dict"
        raise Refusal(f"{value!r} meets a value of the run", remedy) from error
    return Computed(_kind_of_constant(value), f"({text})" if " & " in text else text)


def _kind_of_constant(value: Any) -> Kind:
    if isinstance(value, float):
        # JSON of the run cannot tell 5.0 from 5.
        return Kind.FLOAT if value.is_integer() else Kind.NUMBER
    if isinstance(value, str) and type(value) is not str:  # markupsafe.Markup
        return Kind.MARKUP
    return next((kind for class_, kind in _KINDS if isinstance(value, class_)), Kind.JSON)


def common_kind(first: Computed, second: Computed) -> Kind:
    """Return the kind of what is either of two values. Raises Refusal if that cannot be told."""
    kinds = {first.kind, second.kind}
    if len(kinds) == 1:
        return first.kind
    if kinds <= TEXTS:
        return Kind.TEXT
    if kinds <= _TELLABLE:
        return Kind.JSON
    raise Refusal(
        f"the value is either {first.kind.value} or {second.kind.value}", "write both as text, with strftime"
    )


def either(condition: str, first: Operand, second: Operand) -> Computed:
    """Return the one or the other value by a JSONata condition."""
    yes, no = computed(first), computed(second)
    exists = None
    if yes.exists or no.exists:
        exists = f"({condition} ? {yes.exists or 'true'} : {no.exists or 'true'})"
    lenient = None
    if yes.lenient or no.lenient:
        lenient = either(condition, yes.lenient or yes, no.lenient or no)
    return Computed(common_kind(yes, no), f"({condition} ? {yes.text} : {no.text})", exists, lenient=lenient)


def concatenation(parts: Iterable[Operand]) -> Operand:
    """Return texts one after the other; neighbours that are known become one literal."""
    merged: list[Operand] = []
    for part in parts:
        if isinstance(part, Constant) and merged and isinstance(merged[-1], Constant):
            merged[-1] = Constant(merged[-1].value + part.value)
        elif part != Constant(""):
            merged.append(part)
    if not merged:
        return Constant("")
    if len(merged) == 1:
        return merged[0]
    pieces = tuple(piece for part in merged for piece in _pieces(computed(part)))
    return Computed(Kind.TEXT, f"({chained('&', pieces)})", pieces=pieces)


def _pieces(part: Computed) -> tuple[str, ...]:
    return part.pieces or (part.text,)
