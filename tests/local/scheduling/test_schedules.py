from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any

import pytest
from botocore.exceptions import ClientError
from waiting import wait_until

from converter.local import LocalAws

ROLE = "arn:aws:iam::123456789012:role/anything"
ECHO = {"Echo": {"Type": "Succeed", "Output": "{% $states.input %}"}}


@pytest.fixture
def scheduler(aws: LocalAws) -> Any:
    return aws.client("scheduler")


@pytest.fixture
def schedule(scheduler: Any) -> Callable[..., str]:
    def create(expression: str, arn: str, text: str = "{}", name: str = "daily", **options: Any) -> str:
        target = {"Arn": arn, "RoleArn": ROLE, "Input": text, **options.pop("Target", {})}
        return str(
            scheduler.create_schedule(
                Name=name,
                ScheduleExpression=expression,
                FlexibleTimeWindow={"Mode": "OFF"},
                Target=target,
                **options,
            )["ScheduleArn"]
        )

    return create


def started(sfn: Any, machine: str) -> list[Any]:
    """The inputs of a machine's executions, the first first."""
    arns = [run["executionArn"] for run in sfn.list_executions(stateMachineArn=machine)["executions"]]
    return [json.loads(sfn.describe_execution(executionArn=arn)["input"]) for arn in reversed(arns)]


@cache
def midnight() -> datetime:
    """The next midnight but one, as it is at first: no test crosses it by itself."""
    today = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=2)


