"""What a mapped task is expanded over: how many instances there are, and what each is given.

``expand(x=…, y=…)`` makes an instance for each combination of the arguments' items, the last argument
varying fastest (airflow.sdk.definitions._internal.expandinput, ``DictOfListsExpandInput``);
``expand_kwargs(…)`` makes one for each dict of a list.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any


class SourceKind(str, Enum):
    """Where the items come from."""

    LITERAL = "literal"  # a list or dict of the DAG file
    XCOM = "xcom"  # what a task returns; of a mapped task, what its instances have returned
    MAP = "map"  # the items of another source, each through a function
    ZIP = "zip"  # lists of one item of each source, as many as the shortest has
    ZIP_LONGEST = "zip_longest"  # as many as the longest has; ``value`` fills the gaps
    CONCAT = "concat"  # the items of all sources


@dataclass(frozen=True)
class Source:
    """Items for instances. ``value`` is a literal (or what fills gaps), ``task_id`` whose XCom it is.

    >>> Source(SourceKind.LITERAL, [1, 2, 3]).length()
    3
    """

    kind: SourceKind
    value: Any = None
    task_id: str = ""
    sources: tuple[Source, ...] = ()

    def length(self) -> int | None:
        """Return how many items there are; None if that is known only when a run has come so far."""
        if self.kind is SourceKind.LITERAL:
            return len(self.value) if isinstance(self.value, (list, dict)) else None
        if self.kind is SourceKind.XCOM:
            return None
        lengths = [source.length() for source in self.sources]
        known = [length for length in lengths if length is not None]
        if len(known) < len(lengths):
            return 0 if self.kind is SourceKind.ZIP and 0 in known else None
        if self.kind is SourceKind.CONCAT:
            return sum(known)
        return max(known) if self.kind is SourceKind.ZIP_LONGEST else min(known)

    def task_ids(self) -> Iterator[str]:
        """Yield the tasks whose XComs the items come from."""
        if self.kind is SourceKind.XCOM:
            yield self.task_id
        for source in self.sources:
            yield from source.task_ids()

    def kinds(self) -> Iterator[SourceKind]:
        """Yield the kinds of this source and of all inside."""
        yield self.kind
        for source in self.sources:
            yield from source.kinds()

    def values(self) -> Iterator[Any]:
        """Yield the values of this source and of all inside."""
        yield self.value
        for source in self.sources:
            yield from source.values()

    def with_values(self, changed: Callable[[Any], Any]) -> Source:
        """Return the source with what ``changed`` makes of each of its values, in the order of ``values``."""
        value = changed(self.value)
        return replace(self, value=value, sources=tuple(item.with_values(changed) for item in self.sources))


@dataclass(frozen=True)
class Expansion:
    """How a mapped task is expanded: over ``arguments``, or over ``rows``, one dict for each instance.

    ``names`` are the keys that the rows of an XCom have by the source of the function that returns them; None
    if that does not say. Airflow renders what is in rows: texts with these ``file_endings`` name files of
    templates.

    >>> pair = Source(SourceKind.LITERAL, ["a", "b"])
    >>> Expansion({"x": pair, "y": pair}).length()
    4
    """

    arguments: Mapping[str, Source] = field(default_factory=dict)
    rows: Source | None = None
    names: tuple[str, ...] | None = None
    file_endings: tuple[str, ...] = ()

    @property
    def sources(self) -> tuple[Source, ...]:
        """All that the task is expanded over."""
        return tuple(self.arguments.values()) if self.rows is None else (self.rows,)

    def with_values(self, changed: Callable[[Any], Any]) -> Expansion:
        """Return the expansion with what ``changed`` makes of each value, source by source."""
        arguments = {name: source.with_values(changed) for name, source in self.arguments.items()}
        rows = None if self.rows is None else self.rows.with_values(changed)
        return replace(self, arguments=arguments, rows=rows)

    def length(self) -> int | None:
        """Return how many instances there are; None if only a run tells."""
        lengths = [source.length() for source in self.sources]
        if 0 in lengths:
            return 0
        known = [length for length in lengths if length is not None]
        return math.prod(known) if len(known) == len(lengths) else None

    def task_ids(self) -> tuple[str, ...]:
        """Return the tasks whose XComs decide how many instances there are."""
        return tuple(dict.fromkeys(task for source in self.sources for task in source.task_ids()))


def expansion_from_json(data: Mapping[str, Any], value: Callable[[Any], Any]) -> Expansion:
    """Return the Expansion that ``workflow.to_json`` wrote; ``value`` reads the values in it.

    Raises KeyError, TypeError or ValueError for anything else.
    """
    rows = data["rows"]
    return Expansion(
        # A key that begins with a dollar sign is written with another one.
        {key.removeprefix("$"): _source_from_json(item, value) for key, item in data["arguments"].items()},
        None if rows is None else _source_from_json(rows, value),
        None if data["names"] is None else tuple(data["names"]),
        tuple(data["file_endings"]),
    )


def _source_from_json(data: Mapping[str, Any], value: Callable[[Any], Any]) -> Source:
    return Source(
        SourceKind(data["kind"]),
        value(data["value"]),
        data["task_id"],
        tuple(_source_from_json(source, value) for source in data["sources"]),
    )
