"""Fields of a JSONPath state.

Each has a source, which says what ``$`` stands for in it: the state's input after InputPath
(:class:`EffectiveInput`), or its result after ResultSelector (:class:`SelectedResult`). An error in these
fields is ``States.Runtime``, which nothing catches, in AWS's words where they are recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from converter.engine.data import compact_json
from converter.engine.instants import parse_instant
from converter.engine.jsonpath_language import NothingThere, PathQuery, Query
from converter.engine.paths import Path, PathNotFound
from converter.engine.payload_template import PayloadTemplate
from converter.engine.scope import FieldError, PathError, Scope
from converter.engine.tasks import Json


class Source(Protocol):
    """What ``$`` stands for in a field."""

    def document(self, scope: Scope) -> Json:
        """Return the value of ``$``. Raises ``PathError``."""
        ...


@dataclass(frozen=True)
class EffectiveInput:
    """The state's input after InputPath. ``path`` is None where the field is null: then it is ``{}``."""

    path: PathQuery | None

    def document(self, scope: Scope) -> Json:
        """Return the effective input."""
        return {} if self.path is None else find(self.path, scope.input, scope)


@dataclass(frozen=True)
class StateInput:
    """The state's input as it is."""

    def document(self, scope: Scope) -> Json:
        """Return the input."""
        return scope.input


@dataclass(frozen=True)
class SelectedResult:
    """The state's result after ResultSelector, or the error output that Catch took."""

    selector: PayloadTemplate | None = None

    def document(self, scope: Scope) -> Json:
        """Return the selected result; evaluated once, because a selector may hold ``States.UUID()``."""
        if self.selector is None:
            return scope.result
        if self not in scope.shared:
            scope.shared[self] = self.selector.render(scope.result, scope)
        return scope.shared[self]


def find(query: Query, document: Json, scope: Scope) -> Json:
    """Evaluate a path of a field that is one. Raises ``PathError``."""
    try:
        return query.evaluate(document, scope)
    except NothingThere as missing:
        raise PathError(f"Invalid path '{missing.path}' : {missing}") from missing


class _Field:
    """Common to the fields here: none is the same in every scope, and they refuse in one voice."""

    is_constant = False

    def unexpected(self, value: Json, requirement: str) -> FieldError:
        return PathError(f"The value must be {requirement}, but was: {compact_json(value)}")


@dataclass(frozen=True)
class Constant:
    """A field that is no path: what the definition says. It was checked there."""

    value: Json
    is_constant = True

    def evaluate(self, _scope: Scope, _expected: str | None = None) -> Json:
        """Return the value."""
        return self.value

    def unexpected(self, value: Json, requirement: str) -> FieldError:
        """Return the error for a value that the field cannot take."""
        return PathError(f"The value must be {requirement}, but was: {compact_json(value)}")


@dataclass(frozen=True)
class InputField(_Field):
    """The document itself: what a state works with that has an InputPath and no template."""

    source: Source

    def evaluate(self, scope: Scope, _expected: str | None = None) -> Json:
        """Return the document."""
        return self.source.document(scope)


@dataclass(frozen=True)
class TemplateField(_Field):
    """A payload template: Parameters, ItemSelector, a variable of Assign, BatchInput."""

    template: PayloadTemplate
    source: Source

    def evaluate(self, scope: Scope, _expected: str | None = None) -> Json:
        """Return the template with its paths replaced by values."""
        return self.template.render(self.source.document(scope), scope)


@dataclass(frozen=True)
class MemberField(_Field):
    """One member of a payload template: Credentials' RoleArn."""

    template: PayloadTemplate
    member: str
    source: Source

    def evaluate(self, scope: Scope, _expected: str | None = None) -> Json:
        """Return the member."""
        return self.template.render(self.source.document(scope), scope)[self.member]


