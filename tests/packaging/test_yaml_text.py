from __future__ import annotations

import sys
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from stack_templates import without_notes

from converter.packaging.yaml_text import Constant, GetAtt, Note, Ref, Sub, yaml_text


class TemplateLoader(yaml.SafeLoader):
    """Reads the short forms back as the values that they were written from."""


TemplateLoader.add_constructor("!Ref", lambda loader, node: Ref(loader.construct_scalar(node)))
TemplateLoader.add_constructor("!Sub", lambda loader, node: Sub(loader.construct_scalar(node)))
TemplateLoader.add_constructor(
    "!GetAtt", lambda loader, node: GetAtt(*loader.construct_scalar(node).rsplit(".", 1))
)

names = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,9}", fullmatch=True)
texts = st.text(st.characters(codec="utf-8"), max_size=30)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), texts, st.builds(Ref, names), st.builds(GetAtt, names, names),
    st.builds(Sub, texts),
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(texts, inner, max_size=4),
        st.builds(Note, st.from_regex(r"[a-z#: -]{1,40}", fullmatch=True), inner).filter(
            lambda note: not isinstance(note.value, Note)
        ),
    ),
    max_leaves=12,
)


def read(text: str) -> Any:
    return yaml.load(text, TemplateLoader)  # noqa: S506 - a subclass of SafeLoader


@given(st.dictionaries(texts, values, min_size=1, max_size=4))
def test_what_is_written_is_read_back(document):
    assert read(yaml_text(document)) == without_notes(document)


# What is plain in some places, and means something in others.
signs = st.text(":# -a{}[],&*!|>'\"%@`?\\~", max_size=6).map("a{}".format)


strange = st.sampled_from(["no", "~", "1_0", "- a", "a #b", "a: b", "---", "=", "ä é"])


@given(st.one_of(texts, names, signs, strange))
def test_texts_are_quoted_as_by_pyyaml(text):
    if text.isprintable():
        written = yaml.safe_dump({"key": text}, width=sys.maxsize, allow_unicode=True)
        assert yaml_text({"key": text}) == written


@given(st.dictionaries(texts, values, min_size=1, max_size=4))
def test_constants_are_written_as_what_they_are_wherever_they_stand(mapping):
    def document(value):
        return {"a": value, "b": {"c": [value, value], "d": {"e": Note("why", value)}}}

    assert yaml_text(document(Constant(mapping))) == yaml_text(document(mapping))


def test_keys_keep_their_order():
    assert list(read(yaml_text({"b": 1, "a": 2}))) == ["b", "a"]


@pytest.mark.parametrize("text", ["yes", "2012-10-17", "1e3", "null", "*", "a: b", "#", "", "${x}", "!Ref x"])
def test_texts_that_look_like_something_else_stay_texts(text):
    assert read(yaml_text({"key": text})) == {"key": text}


def test_comments_stand_above_their_value_and_are_wrapped():
    written = yaml_text({"a": {"b": [Note("why " * 50, {"c": 1, "d": 2})]}})
    lines = written.splitlines()
    assert lines[:2] == ["a:", "  b:"]
    assert all(line.startswith("    # why") for line in lines[2:4])
    assert lines[4:] == ["    - c: 1", "      d: 2"]
    assert max(map(len, lines)) <= 110
