from __future__ import annotations

from datetime import datetime, timezone

import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.task_runtime.dag2sfn_tasks.dates import Moment

MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1), timezones=st.just(timezone.utc))
PARTS = st.fixed_dictionaries(
    {},
    optional={
        name: st.integers(-40, 40)
        for name in ("years", "months", "weeks", "days", "hours", "minutes", "seconds")
    },
)


def both(value: datetime) -> tuple[Moment, pendulum.DateTime]:
    fields = (value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond)
    return Moment(*fields, timezone.utc), pendulum.instance(value)


@given(MOMENTS, PARTS)
def test_adding_and_subtracting_give_pendulums_moments(value, parts):
    ours, theirs = both(value)
    assert ours.add(**parts).isoformat() == theirs.add(**parts).isoformat()
    assert ours.subtract(**parts).isoformat() == theirs.subtract(**parts).isoformat()


@given(MOMENTS, st.sampled_from(["year", "month", "week", "day", "hour", "minute", "second"]))
def test_start_and_end_of_a_unit_are_pendulums(value, unit):
    ours, theirs = both(value)
    assert ours.start_of(unit).isoformat() == theirs.start_of(unit).isoformat()
    assert ours.end_of(unit).isoformat() == theirs.end_of(unit).isoformat()


@given(MOMENTS, st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"]))
def test_a_time_zone_gives_pendulums_clock(value, zone):
    ours, theirs = both(value)
    assert ours.in_timezone(zone).isoformat() == theirs.in_timezone(zone).isoformat()


@given(MOMENTS)
@pytest.mark.parametrize(
    "pattern",
    ["YYYY-MM-DD HH:mm:ss", "DD/MM/YY", "YYYYMMDD[T]HHmmss", "dddd, DD MMMM YYYY", "hh:mm A", "MMM DDDD"],
)
def test_a_pattern_gives_pendulums_text(pattern, value):
    ours, theirs = both(value)
    assert ours.format(pattern) == theirs.format(pattern)


@given(MOMENTS)
def test_texts_and_numbers_are_pendulums(value):
    ours, theirs = both(value)
    assert str(ours) == str(theirs)
    assert ours.to_date_string() == theirs.to_date_string()
    assert ours.to_datetime_string() == theirs.to_datetime_string()
    assert ours.to_iso8601_string() == theirs.to_iso8601_string()
    assert ours.int_timestamp == theirs.int_timestamp
