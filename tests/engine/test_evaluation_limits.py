"""An evaluation that would not end, or would fill the memory, is an error that says so."""

from __future__ import annotations

from typing import Any

import pytest

from converter.engine import SimulatedBackend, TaskResult, evaluation_limits, run_virtual
from converter.engine.jsonata_language import EvaluationError, Expression


def evaluate(text: str) -> Any:
    return Expression(text).evaluate({})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("($f := function($n){$f($n)}; $f(1))", "Expression evaluation timeout"),
        ("$match('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', /(a|a)*$/)", "Expression evaluation timeout"),
        ("$pad('x', 1000000000)", "Expression evaluation memory limit exceeded"),
        ("$pad('x', -1000000000)", "Expression evaluation memory limit exceeded"),
        (
            "$reduce([1..60], function($a, $b){$append($a, $a)})",
            "Expression evaluation memory limit exceeded",
        ),
        ("$reduce([1..60], function($a, $b){$a & $a}, 'x')", "Expression evaluation memory limit exceeded"),
    ],
)
def test_what_would_not_end_is_ended(text: str, told: str) -> None:
    with pytest.raises(EvaluationError, match=told):
        evaluate(text)


def recursion(levels: int) -> str:
    return f"($f := function($n) {{ $n > 0 ? $f($n - 1) + 1 : 0 }}; $f({levels}))"


# What AWS still takes, and what it refuses, was measured by others.
@pytest.mark.parametrize(
    ("deepest", "too_deep"),
    [
        ("+".join(["1"] * 100), "+".join(["1"] * 101)),
        ("(" * 99 + "1" + ")" * 99, "(" * 100 + "1" + ")" * 100),
        ("[" * 99 + "1" + "]" * 99, "[" * 100 + "1" + "]" * 100),
        ("1" + " ~> $abs()" * 99, "1" + " ~> $abs()" * 100),
        (recursion(31), recursion(32)),
    ],
)
def test_an_expression_may_be_as_deep_as_on_aws(deepest: str, too_deep: str) -> None:
    evaluate(deepest)
    with pytest.raises(EvaluationError, match=r"Stack overflow error: .* Depth=101 max=100"):
        evaluate(too_deep)


def test_an_expression_that_was_too_deep_once_may_be_evaluated_again() -> None:
    expression = Expression(recursion(40).replace("$f(40)", "$f($levels)"))
    with pytest.raises(EvaluationError):
        expression.evaluate({"levels": 40})
    assert expression.evaluate({"levels": 3}) == 3


@pytest.mark.parametrize(
    ("largest", "too_large"),
    [
        ("$count([1..873782])", "$count([1..873783])"),
        ("$count($range(1, 360145, 1))", "$count($range(1, 360146, 1))"),
        (
            "$length($reduce([1..22], function($a, $b){$a & $a}, 'x'))",
            "$length($reduce([1..23], function($a, $b){$a & $a}, 'x'))",
        ),
    ],
)
def test_a_value_may_be_as_large_as_on_aws(largest: str, too_large: str) -> None:
    evaluate(largest)
    with pytest.raises(EvaluationError, match="memory limit exceeded: Check for excessive memory usage"):
        evaluate(too_large)


def test_what_ends_an_evaluation_has_no_code_in_the_cause(run: Any) -> None:
    execution = run({"A": {"Type": "Pass", "Output": "{% $range(1, 360146, 1) %}", "End": True}})
    assert execution.error == "States.QueryEvaluationError"
    assert execution.cause.endswith(
        "The JSONata expression '$range(1, 360146, 1)' specified for the field 'Output' threw an error "
        "during evaluation: Expression evaluation memory limit exceeded: Check for excessive memory usage"
    )


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


def test_catching_a_slow_expression_for_ever_ends_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(evaluation_limits.Budget.__init__, "__defaults__", (2_000,))
    monkeypatch.setattr(evaluation_limits, "MAX_EVALUATIONS_IN_ALL", 20_000)
    evaluated = 0
    really = evaluation_limits.Budget.refuse

    def counted(budget: evaluation_limits.Budget) -> None:
        nonlocal evaluated
        evaluated += 1
        really(budget)

    monkeypatch.setattr(evaluation_limits.Budget, "refuse", counted)
    slow = "{% ($f := function($n){$f($n)}; $f(1)) %}"
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:us-east-1:123456789012:activity:a",
        "Arguments": slow,
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "S"}],
        "End": True,
    }
    definition = {"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": state}}
    execution = run_virtual(definition, "{}", SimulatedBackend(lambda call: TaskResult()))
    assert execution.status == "FAILED"
    assert len(execution.history) == 25_000
    assert 1 < evaluated < 12
