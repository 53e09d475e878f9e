from __future__ import annotations

from datetime import datetime
from itertools import islice

import pytest

from converter.local.scheduling.cron import CronError, parse_cron


def times(fields: str, start: str, count: int) -> list[str]:
    found = islice(parse_cron(fields).after(datetime.fromisoformat(start)), count)
    return [each.strftime("%Y-%m-%d %H:%M") for each in found]


# The expressions and what they mean are AWS's examples ("Schedule types on EventBridge Scheduler", "Cron
# expressions reference"); the dates were read from a calendar: 2026-01-01 is a Thursday.
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("0 10 * * ? *", ["2026-01-01 10:00", "2026-01-02 10:00", "2026-01-03 10:00"]),
        ("15 12 * * ? *", ["2026-01-01 12:15", "2026-01-02 12:15", "2026-01-03 12:15"]),
        ("0 18 ? * MON-FRI *", ["2026-01-01 18:00", "2026-01-02 18:00", "2026-01-05 18:00"]),
        ("0 8 1 * ? *", ["2026-01-01 08:00", "2026-02-01 08:00", "2026-03-01 08:00"]),
        ("0/15 * * * ? *", ["2026-01-01 00:00", "2026-01-01 00:15", "2026-01-01 00:30"]),
        ("0/30 20-23 ? * MON-FRI *", ["2026-01-01 20:00", "2026-01-01 20:30", "2026-01-01 21:00"]),
        ("0 9 ? * 2#1 *", ["2026-01-05 09:00", "2026-02-02 09:00", "2026-03-02 09:00"]),
        ("15 10 ? * 6L 2026-2027", ["2026-01-30 10:15", "2026-02-27 10:15", "2026-03-27 10:15"]),
        ("0 0 L * ? *", ["2026-01-31 00:00", "2026-02-28 00:00", "2026-03-31 00:00"]),
        # The last weekday; January 31 and February 28 of 2026 are Saturdays.
        ("0 0 LW * ? *", ["2026-01-30 00:00", "2026-02-27 00:00", "2026-03-31 00:00"]),
        # The weekday nearest to the third: a Saturday in January.
        ("0 0 3W * ? *", ["2026-01-02 00:00", "2026-02-03 00:00", "2026-03-03 00:00"]),
        # The first of February and of March are Sundays.
        ("0 0 1W * ? *", ["2026-01-01 00:00", "2026-02-02 00:00", "2026-03-02 00:00"]),
        ("0 0 29 2 ? *", ["2028-02-29 00:00", "2032-02-29 00:00", "2036-02-29 00:00"]),
        ("5,35 14 ? JAN,DEC SUN *", ["2026-01-04 14:05", "2026-01-04 14:35", "2026-01-11 14:05"]),
        ("0 12 ? * 1,7 *", ["2026-01-03 12:00", "2026-01-04 12:00", "2026-01-10 12:00"]),
    ],
)
def test_an_expression_means_what_aws_says(fields: str, expected: list[str]) -> None:
    assert times(fields, "2026-01-01T00:00", 3) == expected


def test_the_search_starts_in_the_middle_of_a_day_and_includes_its_start() -> None:
    assert times("0 6,18 * * ? *", "2026-01-01T06:00", 2) == ["2026-01-01 06:00", "2026-01-01 18:00"]
    assert times("0 6,18 * * ? *", "2026-01-01T06:01", 2) == ["2026-01-01 18:00", "2026-01-02 06:00"]


def test_an_expression_may_be_over() -> None:
    assert times("0 0 1 1 ? 2020", "2026-01-01T00:00", 1) == []
    assert times("0 0 31 2 ? *", "2026-01-01T00:00", 1) == []


@pytest.mark.parametrize(
    "fields",
    [
        "0 10 * * *",
        "0 10 * * ? * *",
        "0 10 * * * *",
        "0 10 ? * ? *",
        "60 10 * * ? *",
        "0 24 * * ? *",
        "0 0 0 * ? *",
        "0 0 32 * ? *",
        "0 0 * 13 ? *",
        "0 0 ? * 0 *",
        "0 0 ? * 8 *",
        "0 0 ? * MON#6 *",
        "0 0 * * ? 1969",
        "5-1 0 * * ? *",
        "*/0 0 * * ? *",
        "1/ 0 * * ? *",
        "x 0 * * ? *",
        "-1 0 * * ? *",
        " ",
    ],
)
def test_what_is_no_cron_expression_is_refused(fields: str) -> None:
    with pytest.raises(CronError):
        parse_cron(fields)
