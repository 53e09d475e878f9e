"""When pollers give up, where nobody says it."""

from dataclasses import replace

import pytest
from workflows import glue, python, workflow

from converter import diagnostics as d
from converter.asl.deadlines import longest_wait, poller_deadline
from converter.asl.options import Options
from converter.operators import steps_of
from converter.pipeline import convert
from converter.workflow import Retries, Task

HOUR, DAY = 3600, 86_400
ONCE, BY_ITSELF = Retries(), Options()


def s3_keys(task_id, *upstream, execution_timeout=None, retries=ONCE, **arguments):
    return Task(
        task_id,
        "airflow.providers.amazon.aws.sensors.s3.S3KeySensor",
        arguments={"bucket_key": "s3://bucket/key", **arguments},
        upstream=upstream,
        execution_timeout=execution_timeout,
        retries=retries,
    )


def deadline(*tasks, options=BY_ITSELF, **fields):
    flow = workflow(*tasks, **fields)
    steps, _ = steps_of(flow)
    return poller_deadline(flow, steps, options)


def test_a_day_where_nothing_waits():
    assert deadline(glue("a"), python("b", "a"), glue("c", execution_timeout=2.0 * DAY)) == DAY


def test_as_long_as_sensors_one_after_another_may_wait_besides():
    tasks = [
        s3_keys("a", timeout=2 * HOUR),
        glue("b", "a"),
        s3_keys("c", "b", timeout=3 * HOUR),
        s3_keys("d", "a", timeout=4 * HOUR),
    ]
    assert deadline(*tasks) == DAY + (2 + 4) * HOUR
    assert deadline(*tasks, glue("e", "c", "d"), s3_keys("f", "e", timeout=1)) == DAY + (2 + 4) * HOUR + 1


def test_seven_days_is_what_a_sensor_waits_by_itself():
    assert deadline(s3_keys("a"), glue("b", "a")) == 8 * DAY


def test_a_timeout_is_not_tried_again():
    assert deadline(s3_keys("a", timeout=HOUR, retries=Retries(3, 60))) == DAY + HOUR


@pytest.mark.parametrize(("mode", "counted"), [("poke", HOUR), ("reschedule", 7 * DAY)])
def test_execution_timeout_ends_a_sensor_that_is_not_rescheduled(mode, counted):
    assert deadline(s3_keys("a", mode=mode, execution_timeout=float(HOUR))) == DAY + counted


@pytest.mark.parametrize(
    ("retries", "counted"),
    [
        (Retries(3, 60), 4 * HOUR + 3 * 60),
        (Retries(2, 60, backoff=2.0), 3 * HOUR + 2 * (60 + 120)),  # Airflow waits up to twice as long
        (Retries(3, 60, backoff=2.0, max_delay=100.0), 4 * HOUR + 3 * 100),
        (Retries(2000, 60, backoff=10.0), 2001 * HOUR + 120 + 1200 + 12_000 + 1997 * DAY),
    ],
    ids=["constant", "doubled", "limited", "many"],
)
def test_execution_timeout_is_tried_again(retries, counted):
    flow = workflow(s3_keys("a", execution_timeout=float(HOUR), retries=retries))
    assert longest_wait(flow, steps_of(flow)[0]) == counted


def test_what_is_said_counts():
    tasks = s3_keys("a"), glue("b", "a")
    assert deadline(*tasks, options=Options(await_deadline=600)) == 600
    assert deadline(*tasks, dagrun_timeout=float(HOUR)) == HOUR


def test_the_report_says_why_they_are_so_patient():
    shared = [glue("a", "s"), glue("b", "s"), glue("c", "s")]
    both = [glue("d", "a", "b"), glue("e", "b", "c"), glue("f", "c", "a")]
    flow = workflow(s3_keys("s", timeout=2 * HOUR), *shared, *both)
    said = "up 26 h after the start of the execution, as sensors may wait for 2 h"
    assert [
        said in str(item) for item in convert(flow, BY_ITSELF).diagnostics if item.code is d.AWAIT_DEADLINE
    ] == [True]
    flow = replace(flow, dagrun_timeout=float(HOUR))
    assert not any("sensors may" in str(item) for item in convert(flow, BY_ITSELF).diagnostics)


def test_no_execution_takes_longer_than_a_year():
    chain = [s3_keys(f"t{n}", *([f"t{n - 1}"] if n else [])) for n in range(60)]
    flow = workflow(*chain)
    assert longest_wait(flow, steps_of(flow)[0]) == 60 * 7 * DAY
    assert deadline(*chain) == 365 * DAY
