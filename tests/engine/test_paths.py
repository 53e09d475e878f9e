from __future__ import annotations

from typing import Any

import pytest

from converter.engine.paths import InvalidPath, PathNotFound, compile_path

STORE: dict[str, Any] = {
    "book": [
        {"title": "A", "price": 8, "tags": ["x", "y"]},
        {"title": "B", "price": 12, "isbn": "1"},
        {"title": "C", "price": 20, "isbn": "2"},
    ],
    "dest-code": 7,
    "a b": {"c.d": 1, "it's": 2},
    "nothing": None,
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", STORE),
        ("$.dest-code", 7),
        ("$['a b']['c.d']", 1),
        ('$["a b"]', STORE["a b"]),
        (r"$['a b']['it\'s']", 2),
        ("$.book[0].title", "A"),
        ("$.book[-1]['title']", "C"),
        ("$.nothing", None),
    ],
)
def test_a_definite_path_gives_the_value_there(path: str, value: Any) -> None:
    assert compile_path(path).definite
    assert compile_path(path).find(STORE) == value


# Expected by hand; the same paths and values as in the README of Jayway JsonPath, on a smaller store.
@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("$.book[*].title", ["A", "B", "C"]),
        ("$..title", ["A", "B", "C"]),
        ("$.book[:2].title", ["A", "B"]),
        ("$.book[1:].title", ["B", "C"]),
        ("$.book[-2:].title", ["B", "C"]),
        ("$.book[0,2].title", ["A", "C"]),
        ("$.book[?(@.isbn)].title", ["B", "C"]),
        ("$.book[?(@.price < 15 && @.isbn == '1')].title", ["B"]),
        ("$.book[?(@.price<10 || @.price>15)].title", ["A", "C"]),
        ("$.book[?(!(@.isbn))].title", ["A"]),
        ("$.book[?(@.title in ['A', 'C'])].price", [8, 20]),
        ("$.book[?(@.title =~ /[bc]/i)].price", [12, 20]),
        ("$['a b'].*", [1, 2]),
        ("$.dest-code[*]", []),
        ("$.no.such[*].thing", []),
    ],
)
def test_any_other_path_gives_a_list(path: str, values: list[Any]) -> None:
    assert not compile_path(path).definite
    assert compile_path(path).find(STORE) == values


@pytest.mark.parametrize("document", ['{"a": 1}', "{x", 5, None, True])
@pytest.mark.parametrize("path", ["$..*", "$[*]", "$.*"])
def test_there_is_nothing_in_a_scalar(path: str, document: Any) -> None:
    assert compile_path(path).find(document) == []


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("$.a", "No results for path: $['a']"),
        ("$.a.b", "Missing property in path $['a']"),
        ("$.book[3]", "No results for path: $['book'][3]"),
        ("$.dest-code.x", "Expected to find an object with property ['x'] in path $['dest-code'] but found"),
        ("$.nothing[0]", "The path $['nothing'] is null"),
        ("$.dest-code[0]", "can only be applied to arrays"),
    ],
)
def test_a_definite_path_that_leads_nowhere_says_why(path: str, message: str) -> None:
    with pytest.raises(PathNotFound) as caught:
        compile_path(path).find(STORE)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "path", ["", "a", "$a", "$.", "$..", "$.a[", "$.a b", "$.a.length()", "$.a[?(]", "$[x]"]
)
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(InvalidPath):
        compile_path(path)


@pytest.mark.parametrize(
    ("path", "document", "result"),
    [
        ("$", {"a": 1}, "v"),
        ("$.a", {"a": 1, "b": 2}, {"a": "v", "b": 2}),
        ("$.x.y", {"a": 1}, {"a": 1, "x": {"y": "v"}}),
        ("$.a[1]", {"a": [1, 2]}, {"a": [1, "v"]}),
    ],
)
def test_a_value_is_placed_without_changing_the_document(path: str, document: Any, result: Any) -> None:
    before = repr(document)
    assert compile_path(path).place(document, "v") == result
    assert repr(document) == before


@pytest.mark.parametrize(("path", "document"), [("$.a", [1]), ("$.a.b", {"a": "x"}), ("$.a[2]", {"a": [1]})])
def test_a_value_is_not_placed_through_what_is_no_object(path: str, document: Any) -> None:
    with pytest.raises(PathNotFound):
        compile_path(path).place(document, "v")
