from __future__ import annotations

import re
from random import Random
from typing import Any

import pytest

from converter.engine.jsonpath_language import compile_query
from converter.engine.paths import InvalidPath
from converter.engine.scope import PathError, Scope

CONTEXT = {"State": {"Name": "A"}}


def value(text: str, document: Any = None) -> Any:
    return compile_query(text).evaluate(document, Scope({}, {"input": {}, "context": CONTEXT}, {}, Random(1)))


# Results as in "Intrinsics for JSONPath states", Step Functions Developer Guide, or by hand.
@pytest.mark.parametrize(
    ("text", "document", "result"),
    [
        ("States.Array($.Id)", {"Id": 123456}, [123456]),
        ("States.Array()", None, []),
        (
            "States.ArrayPartition($.a,4)",
            {"a": [1, 2, 3, 4, 5, 6, 7, 8, 9]},
            [[1, 2, 3, 4], [5, 6, 7, 8], [9]],
        ),
        ("States.ArrayContains($.a, $.v)", {"a": [1, 2], "v": 2}, True),
        ("States.ArrayContains($.a, true)", {"a": [1, 2]}, False),
        ("States.ArrayRange(1, 9, 2)", None, [1, 3, 5, 7, 9]),
        ("States.ArrayRange(3, 1, -1)", None, [3, 2, 1]),
        ("States.ArrayGetItem($.a, 5)", {"a": [1, 2, 3, 4, 5, 6]}, 6),
        ("States.ArrayLength($)", [1, 2], 2),
        ("States.ArrayUnique($)", [1, 2, 1, "1", True, 1.0], [1, 2, "1", True]),
        ("States.Base64Encode('Data to encode')", None, "RGF0YSB0byBlbmNvZGU="),
        ("States.Base64Decode('RGVjb2RlZCBkYXRh')", None, "Decoded data"),
        ("States.Hash('input data', 'SHA-1')", None, "aaff4a450a104cd177d28d18d74485e8cae074b7"),
        (
            "States.JsonMerge($.a, $.b, false)",
            {"a": {"x": 1, "y": {"p": 1}}, "b": {"y": 2}},
            {"x": 1, "y": 2},
        ),
        ("States.StringToJson($)", '{"number": 20}', {"number": 20}),
        ("States.JsonToString($)", {"a": [1, "é"]}, '{"a":[1,"é"]}'),
        ("States.MathAdd(111, -1)", None, 110),
        ("States.MathAdd(2.5, -2.5)", None, 1),
        ("States.StringSplit('This.is+a,test=string', '.+,=')", None, ["This", "is", "a", "test", "string"]),
        ("States.StringSplit('a]b^c', ']^')", None, ["a", "b", "c"]),
        ("States.Format('Hello, {} of {}', 'x', $$.State.Name)", None, "Hello, x of A"),
        (r"States.Format('\{{}\} it\'s', $)", None, "{null} it's"),
        ("States.Format('{}', $)", {"a": [1, True, None], "b": {"c": "d"}}, "{a=[1, true, null], b={c=d}}"),
        ("States.MathAdd(States.ArrayLength(States.StringSplit($, ',')), 1)", "a,b", 3),
        ("States.Format('{}', $.a[?(@.n == 2)].n)", {"a": [{"n": 1}, {"n": 2}]}, "[2]"),
    ],
)
def test_a_function_returns_what_aws_documents(text: str, document: Any, result: Any) -> None:
    assert value(text, document) == result


def test_chance_is_the_executions_own() -> None:
    assert re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", value("States.UUID()")
    )
    assert value("States.UUID()") == value("States.UUID()")
    assert all(value(f"States.MathRandom(1, 3, {seed})") in (1, 2) for seed in range(20))


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("States.ArrayGetItem($, 2)", [1, 2]),
        ("States.ArrayPartition($, 0)", [1, 2]),
        ("States.ArrayLength($)", "no array"),
        ("States.ArrayRange(1, 5000, 1)", None),
        ("States.StringToJson($)", "{"),
        ("States.Base64Decode($)", "!"),
        ("States.Hash('x', 'SHA-3')", None),
        ("States.JsonMerge($, $, true)", {}),
        ("States.MathRandom(3, 1)", None),
        ("States.Format('{} {}', 1)", None),
    ],
)
def test_a_function_that_cannot_work_fails_by_name(text: str, document: Any) -> None:
    with pytest.raises(PathError) as caught:
        value(text, document)
    assert caught.value.error == "States.IntrinsicFailure"
    assert str(caught.value).startswith(f"The function '{text}' had the following error: ")


def test_a_missing_argument_is_named_with_the_input() -> None:
    with pytest.raises(PathError) as caught:
        value("States.Array($.optional)", {"required": 1})
    assert caught.value.error == "States.Runtime"
    assert str(caught.value) == (
        "The function 'States.Array($.optional)' had the following error: The JsonPath argument for the "
        "field '$.optional' could not be found in the input '{\"required\":1}'"
    )


@pytest.mark.parametrize(
    "text", ["States.Nope()", "States.UUID(1)", "States.Array(1", "States.Array(1 2)", "States.Array(x)", "x"]
)
def test_what_is_no_call_is_refused(text: str) -> None:
    with pytest.raises(InvalidPath):
        compile_query(text)
