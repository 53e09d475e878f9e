from datetime import datetime, timedelta, timezone

import pendulum
import pytest

from converter.loading.child.stand_ins.removed import (
    apply_defaults,
    days_ago,
    parse_execution_date,
    round_time,
)


def test_days_ago_is_a_midnight_in_utc():
    today = pendulum.today("UTC")
    assert days_ago(0) == today
    assert days_ago(2) == today.subtract(days=2)
    assert days_ago(1, hour=6, minute=30) == today.subtract(days=1).add(hours=6, minutes=30)


def test_a_date_is_read():
    assert parse_execution_date("2019-01-01T02:00:00") == datetime(2019, 1, 1, 2, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("time", "step", "start", "rounded"),
    [
        (datetime(2015, 1, 1, 6), timedelta(days=1), datetime(2015, 1, 1), datetime(2015, 1, 1)),
        (datetime(2015, 1, 2), timedelta(days=1), datetime(2015, 1, 1), datetime(2015, 1, 2)),
        (datetime(2015, 9, 16, 1, 10), timedelta(hours=1), datetime(2015, 9, 14), datetime(2015, 9, 16, 1)),
    ],
)
def test_a_time_is_rounded_down_to_a_step(time, step, start, rounded):
    assert round_time(time, step, start) == rounded


def test_a_constructor_stays_as_it_is():
    def construct(self):
        pass

    assert apply_defaults(construct) is construct
