"""Jinja's tests: what stands behind ``is``."""

from __future__ import annotations

from converter.expressions.templates.arguments import Given
from converter.expressions.templates.comparing import any_of, compare, negation
from converter.expressions.templates.folding import environment, folded
from converter.expressions.templates.operands import (
    NUMBERS,
    TEXTS,
    Computed,
    Constant,
    Fields,
    Kind,
    Named,
    Operand,
    Several,
    Undefined,
    computed,
)
from converter.expressions.templates.scope import Refusal

#: Tests whose result depends on nothing but their arguments.
_PURE = frozenset(
    """
    boolean divisibleby even false float integer iterable lower mapping none number odd sequence string true
    upper
    """.split()
)
_COMPARISONS = {
    "eq": "eq", "==": "eq", "equalto": "eq", "ne": "ne", "!=": "ne", "lt": "lt", "<": "lt", "lessthan": "lt",
    "le": "lteq", "<=": "lteq", "gt": "gt", ">": "gt", "greaterthan": "gt", "ge": "gteq", ">=": "gteq",
    "in": "in",
}  # fmt: skip

#: What each kind is, and which types of JSON are told at run time. In Python, a boolean is a number.
_KINDS: dict[str, tuple[frozenset[Kind], tuple[str, ...]]] = {
    "none": (frozenset(), ("null",)),
    "string": (TEXTS | {Kind.MARKUP}, ("string",)),
    "number": (NUMBERS | {Kind.BOOLEAN}, ("number", "boolean")),
    "boolean": (frozenset({Kind.BOOLEAN}), ("boolean",)),
    "mapping": (frozenset({Kind.OBJECT}), ("object",)),
    "sequence": (TEXTS | {Kind.LIST, Kind.OBJECT}, ("string", "array", "object")),
    "iterable": (TEXTS | {Kind.LIST, Kind.OBJECT}, ("string", "array", "object")),
}


def test(name: str, operand: Operand, given: Given) -> Operand:
    """Return whether an operand passes one of Jinja's tests. Raises Refusal."""
    if name == "defined":
        return _is_defined(operand)
    if name == "undefined":
        return negation(_is_defined(operand))
    if name in _COMPARISONS:
        if len(given.positional) != 1:
            raise Refusal(f"the test '{name}' takes one value", "give it")
        return compare(_COMPARISONS[name], operand, given.positional[0])
    if isinstance(operand, Constant) and name in _PURE and given.all_constant:
        positional, named = given.constants()
        return folded(lambda: environment().call_test(name, operand.value, positional, named))
    if name in _KINDS and isinstance(operand, (Several, Fields)):
        return Constant(
            name in ("sequence", "iterable") or (name == "mapping" and isinstance(operand, Fields))
        )
    return _at_run_time(name, computed(operand))


def _at_run_time(name: str, value: Computed) -> Operand:
    if name in _KINDS:
        kinds, types = _KINDS[name]
        if value.kind is not Kind.JSON:
            return Constant(value.kind in kinds)
        # What is undefined is none of these; only iterating over it fails.
        text = value.text if name == "iterable" else value.bare or value.text
        same_type = (f"($type({text}) = '{type_}')" for type_ in types)
        return any_of([Computed(Kind.BOOLEAN, text) for text in same_type])
    if name in ("true", "false") and value.kind in (Kind.JSON, Kind.BOOLEAN):
        return Computed(Kind.BOOLEAN, f"({value.bare or value.text} = {name})")
    if name in ("odd", "even") and value.kind in (Kind.INTEGER, Kind.NUMBER, Kind.JSON):
        return Computed(Kind.BOOLEAN, f"(($abs({value.text}) % 2) = {int(name == 'odd')})")
    raise Refusal(
        f"the test '{name}' on {value.kind.value} is not converted", "compare with ==, or use | int first"
    )


def _is_defined(operand: Operand) -> Operand:
    if isinstance(operand, Undefined):
        return Constant(False)
    if isinstance(operand, Computed) and operand.exists is not None:
        return Computed(Kind.BOOLEAN, operand.exists)
    if isinstance(operand, Named) and operand.name.startswith("conn."):
        raise Refusal("'is defined' asks for a connection", "leave it out")
    return Constant(True)
