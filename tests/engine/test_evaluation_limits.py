"""An evaluation that would not end, or would fill the memory, is an error that says so."""

from __future__ import annotations

from typing import Any

import pytest

from converter.engine.jsonata_language import EvaluationError, Expression


def evaluate(text: str) -> Any:
    return Expression(text).evaluate({})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("($f := function($n){$f($n)}; $f(1))", "needs more than 500,000 evaluations"),
        ("$match('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', /(a|a)*$/)", "needs more than 1 second"),
        ("$pad('x', 1000000000)", "more than 10,000,000 characters or items"),
        ("$pad('x', -1000000000)", "more than 10,000,000 characters or items"),
        ("$reduce([1..60], function($a, $b){$append($a, $a)})", "more than 10,000,000 characters or items"),
        ("$reduce([1..60], function($a, $b){$a & $a}, 'x')", "more than 10,000,000 characters or items"),
    ],
)
def test_what_would_not_end_is_ended(text: str, told: str) -> None:
    with pytest.raises(EvaluationError, match=told):
        evaluate(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$pad('x', 5, '-')", "x----"),
        ("$pad('x', -3)", "  x"),
        ("$append([1], 2)", [1, 2]),
        ("$append(1, [])", [1]),
        ("$match('ab12', /([a-z]+)([0-9]+)/).groups", ["ab", "12"]),
        ("$replace('a1b22', /[0-9]+/, '<$0>')", "a<1>b<22>"),
        ("$split('a, b;c', /[,;] */)", ["a", "b", "c"]),
        ("$contains('Hello', /^HELLO$/i)", True),
        ("$count($map([1..5000], function($i){$i * 2}))", 5000),
    ],
)
def test_what_ends_is_not_touched(text: str, expected: Any) -> None:
    assert evaluate(text) == expected


def test_each_evaluation_has_a_budget_of_its_own() -> None:
    expression = Expression("$sum($map([1..20000], function($i){$i + 1}))")
    assert {expression.evaluate({}) for _ in range(3)} == {200_030_000}
