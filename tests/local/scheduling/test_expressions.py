from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from converter.local.scheduling.expressions import ExpressionError, parse_expression


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def dues(expression: str, zone: str, start: str, count: int, base: str = "2026-01-01T00:00") -> list[str]:
    read, moment, found = parse_expression(expression, zone), utc(start), []
    for _ in range(count):
        due = read.due_after(moment, utc(base))
        if due is None:
            break
        found.append(due.strftime("%m-%d %H:%M"))
        moment = due
    return found


def test_cron_is_read_in_its_time_zone() -> None:
    assert dues("cron(0 6 * * ? *)", "Europe/Berlin", "2026-01-01T00:00", 2) == ["01-01 05:00", "01-02 05:00"]
    assert dues("cron(0 6 * * ? *)", "Asia/Kolkata", "2026-01-01T00:00", 2) == ["01-01 00:30", "01-02 00:30"]


def test_a_time_that_clocks_skip_in_spring_is_left_out() -> None:
    # Berlin skips 02:00 to 03:00 on March 29, 2026.
    found = dues("cron(30 2 * * ? *)", "Europe/Berlin", "2026-03-27T12:00", 3)
    assert found == ["03-28 01:30", "03-30 00:30", "03-31 00:30"]


def test_a_time_that_comes_twice_in_autumn_counts_once() -> None:
    # Berlin repeats 02:00 to 03:00 on October 25, 2026.
    found = dues("cron(30 2 * * ? *)", "Europe/Berlin", "2026-10-23T12:00", 3)
    assert found == ["10-24 00:30", "10-25 00:30", "10-26 01:30"]
    hourly = dues("cron(0 * * * ? *)", "Europe/Berlin", "2026-10-24T22:30", 4)
    # 01:00, 02:00 (the first), 03:00, 04:00 in Berlin.
    assert hourly == ["10-24 23:00", "10-25 00:00", "10-25 02:00", "10-25 03:00"]


def test_nothing_fires_twice_when_asked_from_within_the_repeated_hour() -> None:
    assert dues("cron(30 2 * * ? *)", "Europe/Berlin", "2026-10-25T01:00", 1) == ["10-26 01:30"]


def test_a_rate_counts_from_its_base_and_a_day_has_24_hours() -> None:
    assert dues("rate(5 minutes)", "UTC", "2025-12-31T00:00", 3) == [
        "01-01 00:00",
        "01-01 00:05",
        "01-01 00:10",
    ]
    assert dues("rate(1 hour)", "UTC", "2026-01-05T10:17", 2) == ["01-05 11:00", "01-05 12:00"]
    spring = dues("rate(1 day)", "Europe/Berlin", "2026-03-28T12:00", 2, base="2026-03-28T11:00")
    assert spring == ["03-29 11:00", "03-30 11:00"]


def test_at_is_due_once_in_its_time_zone() -> None:
    assert dues("at(2026-07-01T09:00:00)", "Europe/Berlin", "2026-01-01T00:00", 5) == ["07-01 07:00"]
    assert dues("at(2026-07-01T09:00:00)", "Europe/Berlin", "2026-07-02T00:00", 5) == []


@pytest.mark.parametrize(
    "text",
    [
        *("", "every day", "cron(0 6 * * *)", "rate(0 minutes)", "rate(5)", "rate(5 weeks)", "rate(-1 days)"),
        *("at(2026-07-01)", "at(2026-07-01T25:00:00)", "at(2026-07-01T09:00:00Z)", "cron 0 6 * * ? *"),
    ],
)
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError, match="Invalid Schedule Expression"):
        parse_expression(text, "UTC")


def test_an_at_that_the_clock_skips_is_refused() -> None:
    with pytest.raises(ExpressionError, match="skips"):
        parse_expression("at(2026-03-29T02:30:00)", "Europe/Berlin")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd"])
def test_an_unknown_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(ExpressionError, match="Invalid time zone"):
        parse_expression("rate(1 day)", zone)


def test_the_next_time_is_found_quickly_in_a_far_year() -> None:
    read = parse_expression("cron(0 0 29 2 ? 2096)", "UTC")
    due = read.due_after(utc("2026-01-01T00:00"), utc("2026-01-01T00:00"))
    assert due == utc("2096-02-29T00:00")
    assert due - utc("2026-01-01T00:00") > timedelta(days=25000)
