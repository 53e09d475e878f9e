"""What a mapped operator is expanded over: literals of the file, XComs, and what is made of XComs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from converter.expansion import Expansion, Source, SourceKind
from converter.loading.child.airflow_names import ConcatXComArg, MapXComArg, PlainXComArg, ZipXComArg
from converter.loading.child.values import as_value


def expansion_of(operator: Any) -> Expansion:
    """Return how a mapped operator is expanded."""
    return _expansion(operator._get_specified_expand_input().value)


def expansion_of_group(group: Any) -> Expansion:
    """Return how a mapped task group is expanded."""
    return _expansion(group._expand_input.value)


def _expansion(given: Any) -> Expansion:
    if isinstance(given, Mapping):
        return Expansion({str(name): source_of(value) for name, value in given.items()})
    return Expansion(rows=source_of(given))


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
