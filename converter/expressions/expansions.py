"""JSONata for what mapped tasks are expanded over: how many items there are, and the items themselves.

XComs are looked for in ``$states.input``, in the records of the tasks that have pushed them. The record of a
mapped task has ``instances``, the records of its instances in the order of their indexes. JSONata flattens
lists in lists wherever it may, and takes a list of one for its item: ``$append([], $map(…)[])`` is how a list
of any items stays one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from converter.expansion import Source, SourceKind
from converter.expressions.jsonata import literal, path

INPUT = "$states.input"
RETURN_VALUE = "return_value"


def listed(items: str, function: str) -> str:
    """Return the list of what a JSONata function gives for each item, without those for which it gives none.

    >>> listed("x", "function($v) { $v }")
    '$append([], $map(x, function($v) { $v })[])'
    """
    return f"$append([], $map({items}, {function})[])"


def pushed_by_instances(task_id: str, key: str = RETURN_VALUE) -> str:
    """Return the list of what the instances of a mapped task have pushed: as in Airflow, None is nothing."""
    pushed = "$i.output" if key == RETURN_VALUE else f"$lookup($i.xcom, {literal(key)})"
    kept = f"$exists({pushed}) and {pushed} != null"
    return listed(f"{INPUT}.{path(task_id)}.instances", f"function($i) {{ {kept} ? {pushed} }}")


def tuple_of(*items: str) -> str:
    """Return a list of these items as JSONata, whatever they are: ``[$a, $b]`` would be one list of lists."""
    if len(items) == 1:
        return f"$append([], $map([0], function($n) {{ {items[0]} }})[])"
    choice = " : ".join(f"$n = {number} ? {item}" for number, item in enumerate(items))
    return f"$map([0..{len(items) - 1}], function($n) {{ {choice} }})"


def count_of(source: Source, is_mapped: Callable[[str], bool]) -> str:
    """Return how many items a source has, as JSONata that has a value whatever the XComs are."""
    if source.kind is SourceKind.LITERAL:
        return str(source.length() or 0)
    if source.kind is SourceKind.XCOM:
        if is_mapped(source.task_id):
            return f"$count({pushed_by_instances(source.task_id)})"
        pushed = f"{INPUT}.{path(source.task_id)}.output"
        return (
            f"($type({pushed}) = 'array' ? $count({pushed})"
            f" : $type({pushed}) = 'object' ? $count($keys({pushed})) : 0)"
        )
    counts = [count_of(inner, is_mapped) for inner in source.sources]
    if source.kind is SourceKind.CONCAT:
        return f"({' + '.join(counts)})"
    if source.kind is SourceKind.ZIP_LONGEST:
        return f"$max([{', '.join(counts)}])"
    return f"$min([{', '.join(counts)}])" if len(counts) > 1 else counts[0]


def items_of(source: Source, is_mapped: Callable[[str], bool], *, only_keys: bool = False) -> str:
    """Return the list of a source's items, as JSONata; a dict's items are pairs of key and value.

    ``only_keys``: they are its keys, as where dicts are concatenated (airflow.sdk.definitions.xcom_arg,
    ``_ConcatResult``). Values of literals may have Expressions in them. Raises ValueError for what a Python
    function makes.
    """
    if source.kind is SourceKind.MAP:
        raise ValueError("the items are made by a Python function")
    if source.kind is SourceKind.LITERAL:
        value = source.value
        if isinstance(value, dict):
            value = list(value) if only_keys else [[key, item] for key, item in value.items()]
        return literal(value)
    if source.kind is SourceKind.XCOM:
        return _pushed_items(source.task_id, is_mapped, only_keys=only_keys)
    concatenates = source.kind is SourceKind.CONCAT
    lists = [items_of(inner, is_mapped, only_keys=concatenates) for inner in source.sources]
    if concatenates:
        joined = lists[0]
        for other in lists[1:]:
            joined = f"$append({joined}, {other})"
        return joined
    return _zipped(lists, source)


def _pushed_items(task_id: str, is_mapped: Callable[[str], bool], *, only_keys: bool) -> str:
    if is_mapped(task_id):
        return pushed_by_instances(task_id)
    if only_keys:
        return f"($p := {INPUT}.{path(task_id)}.output; $type($p) = 'object' ? [$keys($p)] : $p)"
    pair = tuple_of("$k", "$lookup($p, $k)")
    pairs = listed("$keys($p)", f"function($k) {{ {pair} }}")
    return f"($p := {INPUT}.{path(task_id)}.output; $type($p) = 'object' ? {pairs} : $p)"


def _zipped(lists: Sequence[str], source: Source) -> str:
    names = [f"$z{number}" for number in range(len(lists))]
    counts = ", ".join(f"$count({name})" for name in names)
    count, items = "$min", [f"{name}[$i]" for name in names]
    if source.kind is SourceKind.ZIP_LONGEST:
        fill = literal(source.value)
        count, items = "$max", [f"($exists({item}) ? {item} : {fill})" for item in items]
    zipped = tuple_of(*items)
    given = "; ".join(f"{name} := {items}" for name, items in zip(names, lists, strict=True))
    return f"({given}; {listed(f'[0..{count}([{counts}]) - 1]', f'function($i) {{ {zipped} }}')})"
