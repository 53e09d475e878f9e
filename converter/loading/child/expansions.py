"""What a mapped operator is expanded over: literals of the file, XComs, and what is made of XComs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from converter.expansion import Expansion, Source, SourceKind
from converter.loading.child.airflow_names import (
    ConcatXComArg,
    MappedOperator,
    MapXComArg,
    PlainXComArg,
    ZipXComArg,
)
from converter.loading.child.returned_keys import returned_keys
from converter.loading.child.values import as_value


def expansion_of(operator: Any) -> Expansion:
    """Return how a mapped operator is expanded."""
    found = _expansion(operator._get_specified_expand_input().value)
    if found.names is None:
        return found
    if getattr(operator.dag, "render_template_as_native_obj", False):
        return replace(found, names=None)  # a text may become anything
    endings = getattr(operator.operator_class, "template_ext", ())
    return replace(found, file_endings=(endings,) if isinstance(endings, str) else tuple(endings))


def expansion_of_group(group: Any) -> Expansion:
    """Return how a mapped task group is expanded."""
    return _expansion(group._expand_input.value)


def _expansion(given: Any) -> Expansion:
    if isinstance(given, Mapping):
        return Expansion({str(name): source_of(value) for name, value in given.items()})
    return Expansion(rows=source_of(given), names=_names_in(given))


def _names_in(rows: Any) -> tuple[str, ...] | None:
    """Return the keys of the dicts that are the rows, None if that cannot be seen."""
    if isinstance(rows, ConcatXComArg):
        found = {_names_in(part) for part in rows.args}
        return found.pop() if len(found) == 1 else None
    if not isinstance(rows, PlainXComArg):
        return None
    operator = rows.operator
    is_mapped = isinstance(operator, MappedOperator)
    function = getattr(operator, "python_callable", None)
    if function is None and is_mapped:
        function = operator.partial_kwargs.get("python_callable")
    # Of a mapped task, each instance returns a row.
    return None if function is None else returned_keys(function, in_list=not is_mapped)


def source_of(given: Any) -> Source:
    """Return the source that one argument of ``expand`` is; its value is Opaque if only Python knows it."""
    if isinstance(given, PlainXComArg):
        return Source(SourceKind.XCOM, task_id=given.operator.task_id)
    if isinstance(given, MapXComArg):
        functions = [as_value(function) for function in given.callables]
        return Source(SourceKind.MAP, functions, sources=(source_of(given.arg),))
    if isinstance(given, ZipXComArg):
        sources = tuple(map(source_of, given.args))
        filled = type(given.fillvalue).__name__ != "ArgNotSet"
        kind = SourceKind.ZIP_LONGEST if filled else SourceKind.ZIP
        return Source(kind, as_value(given.fillvalue) if filled else None, sources=sources)
    if isinstance(given, ConcatXComArg):
        return Source(SourceKind.CONCAT, sources=tuple(map(source_of, given.args)))
    return Source(SourceKind.LITERAL, as_value(given))
