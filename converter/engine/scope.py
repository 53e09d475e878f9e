"""What fields of a state are to the interpreter, whatever their query language, and what they can see.

A :class:`Field` is evaluated in a :class:`Scope` and gives JSON or raises a :class:`FieldError`. Fields are
made when the definition is read; ``jsonata_fields`` and ``jsonpath_fields`` hold those of each language.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from types import MappingProxyType
from typing import Any, Protocol

from converter.engine.data import Data
from converter.engine.jsonata_values import to_query_form
from converter.engine.tasks import Json


class FieldError(Exception):
    """A field could not be evaluated. The message is AWS's without its preamble, which names the state."""


class QueryError(FieldError):
    """A JSONata field could not be evaluated: recorded as EvaluationFailed, and Catch may take it.

    ``location`` reads like ``Output/result``; None where AWS names none.
    """

    def __init__(self, message: str, location: str | None) -> None:
        super().__init__(message)
        self.location = location


class PathError(FieldError):
    """A JSONPath field could not be evaluated. Without an error name it is ``States.Runtime``."""

    def __init__(self, message: str, error: str = "States.Runtime") -> None:
        super().__init__(message)
        self.error = error


class Scope:
    """What the fields of one state can see: variables, the state's data, and the execution's functions.

    ``states`` has the members of ``$states``: ``input`` and ``context``, and ``result`` or ``errorOutput``
    where there is one. ``result`` is what the state is left with, in any state. ``shared`` is for fields that
    have something in common that must be evaluated only once. ``constant`` has those members of the context
    that are the same in the whole execution, as the query language wants them: an input may be large.
    """

    def __init__(
        self,
        variables: Mapping[str, Data],
        states: Mapping[str, Data | Json],
        functions: Mapping[str, Any],
        random: Random,
        result: Data | None = None,
        constant: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        self.variables = variables
        self.random = random
        self.shared: dict[object, Json] = {}
        self._result = result
        self._constant = constant
        self._states = states
        self._functions = functions
        self._bindings: dict[str, Any] | None = None

    @property
    def bindings(self) -> dict[str, Any]:
        """The names for JSONata; made when the first expression asks, and once."""
        if self._bindings is None:
            bindings = dict(self._functions)
            for name, data in self.variables.items():
                bindings[name] = _query_form(data)
            bindings["states"] = {name: self._member(name, value) for name, value in self._states.items()}
            self._bindings = bindings
        return self._bindings

    def _member(self, name: str, value: Data | Json) -> Any:
        if isinstance(value, Data):
            return _query_form(value)
        if name != "context":
            return to_query_form(value)
        members = {key: item for key, item in value.items() if key not in self._constant}
        return {**self._constant, **to_query_form(members)}

    @property
    def input(self) -> Json:
        """The state's input, before any InputPath."""
        return _json(self._states["input"])

    @property
    def context(self) -> Json:
        """The context object."""
        return _json(self._states["context"])

    @property
    def result(self) -> Json:
        """What the state is left with: its result, the error output that Catch took, or its input."""
        return None if self._result is None else self._result.value


def _json(value: Data | Json) -> Json:
    return value.value if isinstance(value, Data) else value


def _query_form(data: Data) -> Any:
    if data.query_form is None:
        data.query_form = to_query_form(data.value)
    return data.query_form


class Field(Protocol):
    """A state's field, compiled."""

    @property
    def is_constant(self) -> bool:
        """Whether the value is the same in every scope."""
        ...

    def evaluate(self, scope: Scope, expected: str | None = None) -> Json:
        """Return the field's value.

        ``expected`` is the JSON type name that the result must have; a language that has rules of its own for
        a field follows those. Raises :class:`FieldError`.
        """
        ...

    def unexpected(self, value: Json, requirement: str) -> FieldError:
        """Return the error for a value of the right type that the field still cannot take."""
        ...


def json_type(value: Json) -> str:
    """Return the name of a value's JSON type."""
    if value is None:
        return "null"
    names = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return names[type(value)]
