from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from converter.checks.json_lines import line_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


def paths(value: Any) -> list[tuple[Any, ...]]:
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [(), *((name, *rest) for name, item in members for rest in paths(item))]


@given(VALUES, st.data())
def test_the_line_is_where_the_marked_value_stands(value: Any, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(paths(value)))
    marked = json.loads(json.dumps(value))
    holder, mark = {"root": marked}, "\x00 the mark"
    *before, last = ("root", *path)
    inner: Any = holder
    for part in before:
        inner = inner[part]
    inner[last] = mark
    text = json.dumps(holder["root"], indent=2)
    lines = [number for number, line in enumerate(text.split("\n"), 1) if json.dumps(mark) in line]
    assert [line_of(text, path)] == lines


def test_of_a_path_that_leads_nowhere_the_last_part_counts() -> None:
    assert line_of('{\n"a": {\n"b": 1}}', ("a", "c", 3)) == 2
    assert line_of("[1,\n2]", ("a",)) == 1
