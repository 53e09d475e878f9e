from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from converter.json_text import json_text

values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.text(), inner, max_size=4),
    ),
    max_leaves=20,
)


@given(values)
def test_it_is_what_python_writes(value):
    assert json_text(value) == json.dumps(value, indent=2, ensure_ascii=False)
    assert json_text(value, ascii_only=True) == json.dumps(value, indent=2)
