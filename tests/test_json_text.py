from __future__ import annotations

import datetime
import json
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.json_text import compact_json, json_text

# Only of floats, which round-trip, two writers may choose another text: 1e16, 1e+16.
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(-1e15, 1e15), st.text()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.text(), inner, max_size=4),
    ),
    max_leaves=20,
)


def as_lists(value):
    return json.loads(json.dumps(value))


@given(values)
def test_what_is_written_is_read_again(value):
    assert json.loads(json_text(value)) == as_lists(value)
    assert json.loads(compact_json(value)) == as_lists(value)


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63), st.text()),
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
        max_leaves=20,
    )
)
def test_it_is_what_python_writes(value):
    assert json_text(value) == json.dumps(value, indent=2, ensure_ascii=False)
    compact = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    assert compact_json(value) == compact.encode()


def test_what_is_too_large_or_too_deep_for_the_fast_writer_is_written_too():
    deep: list[object] = []
    for _ in range(400):
        deep = [deep]
    for value in (2**70, "\ud800", deep, {"n": {"deep": deep}}):
        assert json.loads(json_text(value)) == value
        assert json.loads(compact_json(value)) == value


@dataclass
class Point:
    x: int


@pytest.mark.parametrize("value", [Point(1), datetime.date(2024, 1, 1), {1: 2}, {1, 2}])
@pytest.mark.parametrize("write", [json_text, compact_json])
def test_what_is_no_json_is_refused_or_written_as_python_does(value, write):
    try:
        expected = json.dumps(value)
    except TypeError:
        with pytest.raises(TypeError):
            write(value)
    else:
        assert json.loads(write(value)) == json.loads(expected)
