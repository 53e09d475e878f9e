"""Which function converts which operator."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from converter.operators.arguments import Arguments
from converter.operators.step import Step

Conversion: TypeAlias = Callable[[Arguments], Step]

_CONVERSIONS: dict[str, Conversion] = {}


def converts(*operators: str) -> Callable[[Conversion], Conversion]:
    """Register the decorated function for operator classes, given by their dotted names."""

    def register(conversion: Conversion) -> Conversion:
        for operator in operators:
            if operator in _CONVERSIONS:
                raise ValueError(f"{operator} has two conversions")
            _CONVERSIONS[operator] = conversion
        return conversion

    return register


def conversion_of(operator: str) -> Conversion | None:
    """Return the function that converts this class, None if there is none."""
    return _CONVERSIONS.get(operator)


def converted_operators() -> tuple[str, ...]:
    """Return the dotted names of all operators that are converted, sorted."""
    return tuple(sorted(_CONVERSIONS))
