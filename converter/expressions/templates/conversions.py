"""Operands as texts, conditions and numbers: what Python's ``str``, ``bool`` and arithmetic make of them."""

from __future__ import annotations

from converter.expressions.templates.operands import (
    DATES,
    DATETIMES,
    NUMBERS,
    TEXTS,
    Computed,
    Constant,
    Kind,
    Named,
    Operand,
    Several,
    Undefined,
    computed,
)
from converter.expressions.templates.scope import Refusal

_AS_TEXT = {
    Kind.TEXT: "{}",
    Kind.DATE_TEXT: "{}",
    Kind.MARKUP: "{}",
    Kind.DAY: "{}",
    Kind.JSON: "$str({})",
    Kind.INTEGER: "$string({})",
    Kind.NUMBER: "$digits({})",
    Kind.BOOLEAN: "({} ? 'True' : 'False')",
    Kind.MOMENT: "$replace({}, 'T', ' ')",
    Kind.AWARE: "$replace({}, 'T', ' ')",
    Kind.PLAIN: "$replace({}, 'T', ' ')",
}


def text_of(operand: Operand) -> Constant | Computed:
    """Return ``str()`` of an operand, as Jinja writes it."""
    if isinstance(operand, Constant):
        return Constant(str(operand.value))
    if isinstance(operand, Several):
        raise Refusal("a list with values of the run is written in Python's notation", "use | join(', ')")
    value = computed(operand)
    if value.kind in TEXTS:
        return value
    if value.kind is Kind.FLOAT:
        raise Refusal("a float with a value of the run is written as text", "use // or | int")
    if value.kind not in _AS_TEXT:
        remedy = "use | tojson, | join(', ') or a member of it"
        raise Refusal(f"{value.kind.value} of the run is written in Python's notation", remedy)
    return Computed(Kind.TEXT, _AS_TEXT[value.kind].format(value.text), value.exists, value.label)


def string_atom(operand: Operand, what: str) -> str:
    """Return the JSONata of an operand that has to be a string: anything else fails, as in Python."""
    value = computed(operand)
    if value.kind in TEXTS:
        return value.text
    if value.kind is Kind.JSON:
        return f"$text({value.text})"
    raise Refusal(
        f"{what} takes a string, and this is {value.kind.value}", "write it as text first: | string"
    )


def list_atom(operand: Operand, what: str) -> str:
    """Return the JSONata of an operand that has to be a list."""
    value = computed(operand)
    if value.kind is Kind.LIST:
        return value.text
    if value.kind is Kind.JSON:
        return f"$list({value.text})"
    raise Refusal(f"{what} takes a list, and this is {value.kind.value}", "write a list")


def number_atom(operand: Operand) -> str:
    """Return the JSONata of an operand that has to be a number; JSONata's arithmetic fails on others.

    A number of the run has to be whole: 0.5 + 0.5 is written ``1.0`` in Python, and 1 in JSONata.
    """
    value = computed(operand)
    if value.kind in NUMBERS:
        return value.text
    if value.kind is Kind.JSON:
        return f"$whole({value.text})"
    raise Refusal(f"{value.kind.value} is used as a number", "use | int")


def condition_of(operand: Operand) -> Constant | Computed:
    """Return ``bool()`` of an operand."""
    if isinstance(operand, Constant):
        return Constant(bool(operand.value))
    if isinstance(operand, Several):
        return Constant(bool(operand.items))
    if isinstance(operand, (Undefined, Named)):
        computed(operand)
    value = computed(operand)
    return Computed(Kind.BOOLEAN, _condition(value))


def _condition(value: Computed) -> str:
    if value.kind is Kind.BOOLEAN:
        return value.text
    if value.kind in TEXTS:
        return f"({value.text} != '')"
    if value.kind in NUMBERS:
        return f"({value.text} != 0)"
    if value.kind in DATES:
        return f"$exists({value.text})"
    return f"$truthy({value.text})"


def moment_atom(value: Computed) -> str:
    """Return the JSONata of a date or datetime with a time of day."""
    return value.text if value.kind in DATETIMES else f"({value.text} & 'T00:00:00')"


def constant_text(operand: Operand, what: str) -> str:
    """Return a string that has to be known at conversion. Raises Refusal."""
    if isinstance(operand, Constant) and isinstance(operand.value, str):
        return str(operand.value)
    raise Refusal(f"{what} is no string that is known at conversion", "write the string itself")


def constant_integer(operand: Operand, what: str) -> int:
    """Return an integer that has to be known at conversion. Raises Refusal."""
    if isinstance(operand, Constant) and isinstance(operand.value, int):
        return operand.value
    raise Refusal(f"{what} is no integer that is known at conversion", "write the number itself")
