"""Which function converts which operator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from converter.operators.arguments import Arguments
from converter.operators.step import Step

Conversion: TypeAlias = Callable[[Arguments], Step]
Wrapping: TypeAlias = Callable[[Conversion], Conversion]

_CONVERSIONS: dict[str, Conversion] = {}
#: Those of the user's own, which go before.
_EXTENSIONS: dict[str, Conversion] = {}
#: How a conversion of the user's is wrapped, while a file of them is read.
_wrapping: list[Wrapping] = []


def converts(*operators: str) -> Callable[[Conversion], Conversion]:
    """Register the decorated function for operator classes, given by their dotted names."""

    def register(conversion: Conversion) -> Conversion:
        for operator in operators:
            if _wrapping:
                _EXTENSIONS[operator] = _wrapping[-1](conversion)
            elif operator in _CONVERSIONS:
                raise ValueError(f"{operator} has two conversions")
            else:
                _CONVERSIONS[operator] = conversion
        return conversion

    return register


@contextmanager
def extending(wrapping: Wrapping) -> Iterator[None]:
    """Take what registers itself meanwhile for the user's own; each conversion is wrapped."""
    _wrapping.append(wrapping)
    try:
        yield
    finally:
        _wrapping.pop()


def conversion_of(operator: str) -> Conversion | None:
    """Return the function that converts this class, None if there is none."""
    return _EXTENSIONS.get(operator) or _CONVERSIONS.get(operator)


def converted_operators() -> tuple[str, ...]:
    """Return the dotted names of all operators that are converted, sorted; without the user's own."""
    return tuple(sorted(_CONVERSIONS))


def extensions() -> tuple[str, ...]:
    """Return the dotted names of the operators that the user's own conversions are for."""
    return tuple(sorted(_EXTENSIONS))


def forget_extensions() -> None:
    """Forget the user's own conversions."""
    _EXTENSIONS.clear()
