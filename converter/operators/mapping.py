"""One instance of a mapped task: what it is given, and how many instances there are.

An instance is a Step like any other. Its state is inside the task's Map, and finds in its input the records
that it reads, and under the task's own id ``{"map_index": …}``. What it is given follows from that index.
For a task of a mapped group, the Map is the group's, and so is that name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from converter.expansion import Expansion, Source, SourceKind
from converter.expressions.expansions import count_of, items_of
from converter.expressions.jsonata import Expression, literal, path
from converter.operators import room
from converter.operators.step import Instances
from converter.workflow import GROUP_ARGUMENT, HOME_PATH, MOMENTARY, Opaque, Task, Value, atoms

MAP_INDEX = "map_index"
#: What a task fails with that is expanded over rows of an XCom which only Airflow could take.
OTHER_KEYS = f"{room.UNEXPECTED}: other keys in a row than its function is written to return"
RENDERED = f"{room.UNEXPECTED}: a template in a row, or the file of one, which Airflow would render"
#: What Airflow would render: the beginning of a template.
_TEMPLATE = r"\x7b[\x7b\x25#]"
#: What rendering makes of texts without templates in a value, ``$v``: newlines are one character, and one at
#: the end is left out. (jinja2.Environment: newline_sequence, keep_trailing_newline)
_AS_RENDERED = (
    r"($text := function($t) { ($u := $replace($t, /\r\n?/, '\n');"
    r" $substring($u, -1) = '\n' ? $substring($u, 0, $length($u) - 1) : $u) };"
    r" $rendered := function($x) { $type($x) = 'string' ? $text($x)"
    r" : $type($x) = 'array' ? $append([], $map($x, $rendered)[])"
    r" : $type($x) = 'object' ? $merge([{}, $each($x, function($i, $k) { {$k: $rendered($i)} })]) : $x };"
    r" $rendered($v))"
)
_TOO_MANY = f"{room.TOO_MANY}: there are more instances than an execution has room for"


def map_index_of(task: Task) -> str | None:
    """Return the index of the instance, as JSONata; None if the task is not mapped.

    A task with too many instances has a single one, with a negative index, which fails as it asks for it.
    """
    if task.expansion is None:
        return None
    index = f"$states.input.{path(task.index_key, MAP_INDEX)}"
    return f"({index} < 0 ? $error({literal(_TOO_MANY)}) : {index})"


def own_limit(task: Task) -> int | None:
    """Return how many instances of a task may run at once by its own settings; None if they say nothing."""
    own_limits = (task.settings.get(f"max_active_tis_per_{which}") for which in ("dagrun", "dag"))
    return min((limit for limit in own_limits if type(limit) is int and limit > 0), default=None)


def instances_of(task: Task, mapped: frozenset[str]) -> Instances | None:
    """Return how many instances a task has; None if it is not mapped. ``mapped`` are the mapped tasks."""
    expansion = task.expansion
    if expansion is None:
        return None
    counts = [count_of(source, mapped.__contains__) for source in expansion.sources]
    return Instances(
        count=Expression(" * ".join(counts)),
        length=expansion.length(),
        over=expansion.task_ids(),
        at_once=own_limit(task),
        group=task.mapped_group,
    )


def names_group_arguments(value: Value) -> bool:
    """Return whether an argument of a mapped group is anywhere in a value."""
    if isinstance(value, dict):
        return any(map(names_group_arguments, value.values()))
    if isinstance(value, list):
        return any(map(names_group_arguments, value))
    return isinstance(value, Opaque) and value.kind == GROUP_ARGUMENT


def literals_that_are_no_lists(expansion: Expansion) -> Iterator[Value]:
    """Yield what is neither a list nor a dict among what a task is expanded over."""
    for literal_value in (value for source in expansion.sources for value in _literals(source)):
        if not isinstance(literal_value, (list, dict)):
            yield literal_value


def _literals(source: Source) -> Iterator[Any]:
    if source.kind is SourceKind.LITERAL:
        yield source.value
    for inner in source.sources:
        yield from _literals(inner)


class PerInstance:
    """The arguments of a mapped task, or of its mapped group, that differ between its instances.

    ``sources`` gives them by name; None if only a run knows which there are (``expand_kwargs`` over an XCom
    of which nobody can see which keys it has, or with dicts that have different keys).
    """

    def __init__(self, task: Task, mapped: frozenset[str]) -> None:
        self._task = task
        self._is_mapped = mapped.__contains__
        self._expansion = task.expansion or Expansion()
        rows = self._expansion.rows
        self.sources: Mapping[str, Source] | None = (
            self._expansion.arguments if rows is None else _columns(rows, self._expansion.names)
        )

    def unknown_names(self) -> tuple[str, str]:
        """Return why it is not known which arguments ``expand_kwargs`` gives, and what to write instead."""
        rows = self._expansion.rows
        if rows is not None and rows.kind is SourceKind.LITERAL:
            return (
                "expand_kwargs() is given dicts with different keys",
                "give all dicts the same keys, or write expand(argument=…)",
            )
        return (
            "expand_kwargs() is given what only a run knows, so that nobody can see which arguments it gives",
            "write out the dicts, with the same keys, where the task returns them ([{…} for …], or"
            " rows.append({…})), or as a list in the file; or expand(argument=…) and partial() for the rest",
        )

    def value(self, name: str, translated: Callable[[Any], Any]) -> Any:
        """Return an argument as Expressions over the instance's input.

        ``translated`` gives a value with its templates translated. Where no machine can keep what the file
        gives, the value is the first Opaque of such. Raises ValueError for what a Python function makes.
        """
        source = (self.sources or {}).get(name)
        if source is None:
            raise ValueError("only a run knows which arguments expand_kwargs() gives")
        if found := _of_the_import(source):
            return found
        if SourceKind.MAP in source.kinds():
            raise ValueError("only Python knows what .map(…) gives")
        if source is self._expansion.rows:
            return self._member(source, name)
        if source.kind is SourceKind.LITERAL:
            source = Source(source.kind, translated(source.value))
        return self._item(source, self._index(name))

    def _item(self, source: Source, index: str) -> Any:
        """Return the item of a source: a dict of Expressions where all items are dicts of the same keys, and
        a list where all are lists of as many such dicts.
        """
        items = source.value
        if source.kind is SourceKind.LITERAL and isinstance(items, list) and items:
            first = items[0]
            if isinstance(first, dict) and all(_has_keys_of(first, item) for item in items):
                return {
                    key: self._item(Source(source.kind, [item[key] for item in items]), index)
                    for key in first
                }
            if all(_is_same(first, item) for item in items):
                return first
            if any(map(_has_names, items)) and all(_is_as_long(first, item) for item in items):
                columns = (list(column) for column in zip(*items, strict=True))
                return [self._item(Source(source.kind, column), index) for column in columns]
            if any(map(_is_computed, items)):
                # Each instance computes its own: another's may fail.
                choice = " : ".join(f"$n = {n} ? {literal(item)}" for n, item in enumerate(items))
                return Expression(f"($n := {index}; {choice})")
        # A predicate is evaluated anew for each item.
        return Expression(f"($l := {items_of(source, self._is_mapped)}; $n := {index}; $l[$n])")

    def _member(self, rows: Source, name: str) -> Expression:
        """Return an argument from its row, of which a run makes sure that it has the keys it should have."""
        names = sorted(self._expansion.names or ())
        row = f"($l := {items_of(rows, self._is_mapped)}; $n := {self._index(name)}; $l[$n])"
        keys = (
            f"$type($r) = 'object' and $join($sort($append([], $keys($r))), ' ') = {literal(' '.join(names))}"
        )
        value = f"$lookup($r, {literal(name)})"
        if name in self._task.template_fields and not self._task.mapped_group:
            endings = "".join(f"|{re.escape(ending)}(\\x22|$)" for ending in self._expansion.file_endings)
            is_template = f"$contains($string($v), /{_TEMPLATE}{endings}/)"
            value = f"($v := {value}; {is_template} ? $error({literal(RENDERED)}) : {_AS_RENDERED})"
        return Expression(f"($r := {row}; {keys} ? {value} : $error({literal(OTHER_KEYS)}))")

    def within(self, value: Value) -> Any:
        """Return a value with this instance's arguments of its mapped group in it. Raises ValueError."""
        if isinstance(value, dict):
            return {key: self.within(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.within(item) for item in value]
        if not names_group_arguments(value):
            return value
        # Unlike what a task is expanded over, they are not rendered.
        return self.value(value.text, lambda given: given)

    def _index(self, name: str) -> str:
        """Return the index of an argument's item: the last argument varies fastest.

        (``DictOfListsExpandInput._expand_mapped_field``)
        """
        index = str(map_index_of(self._task))
        names = list(self._expansion.arguments)
        if name not in names or len(names) == 1:
            return index
        counts = [count_of(source, self._is_mapped) for source in self._expansion.arguments.values()]
        behind = counts[names.index(name) + 1 :]
        found = f"$floor({index} / ({' * '.join(behind)}))" if behind else index
        return found if name == names[0] else f"({found} % {counts[names.index(name)]})"


def _of_the_import(source: Source) -> Opaque | None:
    """Return what holds only while the file is imported, or where it is; None if all of a source stays."""
    found = (item for value in source.values() for item in atoms(value) if isinstance(item, Opaque))
    return next((item for item in found if item.kind in (MOMENTARY, HOME_PATH)), None)


def _has_keys_of(first: dict[str, Any], item: Any) -> bool:
    return isinstance(item, dict) and item.keys() == first.keys()


def _is_same(first: Any, item: Any) -> bool:
    """Return whether two values are the same in JSON, where true is not 1."""
    if isinstance(first, dict):
        return _has_keys_of(first, item) and all(_is_same(value, item[name]) for name, value in first.items())
    if isinstance(first, list):
        return _is_as_long(first, item) and all(map(_is_same, first, item))
    return bool(first == item) and isinstance(first, bool) == isinstance(item, bool)


def _is_as_long(first: Any, item: Any) -> bool:
    return isinstance(first, list) and isinstance(item, list) and len(item) == len(first)


def _has_names(value: Any) -> bool:
    """Return whether a list has dicts in it, whose names conversions may have to spell."""
    return isinstance(value, list) and any(isinstance(item, dict) or _has_names(item) for item in value)


def _is_computed(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_is_computed, value.values()))
    if isinstance(value, list):
        return any(map(_is_computed, value))
    return isinstance(value, Expression)


def _columns(rows: Source, names: tuple[str, ...] | None) -> Mapping[str, Source] | None:
    """Return the arguments of ``expand_kwargs``, each with its values in all rows; ``names``: of XComs."""
    if names is not None:
        return dict.fromkeys(names, rows)
    if rows.kind is not SourceKind.LITERAL or not isinstance(rows.value, list):
        return None
    dicts = [row for row in rows.value if isinstance(row, dict)]
    if len(dicts) < len(rows.value) or any(not _has_keys_of(dicts[0], row) for row in dicts):
        return None
    keys = dicts[0] if dicts else ()
    return {name: Source(SourceKind.LITERAL, [row[name] for row in dicts]) for name in keys}