def call_clock(aws: LocalAws, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(f"{aws.endpoint}/dag2sfn-local/clock", data) as answer:  # noqa: S310
        return json.load(answer)


def test_a_schedule_fires_in_real_time(sfn: Any, create_machine: Any, schedule: Callable[..., str]) -> None:
    machine = create_machine(ECHO)
    soon = (datetime.now(timezone.utc) + timedelta(seconds=3)).replace(microsecond=0)
    schedule(soon.strftime("at(%Y-%m-%dT%H:%M:%S)"), machine, '{"hello": 1}')
    wait_until(lambda: started(sfn, machine), "the schedule fires")
    assert started(sfn, machine) == [{"hello": 1}]
    (execution,) = sfn.list_executions(stateMachineArn=machine)["executions"]
    assert execution["startDate"] >= soon


def test_three_days_pass_at_once(
    aws: LocalAws, sfn: Any, create_machine: Any, schedule: Callable[..., str]
) -> None:
    machine = create_machine(ECHO)
    text = '{"at": "<aws.scheduler.scheduled-time>", "by": "<aws.scheduler.schedule-arn>"}'
    arn = schedule("cron(30 6 * * ? *)", machine, text, ScheduleExpressionTimezone="Asia/Tokyo")
    aws.fast_forward(midnight())
    before = len(started(sfn, machine))
    fired = aws.fast_forward(timedelta(days=3))

    # 06:30 in Tokyo is 21:30 UTC the day before.
    expected = [midnight() + timedelta(days=day, hours=21, minutes=30) for day in range(3)]
    assert [each.scheduled for each in fired] == expected
    assert {each.error for each in fired} == {None}
    assert started(sfn, machine)[before:] == [
        {"at": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "by": arn} for moment in expected
    ]
    # What has fired does not fire again.
    assert aws.fast_forward(timedelta(hours=1)) == []


def test_schedules_fire_in_the_order_of_their_times(
    aws: LocalAws, sfn: Any, create_machine: Any, schedule: Callable[..., str]
) -> None:
    machine = create_machine(ECHO)
    aws.fast_forward(midnight())
    schedule("cron(0 3 * * ? *)", machine, '"three"', name="three")
    schedule("cron(0 1,5 * * ? *)", machine, '"one or five"', name="one-or-five")
    aws.fast_forward(timedelta(hours=6))
    assert started(sfn, machine) == ["one or five", "three", "one or five"]


def test_the_clock_can_be_put_forward_over_http(
    aws: LocalAws, sfn: Any, create_machine: Any, schedule: Callable[..., str]
) -> None:
    machine = create_machine(ECHO)
    arn = schedule("cron(0 12 * * ? *)", machine)
    assert abs(datetime.fromisoformat(call_clock(aws)["now"]) - datetime.now(timezone.utc)) < timedelta(
        minutes=5
    )
    noon = midnight() + timedelta(hours=12)
    answer = call_clock(aws, {"to": (noon - timedelta(minutes=1)).isoformat()})
    assert datetime.fromisoformat(answer["now"]) >= noon - timedelta(minutes=1)
    answer = call_clock(aws, {"seconds": 120})
    assert answer["fired"] == [{"schedule": arn, "scheduled": noon.isoformat()}]


@pytest.mark.parametrize("body", [{}, {"seconds": "many"}, {"to": "2030-01-01T00:00:00"}, [], {"to": 5}])
def test_a_clock_that_is_told_nonsense_says_what_to_send(aws: LocalAws, body: Any) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        call_clock(aws, body)
    assert refused.value.code == 400
    assert 'send {"seconds": 60}' in json.load(refused.value)["error"]


def test_a_rate_fires_at_once_and_then_in_every_period(
    aws: LocalAws, sfn: Any, create_machine: Any, schedule: Callable[..., str]
) -> None:
    machine = create_machine(ECHO)
    schedule("rate(20 minutes)", machine)
    aws.fast_forward(timedelta(minutes=50))
    assert len(started(sfn, machine)) == 3


def test_start_and_end_bound_a_schedule(
    aws: LocalAws, sfn: Any, create_machine: Any, schedule: Callable[..., str]
) -> None:
    machine = create_machine(ECHO)
    start = midnight() + timedelta(hours=12)
    schedule("rate(1 day)", machine, StartDate=start, EndDate=start + timedelta(days=2))
    fired = aws.fast_forward(midnight() + timedelta(days=10))
    assert [each.scheduled - start for each in fired] == [timedelta(days=day) for day in range(3)]


def test_a_disabled_schedule_is_silent_until_it_is_enabled(
    aws: LocalAws, scheduler: Any, sfn: Any, create_machine: Any, schedule: Callable[..., str]
) -> None:
    machine = create_machine(ECHO)
    schedule("cron(0 * * * ? *)", machine, State="DISABLED")
    assert aws.fast_forward(timedelta(days=1)) == []
    found = scheduler.get_schedule(Name="daily")
    kept = {key: found[key] for key in ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")}
    scheduler.update_schedule(**kept)  # State is ENABLED by default
    # What was missed is not made up for.
    assert len(aws.fast_forward(timedelta(hours=2))) == 2
    scheduler.delete_schedule(Name="daily")
    assert aws.fast_forward(timedelta(hours=2)) == []


def test_a_schedule_that_is_complete_can_delete_itself(
    aws: LocalAws, scheduler: Any, create_machine: Any, schedule: Callable[..., str]
) -> None:
    schedule(
        midnight().strftime("at(%Y-%m-%dT%H:%M:%S)"), create_machine(ECHO), ActionAfterCompletion="DELETE"
    )
    assert len(aws.fast_forward(midnight())) == 1
    assert scheduler.list_schedules()["Schedules"] == []


def test_a_schedule_calls_a_function(
    aws: LocalAws, create_function: Callable[..., Any], schedule: Callable[..., str]
) -> None:
    aws.client("s3").create_bucket(Bucket="seen")
    source = (
        "import boto3\ndef handler(event, context):\n"
        "    boto3.client('s3').put_object(Bucket='seen', Key=event['when'])\n"
    )
    arn = create_function(source)["FunctionArn"]
    schedule("cron(0 0 * * ? *)", arn, '{"when": "<aws.scheduler.scheduled-time>"}')
    aws.fast_forward(midnight())
    wanted = midnight().strftime("%Y-%m-%dT00:00:00Z")

    def seen() -> list[str]:
        return [found["Key"] for found in aws.client("s3").list_objects_v2(Bucket="seen").get("Contents", [])]

    wait_until(lambda: wanted in seen(), "the function has run")


def test_a_universal_target_calls_any_action(
    aws: LocalAws, sfn: Any, create_machine: Any, schedule: Callable[..., str]
) -> None:
    machine = create_machine(ECHO)
    call = {"StateMachineArn": machine, "Name": "by-schedule", "Input": "{}"}
    schedule("cron(0 0 * * ? *)", "arn:aws:scheduler:::aws-sdk:sfn:startExecution", json.dumps(call))
    first, second = aws.fast_forward(midnight())[-1:], aws.fast_forward(timedelta(days=1))
    names = [run["name"] for run in sfn.list_executions(stateMachineArn=machine)["executions"]]
    assert names == ["by-schedule"]
    assert len(first) == 1
    # The name is taken the second time: told, and the schedule goes on.
    assert ["ExecutionAlreadyExists" in str(each.error) for each in second] == [True]


def test_what_cannot_be_delivered_goes_to_the_dead_letter_queue(
    aws: LocalAws, schedule: Callable[..., str]
) -> None:
    queues = aws.client("sqs")
    url = queues.create_queue(QueueName="dead")["QueueUrl"]
    letters = {"DeadLetterConfig": {"Arn": "arn:aws:sqs:us-east-1:123456789012:dead"}}
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:none"
    schedule("cron(0 0 ? * * *)", machine, '{"a": 1}', Target=letters)
    fired = aws.fast_forward(midnight())
    assert "StateMachineDoesNotExist" in str(fired[-1].error)
    message = queues.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"][0]
    assert message["Body"] == '{"a": 1}'
    assert "does not exist" in message["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"].lower()


@pytest.mark.parametrize(
    ("expression", "target", "zone", "problem"),
    [
        ("cron(0 6 * * *)", "stateMachine:m", "UTC", "Invalid Schedule Expression"),
        ("rate(1 day)", "stateMachine:m", "Mars/Olympus", "Invalid time zone"),
        ("rate(1 day)", "cluster:m", "UTC", "not in correct format"),
    ],
)
def test_a_schedule_that_could_never_fire_is_refused(
    scheduler: Any, schedule: Callable[..., str], expression: str, target: str, zone: str, problem: str
) -> None:
    with pytest.raises(ClientError, match=f"ValidationException.*{problem}"):
        schedule(
            expression, f"arn:aws:states:us-east-1:123456789012:{target}", ScheduleExpressionTimezone=zone
        )
    assert scheduler.list_schedules()["Schedules"] == []


def test_groups_are_kept_apart(
    aws: LocalAws, scheduler: Any, create_machine: Any, schedule: Callable[..., str]
) -> None:
    machine = create_machine(ECHO)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        schedule("cron(0 0 * * ? *)", machine, GroupName="dags")
    scheduler.create_schedule_group(Name="dags")
    with pytest.raises(ClientError, match="ConflictException"):
        scheduler.create_schedule_group(Name="dags")
    schedule("cron(0 0 * * ? *)", machine, GroupName="dags")
    schedule("cron(0 0 * * ? *)", machine)
    scheduler.delete_schedule_group(Name="dags")
    assert len(aws.fast_forward(midnight())) in (1, 2)  # two days, or one if it is midnight now
    assert [found["GroupName"] for found in scheduler.list_schedules()["Schedules"]] == ["default"]


def test_a_reset_forgets_schedules_and_shows_the_real_time(
    aws: LocalAws, create_machine: Any, schedule: Callable[..., str]
) -> None:
    schedule("cron(0 0 * * ? *)", create_machine(ECHO))
    aws.fast_forward(midnight())
    aws.reset()
    assert abs(datetime.fromisoformat(call_clock(aws)["now"]) - datetime.now(timezone.utc)) < timedelta(
        minutes=5
    )
    assert aws.fast_forward(timedelta(days=3)) == []
