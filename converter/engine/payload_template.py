"""Payload templates of JSONPath states: JSON in which a member ``name.$`` holds a path or a function call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from converter.engine.data import compact_json
from converter.engine.java_habits import hash_map_order
from converter.engine.jsonpath_language import NothingThere, Query, compile_query
from converter.engine.paths import InvalidPath
from converter.engine.scope import PathError, Scope
from converter.engine.tasks import Json

_SUFFIX = ".$"
_Render: TypeAlias = Callable[[Json, Scope], Json]


class TemplateSyntaxError(Exception):
    """A member ``name.$`` holds neither a path nor a call; the message is AWS's."""


class PayloadTemplate:
    """A compiled template."""

    def __init__(self, value: Json) -> None:
        self.value = value
        """The template as the definition has it."""
        self._render = _compile(value)

    def render(self, document: Json, scope: Scope) -> Json:
        """Return the value for a document, which is what ``$`` stands for. Raises ``PathError``."""
        return self.value if self._render is None else self._render(document, scope)


def compile_member(name: str, value: Json) -> tuple[str, _Render]:
    """Compile the member ``name.$``; return its name in the output and what renders it.

    Raises :class:`TemplateSyntaxError`.
    """
    try:
        if not isinstance(value, str):
            raise InvalidPath("no string")
        query = compile_query(value)
    except InvalidPath as error:
        raise TemplateSyntaxError(
            f"The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call"
        ) from error

    def render(document: Json, scope: Scope) -> Json:
        return _evaluate(query, name, document, scope)

    return name.removesuffix(_SUFFIX), render


def _evaluate(query: Query, name: str, document: Json, scope: Scope) -> Json:
    try:
        return query.evaluate(document, scope)
    except NothingThere as missing:
        if missing.is_beyond_an_end:
            return None  # measured on AWS by others
        raise PathError(
            f"The JSONPath '{missing.path}' specified for the field '{name}' could not be found in the input "
            f"'{compact_json(missing.searched)}'"
        ) from missing


def is_dynamic(name: str) -> bool:
    """Tell whether a member's name says that its value is to be evaluated."""
    return name.endswith(_SUFFIX)


def _compile(value: Json) -> _Render | None:
    """Return what renders a value, or None if there is no path in it."""
    if isinstance(value, dict):
        return _compile_object(value)
    if isinstance(value, list):
        return _compile_array(value)
    return None


def _compile_object(value: dict[str, Json]) -> _Render | None:
    static = [(name, item, _compile(item)) for name, item in value.items() if not is_dynamic(name)]
    dynamic = dict(compile_member(name, item) for name, item in value.items() if is_dynamic(name))
    if not dynamic and all(render is None for _, _, render in static):
        return None
    # AWS keeps the static members where they are and appends the others from a hash map (recorded).
    ordered = [(name, dynamic[name]) for name in hash_map_order(dynamic)]

    def render_object(document: Json, scope: Scope) -> Json:
        rendered = {
            name: item if render is None else render(document, scope) for name, item, render in static
        }
        for name, render in ordered:
            rendered[name] = render(document, scope)
        return rendered

    return render_object


def _compile_array(value: list[Json]) -> _Render | None:
    items = [(item, _compile(item)) for item in value]
    if all(render is None for _, render in items):
        return None

    def render_array(document: Json, scope: Scope) -> Json:
        return [item if render is None else render(document, scope) for item, render in items]

    return render_array
