"""Comparisons: ``==``, ``<`` and ``in`` as Python means them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from converter.expressions.jsonata import literal
from converter.expressions.templates.conversions import string_atom
from converter.expressions.templates.folding import folded
from converter.expressions.templates.operands import (
    DATES,
    NUMBERS,
    TEXTS,
    Computed,
    Constant,
    Fields,
    Kind,
    Named,
    Operand,
    Several,
    computed,
)
from converter.expressions.templates.scope import Refusal

_PYTHON: dict[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lteq": operator.le,
    "gt": operator.gt,
    "gteq": operator.ge,
    "in": lambda item, container: item in container,
    "notin": lambda item, container: item not in container,
}
_ORDERS = {"lt": "<", "lteq": "<=", "gt": ">", "gteq": ">="}
_COLLECTIONS = frozenset({Kind.LIST, Kind.OBJECT})


def compare(name: str, left: Operand, right: Operand) -> Operand:
    """Return a comparison; ``name`` is Jinja's: eq, ne, lt, lteq, gt, gteq, in, notin."""
    if isinstance(left, Constant) and isinstance(right, Constant):
        return folded(lambda: _PYTHON[name](left.value, right.value))
    if name == "eq":
        return _equal(left, right)
    if name == "ne":
        return negation(_equal(left, right))
    if name in _ORDERS:
        return _ordered(_ORDERS[name], computed(left), computed(right))
    found = _contained(left, right)
    return negation(found) if name == "notin" else found


def negation(value: Operand) -> Operand:
    """Return the opposite of a boolean."""
    if isinstance(value, Constant):
        return Constant(not value.value)
    return Computed(Kind.BOOLEAN, f"$not({computed(value).text})")


def _boolean(text: str) -> Computed:
    return Computed(Kind.BOOLEAN, text)


def _equal(left: Operand, right: Operand) -> Operand:
    if isinstance(left, Constant):
        left, right = right, left
    first, second = computed(left), computed(right)
    if isinstance(right, Constant) and first.kind is Kind.JSON:
        return _boolean(_equals_constant(first.text, right.value))
    kinds = {first.kind, second.kind}
    if kinds <= TEXTS or kinds <= NUMBERS or kinds == {Kind.BOOLEAN} or _same_sort_of_date(kinds):
        return _boolean(f"({first.text} = {second.text})")
    if Kind.JSON in kinds and not kinds & (DATES | {Kind.MARKUP}):
        return _boolean(f"$same({first.text}, {second.text})")
    raise Refusal(f"{first.kind.value} is compared with {second.kind.value}", "compare texts with texts")


def _equals_constant(text: str, value: Any) -> str:
    if isinstance(value, bool) or value in (0, 1):
        # In Python, True == 1.
        return f"({text} in {literal([bool(value), int(value)])})"
    return f"({text} = {computed(Constant(value)).text})"


def _same_sort_of_date(kinds: set[Kind]) -> bool:
    return kinds <= {Kind.MOMENT, Kind.AWARE} or kinds in ({Kind.PLAIN}, {Kind.DAY})


def _ordered(sign: str, first: Computed, second: Computed) -> Computed:
    kinds = {first.kind, second.kind}
    comparable = kinds <= TEXTS | {Kind.JSON} or kinds <= NUMBERS | {Kind.JSON} or _same_sort_of_date(kinds)
    if not comparable:
        raise Refusal(f"{first.kind.value} is compared with {second.kind.value}", "compare like with like")
    return _boolean(f"({first.text} {sign} {second.text})")


def _contained(item: Operand, container: Operand) -> Operand:
    if isinstance(container, Constant) and isinstance(container.value, (list, tuple)):
        container = Several(tuple(Constant(member) for member in container.value))
    if isinstance(container, Several):
        return any_of([compare("eq", item, member) for member in container.items])
    if isinstance(container, (Fields, Named)):
        raise Refusal("'in' asks what has no members at run time", "use 'is defined'")
    within = computed(container)
    if within.kind in TEXTS:
        return _boolean(f"$contains({within.text}, {string_atom(item, 'in')})")
    if within.kind is Kind.JSON or within.kind in _COLLECTIONS:
        one = computed(item)
        if one.kind in DATES or one.kind is Kind.MARKUP:
            raise Refusal(f"'in' asks for {one.kind.value}", "write it as text first")
        return _boolean(f"$has({within.text}, {one.text})")
    raise Refusal(f"'in' asks for a part of {within.kind.value}", "use a list, a dict or a string")


def any_of(conditions: Sequence[Operand]) -> Operand:
    """Return whether one of the booleans is true."""
    unknown = [item for item in conditions if not isinstance(item, Constant)]
    if any(isinstance(item, Constant) and item.value for item in conditions):
        return Constant(True)
    if not unknown:
        return Constant(False)
    return _boolean(f"({' or '.join(computed(item).text for item in unknown)})")
