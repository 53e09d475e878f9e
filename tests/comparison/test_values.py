from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from converter.comparison.rules import Place, Rules
from converter.comparison.values import Own, ValueDiff, parsed_moment

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
LEFT = Own(("manual__2026-01-01",), NOON, NOON + timedelta(minutes=5))
RIGHT = Own(("manual__other-run",), NOON + timedelta(days=1), NOON + timedelta(days=1, minutes=5))
GLUE = "jr_" + "0123456789abcdef" * 4


def differ(airflow, machine, rules=None):
    diff = ValueDiff(LEFT, RIGHT, "load", *([rules] if rules else []))
    diff.compare(airflow, machine)
    return [pair.path for pair in diff.pairs]


@pytest.mark.parametrize(
    ("airflow", "machine"),
    [
        (3, 3.0),
        ({"a": None}, {}),
        (GLUE, GLUE.replace("0", "9")),
        (f"s3://out/{GLUE}/part", f"s3://out/{GLUE[::-1][:0]}jr_{'f' * 64}/part"),
        (
            "arn:aws:states:eu-west-1:123456789012:execution:report:one",
            "arn:aws:states:eu-west-1:123456789012:execution:report:two-b",
        ),
        ("3f2504e0-4f89-11d3-9a0c-0305e82c3301", "7d444840-9dc0-11d1-b245-5ffdce74fad2"),
        ("j-2AXXXXXXGAPLF", "j-3KVTEXXXXXAB1"),
        ("of manual__2026-01-01", "of manual__other-run"),
        ("2026-01-01T12:03:00+00:00", "2026-01-02T12:01:00.123Z"),
        ("at 2026-01-01 12:03:00", "at 2026-01-02 12:01:00"),
        (NOON.timestamp() + 7, NOON.timestamp() + 86400),
        (int(NOON.timestamp() * 1000), int(NOON.timestamp() * 1000) + 86_400_000),
    ],
)
def test_equal_but_for_what_must_differ(airflow, machine):
    assert differ({"value": airflow}, {"value": machine}) == []


@pytest.mark.parametrize(
    ("airflow", "machine"),
    [
        (1, True),
        (0, None),
        ("3", 3),
        ("2026-01-01", "2026-01-02"),
        ("2020-05-05T00:00:00+00:00", "2020-05-06T00:00:00+00:00"),
        (5, 6),
        (
            "arn:aws:states:eu-west-1:123456789012:execution:report_a:one",
            "arn:aws:states:eu-west-1:123456789012:execution:report_b:one",
        ),
        (GLUE, "arn:aws:glue:eu-west-1:123456789012:job/load"),
        ([1, 2], [2, 1]),
        ([1, 2], [1]),
        ("", None),
        ({}, []),
    ],
)
def test_what_differs(airflow, machine):
    assert differ({"value": airflow}, {"value": machine}) != []


def test_a_moment_outside_the_run_is_data():
    before = "2026-01-01T11:00:00+00:00"
    assert differ(before, "2026-01-02T12:01:00+00:00") == [""]


def test_paths_lead_to_the_place():
    assert differ({"a": [{"b": 1}, {"b": 2}], "c": 1}, {"a": [{"b": 1}, {"b": 3}, 4]}) == [
        "a[1].b",
        "a[2]",
        "c",
    ]


def test_unordered_lists_and_tolerances_are_rules():
    rules = Rules(
        unordered=(Place(path="files"),),
        tolerance=(Place("lo*", "score", absolute=0.1), Place(path="**.seconds", relative=0.5)),
    )
    left = {"files": ["a", "b"], "score": 0.5, "run": {"seconds": 10}}
    assert differ(left, {"files": ["b", "a"], "score": 0.55, "run": {"seconds": 14}}, rules) == []
    assert differ(left, {"files": ["b", "c"], "score": 0.7, "run": {"seconds": 40}}, rules) == [
        "files[0]",
        "files[1]",
        "run.seconds",
        "score",
    ]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-01T12:00:00Z", NOON),
        ("2026-01-01T12:00:00.000000000Z", NOON),
        ("2026-01-01T13:00:00+01:00", NOON),
        ("2026-01-01 12:00:00", NOON),
        ("no date", None),
    ],
)
def test_moments_in_all_their_forms(text, moment):
    assert parsed_moment(text) == moment
