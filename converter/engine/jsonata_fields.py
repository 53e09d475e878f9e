"""Fields of a JSONata state as templates: JSON in which strings ``{% … %}`` are expressions.

A :class:`Template` knows its location (``Output/result``), which AWS names in errors.
"""

from __future__ import annotations

from collections.abc import Callable

from converter.engine.data import compact_json
from converter.engine.jsonata_language import (
    EvaluationError,
    Expression,
    JsonataSyntaxError,
    UndefinedResult,
    compile_expression,
)
from converter.engine.jsonata_values import UnsupportedResult
from converter.engine.scope import QueryError, Scope, json_type
from converter.engine.tasks import Json


class TemplateSyntaxError(Exception):
    """An expression in a template cannot be parsed."""

    def __init__(self, location: str, message: str) -> None:
        super().__init__(message)
        self.location = location


class Template:
    """A field's value, compiled: constants are kept, expressions evaluated each time."""

    def __init__(self, value: Json, location: str) -> None:
        self.location = location
        """Name of the field, as in ``Arguments``."""
        self._render = _compile(value, location)
        self.value = value
        """The field as the definition has it."""
        self.is_constant = self._render is None

    def evaluate(self, scope: Scope, expected: str | None = None) -> Json:
        """Return the field's value.

        ``expected`` is a JSON type name (``array``, ``boolean``, ``string``, ``number``, ``object``) that the
        result of an expression must have. Raises :class:`QueryError`.
        """
        if self._render is None:
            return self.value
        value = self._render(scope)
        if expected is not None and json_type(value) != expected:
            raise QueryError(
                f"{_the_expression(self.value, self.location)} returned an unexpected result type. "
                f"Expected '{expected}', but was '{json_type(value)}' for value: {compact_json(value)}",
                self.location,
            )
        return value

    def unexpected(self, value: Json, requirement: str) -> QueryError:
        """Return the error for a result of the right type that the field still cannot take."""
        subject = (
            f"The field '{self.location}'" if self.is_constant else _the_expression(self.value, self.location)
        )
        return QueryError(f"{subject} must be {requirement}, but was: {compact_json(value)}", self.location)


_Render = Callable[[Scope], Json]


def is_expression(value: Json) -> bool:
    """Tell whether a JSON value is a JSONata expression."""
    return isinstance(value, str) and value.startswith("{%") and value.endswith("%}") and len(value) >= 4


def _compile(value: Json, location: str) -> _Render | None:
    """Return what renders a value, or None if there is no expression in it."""
    if isinstance(value, str):
        return _compile_string(value, location)
    if isinstance(value, dict):
        return _compile_object(value, location)
    if isinstance(value, list):
        return _compile_array(value, location)
    return None


def _compile_object(value: dict[str, Json], location: str) -> _Render | None:
    members = [(key, item, _compile(item, f"{location}/{key}")) for key, item in value.items()]
    if all(render is None for _, _, render in members):
        return None

    def render_object(scope: Scope) -> Json:
        return {key: item if render is None else render(scope) for key, item, render in members}

    return render_object


def _compile_array(value: list[Json], location: str) -> _Render | None:
    items = [(item, _compile(item, f"{location}[{index}]")) for index, item in enumerate(value)]
    if all(render is None for _, render in items):
        return None

    def render_array(scope: Scope) -> Json:
        return [item if render is None else render(scope) for item, render in items]

    return render_array


def _compile_string(value: str, location: str) -> _Render | None:
    if not is_expression(value):
        return None
    try:
        expression = compile_expression(_inner(value))
    except JsonataSyntaxError as error:
        raise TemplateSyntaxError(location, str(error)) from error

    def render_expression(scope: Scope) -> Json:
        return _evaluate(expression, scope, location)

    return render_expression


def _evaluate(expression: Expression, scope: Scope, location: str) -> Json:
    try:
        return expression.evaluate(scope.bindings)
    except UndefinedResult:
        problem = "returned nothing (undefined)."
    except UnsupportedResult:
        problem = "returned an unsupported result type."
    except EvaluationError as error:
        problem = f"threw an error during evaluation{'. ' if error.has_code else ': '}{error}"
    raise QueryError(
        f"The JSONata expression '{expression.text}' specified for the field '{location}' {problem}", location
    )


def _inner(value: str) -> str:
    return value[2:-2].strip()


def _the_expression(value: Json, location: str) -> str:
    return f"The JSONata expression '{_inner(value)}' specified for the field '{location}'"
