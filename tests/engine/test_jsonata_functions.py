from __future__ import annotations

import hashlib
from datetime import datetime, timezone
from random import Random
from typing import Any

import pytest

from converter.engine.jsonata_functions import functions_of_execution
from converter.engine.jsonata_language import EvaluationError, Expression, UndefinedResult


def evaluate(text: str, seed: int = 0) -> Any:
    moment = datetime(2026, 1, 31, 9, 30, 0, 123000, tzinfo=timezone.utc)
    return Expression(text).evaluate(functions_of_execution(lambda: moment, Random(seed)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$partition([0, 1, 2], 2)", [[0, 1], [2]]),  # recorded
        ("$partition([0], 5)", [[0]]),  # recorded
        ("$range(0, 10, 3)", [0, 3, 6, 9]),  # recorded
        ("$range(1, 9, 9)", 1),  # recorded: a single number comes out bare
        ("$range(3, 1, -1)", [3, 2, 1]),
        # These, and what is undefined below, were measured on AWS by others.
        ("$range(-1.7, 2, 1)", [-1, 0, 1, 2]),
        ("$partition([1, 2, 3], 2.9)", [[1, 2], [3]]),
        ('$parse("[1, 2, \\"HelloWorld\\"]")', [1, 2, "HelloWorld"]),  # recorded
        ("$parse('null')", None),
        ("$hash('a', 'SHA-256')", hashlib.sha256(b"a").hexdigest()),
        ("$hash('é', 'MD5')", hashlib.md5("é".encode(), usedforsecurity=False).hexdigest()),
    ],
)
def test_functions_that_aws_adds(text: str, expected: Any) -> None:
    assert evaluate(text) == expected


@pytest.mark.parametrize("text", ["$range(1, 2, 0)", "$parse('{')", "$hash('a', 'MD4')", "$parse('NaN')"])
def test_their_wrong_uses_are_errors(text: str) -> None:
    with pytest.raises(EvaluationError):
        evaluate(text)


@pytest.mark.parametrize(
    "text",
    [
        "$partition($nope, 1)",
        "$partition([], 2)",
        "$partition([1], 0)",
        "$range(1, 2)",
        "$range(1, 5, -1)",
        "$hash('a')",
    ],
)
def test_what_they_cannot_make_anything_of_is_undefined(text: str) -> None:
    with pytest.raises(UndefinedResult):
        evaluate(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1/0", "Infinity"),
        ("-1/0", "-Infinity"),
        ("0/0", "NaN"),
        ("[1/0]", ["Infinity"]),
        ("{'k': 1/0}", {"k": "Infinity"}),
        ("$string(1/0)", "Infinity"),
        ("1e308 * 10", "Infinity"),
        ("1e308 * -10", "-Infinity"),
        ("-1e308 - 1e308", "-Infinity"),
        ("$parseInteger('abc', '0')", "NaN"),
        ("$parseInteger('12', '0')", 12),
        ("$string(1e20)", "100000000000000000000"),
        ("$string(1e21)", "1e+21"),
        ("$count(null)", 1),
        ("$count([])", 0),
        ("$count($nope)", 0),
    ],
)
def test_numbers_are_what_they_are_on_aws(text: str, expected: Any) -> None:
    assert evaluate(text) == expected


def test_time_is_the_executions_own() -> None:
    assert evaluate("$now()") == "2026-01-31T09:30:00.123Z"
    assert evaluate("$now('[Y0001]-[M01]-[D01]')") == "2026-01-31"
    assert evaluate("$fromMillis($millis())") == "2026-01-31T09:30:00.123Z"


def test_randomness_repeats_under_the_same_seed_only() -> None:
    for text in ("$uuid()", "$random()"):
        assert evaluate(text, seed=1) == evaluate(text, seed=1) != evaluate(text, seed=2)
    assert evaluate("$random(7)", seed=1) == evaluate("$random(7)", seed=2)


def test_a_uuid_has_the_form_of_version_4() -> None:
    assert evaluate("$match($uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-/).index") == 0


def test_shuffle_keeps_every_item() -> None:
    assert sorted(evaluate("$shuffle([1..20])")) == list(range(1, 21))
