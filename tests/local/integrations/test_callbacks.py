"""Tasks that wait for a token: what AWS's users put into queues, topics, functions and events."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from waiting import wait_until

from converter.local import LocalAws

SEND = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"


@pytest.fixture
def start(aws: LocalAws, sfn: Any, create_machine: Any) -> Any:
    """Start a machine that sends its token to a queue; return the execution and the token."""
    sqs = aws.client("sqs")
    queue_url = sqs.create_queue(QueueName="queue")["QueueUrl"]

    def begin(**fields: Any) -> tuple[str, str]:
        body = {"token": "{% $states.context.Task.Token %}"}
        task = {"Type": "Task", "Resource": SEND, "Arguments": {"QueueUrl": queue_url, "MessageBody": body}}
        machine = create_machine({"Ask": {**task, "End": True, **fields}})
        execution = sfn.start_execution(stateMachineArn=machine)["executionArn"]
        (message,) = sqs.receive_message(QueueUrl=queue_url, WaitTimeSeconds=5)["Messages"]
        return execution, json.loads(message["Body"])["token"]

    return begin


def test_success_ends_the_task_with_its_output(sfn: Any, start: Any, finish: Any) -> None:
    execution, token = start()
    sfn.send_task_success(taskToken=token, output='{"answer":42}')
    ended = finish(execution)
    assert (ended["status"], ended["output"]) == ("SUCCEEDED", '{"answer":42}')
    types = [event["type"] for event in sfn.get_execution_history(executionArn=execution)["events"]]
    assert types[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]


def test_failure_can_be_caught_by_its_name(sfn: Any, start: Any, finish: Any) -> None:
    execution, token = start()
    sfn.send_task_failure(taskToken=token, error="NotToday", cause="closed")
    ended = finish(execution)
    assert (ended["error"], ended["cause"]) == ("NotToday", "closed")


def test_heartbeats_keep_the_task_alive_and_their_absence_ends_it(sfn: Any, start: Any, finish: Any) -> None:
    execution, token = start(HeartbeatSeconds=2)
    for _ in range(6):
        time.sleep(0.4)
        sfn.send_task_heartbeat(taskToken=token)
    assert sfn.describe_execution(executionArn=execution)["status"] == "RUNNING"
    assert finish(execution)["error"] == "States.Timeout"


def test_after_a_timeout_the_token_is_stale(sfn: Any, start: Any, finish: Any) -> None:
    execution, token = start(TimeoutSeconds=1)
    assert finish(execution)["error"] == "States.Timeout"
    with pytest.raises(sfn.exceptions.TaskTimedOut):
        sfn.send_task_success(taskToken=token, output="{}")


CALLBACK = "{% $states.context.Task.Token %}"


@pytest.fixture
def callback_arguments(aws: LocalAws, create_function: Any, create_machine: Any) -> dict[str, dict[str, Any]]:
    """Return arguments of each integration that can carry a token."""
    create_function("def handler(event, context):\n    return None\n")
    queue_url = aws.client("sqs").create_queue(QueueName="plain")["QueueUrl"]
    topic = aws.client("sns").create_topic(Name="topic")["TopicArn"]
    child = create_machine({"Done": {"Type": "Succeed"}}, "child")
    entry = {"Source": "s", "DetailType": "t", "Detail": {"token": CALLBACK}}
    return {
        "lambda:invoke": {"FunctionName": "function", "Payload": {"token": CALLBACK}},
        "sns:publish": {"TopicArn": topic, "Message": {"token": CALLBACK}},
        "events:putEvents": {"Entries": [entry]},
        "states:startExecution": {"StateMachineArn": child, "Input": {"token": CALLBACK}},
        "aws-sdk:sqs:sendMessage": {"QueueUrl": queue_url, "MessageBody": {"token": CALLBACK}},
    }


@pytest.mark.parametrize(
    "action",
    [
        "lambda:invoke",
        "sns:publish",
        "events:putEvents",
        "states:startExecution",
        "aws-sdk:sqs:sendMessage",
    ],
)
def test_each_integration_with_a_token_waits_for_it(
    sfn: Any, create_machine: Any, finish: Any, callback_arguments: dict[str, Any], action: str
) -> None:
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{action}.waitForTaskToken", "End": True}
    machine = create_machine({"Ask": {**task, "Arguments": callback_arguments[action]}})
    execution = sfn.start_execution(stateMachineArn=machine)["executionArn"]
    parameters = _when_submitted(sfn, execution)
    token = parameters.split('"token":"')[1].split('"')[0]
    assert sfn.describe_execution(executionArn=execution)["status"] == "RUNNING"
    sfn.send_task_success(taskToken=token, output="1")
    assert finish(execution)["output"] == "1"


def _when_submitted(sfn: Any, execution: str) -> str:
    """Wait until the call is made; return its parameters as JSON text."""

    def parameters() -> str:
        events = sfn.get_execution_history(executionArn=execution)["events"]
        was_submitted = "TaskSubmitted" in [event["type"] for event in events]
        return str(events[2]["taskScheduledEventDetails"]["parameters"]) if was_submitted else ""

    return wait_until(parameters, "the call is made")
