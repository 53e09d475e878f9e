"""Sensors that wait for a moment, and the one that receives messages."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sensing import AMAZON, STANDARD, definition_of, outcome_of, sensor
from workflows import workflow

from converter.checks import problems_of
from converter.operators import steps_of
from converter.workflow import Opaque

#: Runs begin then; it is a Thursday.
START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def waited(operator: str, run: dict[str, Any] | None = None, **arguments: Any) -> Any:
    """Return how long the sensor waits in seconds, or its error."""
    task = sensor(f"{STANDARD}.{operator}", **arguments)
    made = definition_of(task)
    assert problems_of(made) == ()
    record, _, seconds = outcome_of(made, lambda *_: {}, run)
    return seconds if record["state"] == "success" else record.get("error", record["state"])


@pytest.mark.parametrize(
    ("target", "seconds"),
    [
        ("2026-01-01T06:00:00+00:00", 6 * 3600),
        ("2026-01-01T06:00:00Z", 6 * 3600),
        ("2026-01-01 06:00:00", 6 * 3600),
        ("2026-01-01T06:00:00.500000+02:00", 4 * 3600 + 0.5),
        ("2026-01-02", 24 * 3600),
        ("2025-12-31T00:00:00", 0),
    ],
)
def test_a_moment_is_waited_for(target: str, seconds: float) -> None:
    assert waited("date_time.DateTimeSensor", target_time=target) == seconds
    # The same text, which only the run knows.
    template = "{{ dag_run.conf['at'] }}"
    run = {"conf": {"at": target}}
    whole = seconds // 1
    fields = ("target_time",)
    assert waited("date_time.DateTimeSensor", run, target_time=template, template_fields=fields) == whole


def test_a_template_may_reckon_from_the_runs_dates() -> None:
    template = "{{ data_interval_end + macros.timedelta(hours=3) }}"
    run = {"data_interval_end": (START + timedelta(minutes=5)).isoformat()}
    fields = ("target_time",)
    assert (
        waited("date_time.DateTimeSensor", run, target_time=template, template_fields=fields)
        == 3 * 3600 + 300
    )


def test_a_text_that_is_no_time_fails_the_task_alone() -> None:
    fields = ("target_time",)
    error = waited(
        "date_time.DateTimeSensor",
        {"conf": {"at": "soon"}},
        target_time="{{ dag_run.conf['at'] }}",
        template_fields=fields,
    )
    assert error == "States.QueryEvaluationError"


def test_a_time_of_day_is_that_of_the_day_on_which_the_try_begins() -> None:
    assert waited("time.TimeSensor", target_time="06:30:15") == 6 * 3600 + 30 * 60 + 15
    assert waited("time.TimeSensor", target_time="00:00:00") == 0


def test_a_delta_counts_from_the_end_of_the_data_interval_or_from_the_start() -> None:
    run = {"data_interval_end": (START - timedelta(minutes=5)).isoformat()}
    delta = {"seconds": 3600.0}
    assert waited("time_delta.TimeDeltaSensor", run, delta=delta) == 3300
    assert waited("time_delta.TimeDeltaSensor", {"data_interval_end": None}, delta=delta) == 3600
    assert waited("time_delta.TimeDeltaSensor", delta=delta) == 3600
    assert waited("time_delta.TimeDeltaSensor", delta=5) == 300  # minutes


def test_a_wait_counts_from_the_beginning_of_the_try_and_knows_no_timeout() -> None:
    assert waited("time_delta.WaitSensor", time_to_wait={"seconds": 90.9}, timeout=5) == 90


@pytest.mark.parametrize(
    ("days", "seconds"),
    [("THURSDAY", 0), ("friday", 86_400), (["WEDNESDAY", "MONDAY"], 4 * 86_400), (4, 0)],
)
def test_a_day_of_the_week_begins_at_midnight(days: Any, seconds: float) -> None:
    assert waited("weekday.DayOfWeekSensor", week_day=days) == seconds


@pytest.mark.parametrize(
    ("timeout", "interval", "target", "expected"),
    [
        # Airflow looks at 0, 60, 120, …: with a timeout of 90 s, the look at 120 s is the last.
        (90, 60, 119, 119),
        (90, 60, 121, "AirflowSensorTimeout"),
        (120, 60, 150, 150),
    ],
)
def test_what_comes_before_the_first_look_after_the_timeout_is_in_time(
    timeout: float, interval: float, target: float, expected: Any
) -> None:
    at = (START + timedelta(seconds=target)).isoformat()
    fields = {"target_time": at, "timeout": timeout, "poke_interval": interval}
    assert waited("date_time.DateTimeSensor", **fields) == expected
    if expected == "AirflowSensorTimeout":
        assert waited("date_time.DateTimeSensor", soft_fail=True, **fields) == "skipped"


@pytest.mark.parametrize(
    ("operator", "arguments", "code"),
    [
        ("date_time.DateTimeSensor", {"target_time": "soon"}, "D203"),
        ("date_time.DateTimeSensor", {"target_time": None}, "D203"),
        ("date_time.DateTimeSensor", {"target_time": Opaque("x.Y", "Y()")}, "D204"),
        ("time.TimeSensor", {"target_time": "25:00"}, "D203"),
        ("time_delta.TimeDeltaSensor", {"delta": "long"}, "D203"),
        ("weekday.DayOfWeekSensor", {"week_day": "SOMEDAY"}, "D203"),
        ("weekday.DayOfWeekSensor", {"week_day": "MONDAY", "use_task_logical_date": True}, "D273"),
    ],
)
def test_what_is_no_moment_is_refused(operator: str, arguments: dict[str, Any], code: str) -> None:
    _, problems = steps_of(workflow(sensor(f"{STANDARD}.{operator}", **arguments)))
    assert [problem.code.id for problem in problems] == [code]


def test_a_time_of_day_in_a_zone_with_summer_time_is_refused() -> None:
    task = sensor(f"{STANDARD}.time.TimeSensor", target_time="06:00:00")
    _, problems = steps_of(workflow(task, timezone="Europe/Berlin"))
    assert [problem.code.id for problem in problems] == ["D273"]


# --- messages ---------------------------------------------------------------------------------------------

QUEUE = "https://sqs.eu-central-1.amazonaws.com/123456789012/orders"


def test_messages_are_received_pushed_and_deleted() -> None:
    made = definition_of(sensor(f"{AMAZON}.sqs.SqsSensor", sqs_queue=QUEUE, poke_interval=5))
    assert problems_of(made) == ()
    message = {"MessageId": "m", "ReceiptHandle": "h", "Body": "hello"}
    answers = [{}, {"Messages": [message]}, {"Successful": [{"Id": "m"}]}]
    record, calls, seconds = outcome_of(made, lambda *_: answers.pop(0))
    assert (record["state"], seconds) == ("success", 5)
    assert record["xcom"] == {"messages": [message]}
    assert calls[-1][1:] == (
        "arn:aws:states:::aws-sdk:sqs:deleteMessageBatch",
        {"QueueUrl": QUEUE, "Entries": [{"Id": "m", "ReceiptHandle": "h"}]},
    )


def test_messages_may_stay_in_the_queue_and_the_role_then_may_not_delete() -> None:
    task = sensor(f"{AMAZON}.sqs.SqsSensor", sqs_queue=QUEUE, delete_message_on_reception=False)
    (permission,) = steps_of(workflow(task))[0]["s"].permissions
    assert permission.actions == ("sqs:ReceiveMessage",)
    assert permission.resources == ("arn:${AWS::Partition}:sqs:eu-central-1:123456789012:orders",)
