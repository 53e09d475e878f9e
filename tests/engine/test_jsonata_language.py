"""Expected values are those of the reference implementation (jsonata 2.0.6 on Node)."""

from __future__ import annotations

import copy
import threading
from typing import Any

import pytest

from converter.engine.jsonata_language import (
    EvaluationError,
    Expression,
    JsonataSyntaxError,
    UndefinedResult,
    compile_expression,
)
from converter.engine.jsonata_values import UnsupportedResult, to_json, to_query_form

DATA = {
    "nothing": None,
    "nulls": [1, None, 2],
    "empty": [],
    "whole": 5.0,
    "half": 1.5,
    "one": [{"x": 1}],
    "people": [
        {"name": "Al", "age": 40, "city": "X", "tags": ["t"]},
        {"name": "Bob", "age": 20, "city": "Y", "tags": []},
        {"name": "Cy", "age": 35, "city": "X", "tags": ["u", "v"]},
    ],
}


def evaluate(text: str) -> Any:
    return Expression(text).evaluate({"d": to_query_form(DATA)})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$d.nothing", None),
        ("$type($d.nothing)", "null"),
        ("$exists($d.nothing)", True),
        ("$string($d.nothing)", "null"),
        ("$map($d.nulls, $type)", ["number", "null", "number"]),
        ("$filter($d.nulls, function($v){$v = null})", None),
        ("$d.nulls[1]", None),
        ("$count($d.nulls)", 3),
        ("$d.whole", 5),
        ("$string({'a': $d.whole})", '{"a":5}'),
        ("$d.half * 2", 3),
        ("10/4", 2.5),
        ("10/5", 2),
        ("5.5 % 2", 1.5),
        ("-5 % 3", -2),
        ("0.1 + 0.2", 0.30000000000000004),
        ("$string(0.1 + 0.2)", "0.3"),
        ("$string({'a': 0.1 + 0.2})", '{"a":0.3}'),
        ("'a' & {'k': 'é'}", 'a{"k":"é"}'),
        ("1 in [true]", False),
        ("true in [1]", False),
        ("'a' in ['a']", True),
        ("1 = true", False),
        ("[1, true] = [1, 1]", False),
        ("$d.one", [{"x": 1}]),
        ("$d.one[x = 1]", {"x": 1}),
        ("$d.one[x = 1][]", [{"x": 1}]),
        ("$d.one.x", 1),
        ("{'a': undefinedthing, 'b': null}", {"b": None}),
        ("[1..3]", [1, 2, 3]),
        ("$d.people[age > 30].name", ["Al", "Cy"]),
        ("$d.people{city: $sum(age)}", {"X": 75, "Y": 20}),
        ("$d.people^(>age).name", ["Al", "Cy", "Bob"]),
        ("$d.people.tags", ["t", "u", "v"]),
        ("$distinct([{'a': 1}, {'a': 1}])", [{"a": 1}]),
        ("$merge([{'a': 1}, {'a': null}])", {"a": None}),
        ("$string({'a': null, 'b': []})", '{"a":null,"b":[]}'),
        ("$round(2.5)", 2),
        ("($f := function($n){$n <= 1 ? 1 : $n * $f($n - 1)}; $f(10))", 3628800),
        ("$replace('a1b22', /\\d+/, function($m){'#' & $m.match})", "a#1b#22"),
        ("1e3", 1000),
    ],
)
def test_results_are_those_of_the_reference_implementation(text: str, expected: Any) -> None:
    result = evaluate(text)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    "text", ["$d.missing", "$nope", "$nope.x", "[3..1][0]", "$max([])", "$d.missing + 1", "$lookup($d, 'no')"]
)
def test_nothing_is_no_null(text: str) -> None:
    with pytest.raises(UndefinedResult):
        evaluate(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 + 'a'", 'T2002: The right side of the "+" operator must evaluate to a number'),
        (
            "1 < 'a'",
            'T2009: The values 1 and "a" either side of operator "<" must be of the same data type',
        ),
        ("$number('abc')", 'D3030: Unable to cast value to a number: "abc"'),
        ("$error('x')", "D3137: x"),
        ("$join([1], ',')", 'T0412: Argument 1 of function "join" must be an array of "strings"'),
        ("$nope(1)", "T1006: Attempted to invoke a non-function"),  # recorded from AWS
        ("$eval('1')", "T1006: Attempted to invoke a non-function"),  # not offered by Step Functions
    ],
)
def test_errors_read_like_those_of_the_reference_implementation(text: str, message: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        evaluate(text)
    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["function($x){$x}", "$sum", "{'a': $sum}"])
def test_what_json_cannot_hold_is_no_result(text: str) -> None:
    with pytest.raises(UnsupportedResult):
        evaluate(text)


@pytest.mark.parametrize("text", ["1 +", "'open", "$x :=", "{", "a b", "/", ""])
def test_malformed_expressions_are_refused_before_they_run(text: str) -> None:
    with pytest.raises(JsonataSyntaxError):
        Expression(text)


@pytest.mark.parametrize(
    "text",
    [
        "$d.empty{'k': 1}",
        "$append($d.nulls, 3)",
        "$reverse($d.people)",
        "$sort($d.people, function($a, $b){$a.age > $b.age})",
        "$d ~> |people|{'z': 1}, 'age'|",
        "$d.people{city: $}",
        "$merge([$d, {'nothing': 1}])",
        "[$d.empty, $d.nulls]",
    ],
)
def test_evaluation_never_changes_its_data(text: str) -> None:
    data = to_query_form(DATA)
    before = copy.deepcopy(to_json(data))
    Expression(text).evaluate({"d": data})
    assert to_json(data) == before


def test_results_are_plain_lists_and_dicts() -> None:
    result = evaluate("{'a': [1..2], 'b': $d.people.tags, 'c': $keys($d)}")
    assert type(result) is dict
    assert [type(value) for value in result.values()] == [list, list, list]


def test_one_compiled_expression_serves_many_threads() -> None:
    expression = compile_expression("$sum($map([1..50], function($v){$v * $n}))")
    failures: list[Any] = []

    def evaluate_often(n: int) -> None:
        failures.extend(result for _ in range(20) if (result := expression.evaluate({"n": n})) != 1275 * n)

    threads = [threading.Thread(target=evaluate_often, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
