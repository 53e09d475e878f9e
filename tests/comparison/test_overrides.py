from __future__ import annotations

import pytest
from runs import airflow, machine, task

from converter.comparison import Verdict, compare
from converter.comparison.overrides import Overrides
from converter.shadow_mark import ShadowMark

MARK = ShadowMark("1f", instead=(("load", "load-shadow"), ("s3://prod/", "s3://test/out/"), ("5", "7")))


def judged(theirs, ours, mark=MARK):
    left, right = airflow(task("load", output=theirs)), machine(task("load", output=ours), shadow=mark)
    return compare(left, right)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("load", "load-shadow"),
        ("job load ended", "job load-shadow ended"),
        ({"load": 3}, {"load-shadow": 3}),
        ({"at": ["s3://prod/2026/a.csv"]}, {"at": ["s3://test/out/2026/a.csv"]}),
        ("load to s3://prod/x", "load-shadow to s3://test/out/x"),
        # Only some of it was overridden.
        ("load and load", "load and load-shadow"),
        # Together with what must differ anyway.
        ("load: jr_" + "1" * 64, "load-shadow: jr_" + "2" * 64),
    ],
)
def test_what_overrides_make_different_is_equal_and_noted(theirs, ours):
    result = judged(theirs, ours)
    assert result.verdict is Verdict.EQUAL, result.tasks
    assert judged(theirs, ours, None).verdict is Verdict.DIFFERENT
    if not isinstance(theirs, dict) or "at" in theirs:
        assert "overrides" in result.tasks[0].notes[0]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("load", "sum"),
        ("load-shadow", "sum"),
        ("3 rows of load", "4 rows of load-shadow"),
        ("payload", "payload-shadow"),  # within a word it is something else
        ("5", "7"),  # numbers are anywhere by chance
        ({"load": 3}, {"load-shadow": 4}),
        ({"load": 3, "sum": 1}, {"load-shadow": 3}),
        ({"load": 3}, {"load": 3, "load-shadow": 3}),
        ("s3://prod/a", "s3://elsewhere/a"),
    ],
)
def test_other_differences_stay(theirs, ours):
    assert judged(theirs, ours).verdict is Verdict.DIFFERENT


def test_several_texts_for_one_stand_for_each_other():
    both = Overrides((("bucket", "bucket-a"), ("bucket", "bucket-b"), ("other", "bucket-b")))
    assert both.on_machine("bucket-a") == both.on_machine("bucket-b") == both.in_airflow("bucket")
    assert both.in_airflow("other") == both.in_airflow("bucket")
    assert both.in_airflow("bucket-a") != "bucket-a"  # it begins with what Airflow has