@dataclass(frozen=True)
class OutputField(_Field):
    """ResultPath, then OutputPath.

    ``result_path`` is where in the state's input the result goes; None discards it. ``output_path`` of None
    makes the output ``{}``.
    """

    result: Source
    result_path: Path | None
    output_path: PathQuery | None

    def evaluate(self, scope: Scope, _expected: str | None = None) -> Json:
        """Return the state's output."""
        output = self._combined(scope)
        return {} if self.output_path is None else find(self.output_path, output, scope)

    def _combined(self, scope: Scope) -> Json:
        result = self.result.document(scope)
        if self.result_path is None:
            return scope.input
        try:
            return self.result_path.place(scope.input, result)
        except PathNotFound as problem:
            raise PathError(
                f"Unable to apply ReferencePath {self.result_path.text} to input {compact_json(scope.input)}",
                "States.ResultPathMatchFailure",
            ) from problem


@dataclass(frozen=True)
class PathField(_Field):
    """A field whose name ends in Path: SecondsPath, ItemsPath, ErrorPath, …

    ``read`` is given the field's name, its path and the value found; it returns the value that the state
    wants, or raises ``PathError``. ``missing`` makes the error for a path that leads nowhere.
    """

    name: str
    query: Query
    source: Source
    read: Callable[[str, str, Json], Json]
    missing: Callable[[str, NothingThere], PathError]

    def evaluate(self, scope: Scope, _expected: str | None = None) -> Json:
        """Return the value, as the state wants it."""
        try:
            found = self.query.evaluate(self.source.document(scope), scope)
        except NothingThere as nothing:
            raise self.missing(self.name, nothing) from nothing
        return self.read(self.name, self.query.text, found)

    def unexpected(self, value: Json, requirement: str) -> FieldError:
        """Return the error for a number out of range."""
        subject = self.name.removesuffix("Path")
        if isinstance(value, int) and value < 0:
            return PathError(f"{subject} cannot be negative.")
        return PathError(f"{subject} must be {requirement.removeprefix('a number ')}.")


def invalid_path(_name: str, nothing: NothingThere) -> PathError:
    """Return the error that most fields have for a path that leads nowhere."""
    return PathError(f"Invalid path '{nothing.path}' : {nothing}")


def no_input_value(name: str, nothing: NothingThere) -> PathError:
    """Return the error that a Wait has for it."""
    return PathError(f"The {name} parameter does not reference an input value: {nothing.path}")


def read_integer(name: str, path: str, value: Json) -> Json:
    """Take a number, or a text of digits (recorded)."""
    return _read_number(int, "integer", name, path, value)


def read_float(name: str, path: str, value: Json) -> Json:
    """Take any number, or its text."""
    return _read_number(float, "float", name, path, value)


def _read_number(kind: type[int] | type[float], word: str, name: str, path: str, value: Json) -> Json:
    is_number = isinstance(value, (int, kind)) and not isinstance(value, bool)
    try:
        if is_number or isinstance(value, str):
            return value if is_number else kind(value)
    except ValueError:
        pass
    shown = value if isinstance(value, str) else compact_json(value)
    raise PathError(f'The {name} field refers to value "{shown}" which is not a valid {word}: {path}')


def read_seconds(name: str, path: str, value: Json) -> Json:
    """Take the number of seconds of a Wait."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise PathError(f"The {name} parameter cannot be parsed as a long value: {path} == {_shown(value)}")
    if value < 0:
        raise PathError(f"The {name} parameter references a negative value: {path} == {value}")
    return value


def read_timestamp(name: str, path: str, value: Json) -> Json:
    """Take the instant of a Wait."""
    if not isinstance(value, str) or parse_instant(value) is None:
        raise PathError(
            f"The {name} parameter does not reference a valid ISO-8601 extended offset date-time format "
            f"string: {path} == {_shown(value)}"
        )
    return value


def read_text(name: str, path: str, value: Json) -> Json:
    """Take a string."""
    if not isinstance(value, str):
        raise PathError(f"The {name} field refers to a value that is no string: {path} == {_shown(value)}")
    return value


def read_array(_name: str, path: str, value: Json) -> Json:
    """Take the items of a Map."""
    if not isinstance(value, list):
        raise PathError(f'Reference path "{path}" must point to array.')
    return value


def _shown(value: Json) -> str:
    return value if isinstance(value, str) else compact_json(value)
