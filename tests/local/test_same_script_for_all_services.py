"""One script over ten services with boto3, the aws command line and Airflow's operators: the same traces."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from converter.local import LocalAws

pytestmark = pytest.mark.full

AWS_COMMAND = Path(sys.executable).with_name("aws")
ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/anything"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:queue"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:topic"
MACHINE = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:machine"
TEMPLATE = json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "made"}}}})
EVENT = {"Source": "me", "DetailType": "said", "Detail": '{"by": "event"}'}
ITEM = {"id": {"S": "a"}, "n": {"N": "7"}}
SCHEDULE = {
    "Name": "once",
    "ScheduleExpression": "at(2099-01-01T00:00:00)",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {"Arn": MACHINE, "RoleArn": ROLE, "Input": '{"by": "schedule"}'},
}


def by_boto3(aws: LocalAws, queue: str) -> None:
    aws.client("s3").put_object(Bucket="bucket", Key="key", Body=b"text")
    aws.client("dynamodb").put_item(TableName="table", Item=ITEM)
    aws.client("sqs").send_message(QueueUrl=queue, MessageBody="by queue")
    aws.client("sns").publish(TopicArn=TOPIC, Message="by topic")
    aws.client("events").put_events(Entries=[EVENT])
    aws.client("lambda").invoke(FunctionName="function", Payload=b'{"key": "called"}')
    aws.client("cloudformation").create_stack(StackName="stack", TemplateBody=TEMPLATE)
    aws.client("scheduler").create_schedule(**SCHEDULE)
    aws.client("glue").start_job_run(JobName="job")
    aws.client("stepfunctions").start_execution(stateMachineArn=MACHINE, input='{"by": "start"}')


def by_the_command_line(aws: LocalAws, queue: str) -> None:
    script = f"""
        set -eu
        printf text > text
        aws s3 cp text s3://bucket/key
        aws dynamodb put-item --table-name table --item '{json.dumps(ITEM)}'
        # Version 1 of the command line sends SQS calls to queue.amazonaws.com whatever AWS_ENDPOINT_URL says.
        aws --endpoint-url "$AWS_ENDPOINT_URL" sqs send-message --queue-url {queue} --message-body 'by queue'
        aws sns publish --topic-arn {TOPIC} --message 'by topic'
        aws events put-events --entries '{json.dumps([EVENT])}'
        printf '{{"key": "called"}}' > payload
        aws lambda invoke --function-name function --payload fileb://payload answer
        aws cloudformation create-stack --stack-name stack --template-body '{TEMPLATE}'
        aws scheduler create-schedule --cli-input-json '{json.dumps(SCHEDULE)}'
        aws glue start-job-run --job-name job
        aws stepfunctions start-execution --state-machine-arn {MACHINE} --input '{{"by": "start"}}'
    """
    run_in(aws, ["bash", "-c", script], PATH=f"{AWS_COMMAND.parent}{os.pathsep}{os.environ['PATH']}")


def by_airflows_operators(aws: LocalAws, queue: str) -> None:
    # There is no operator for EventBridge Scheduler, and for DynamoDB none that writes: their hooks.
    script = f"""
from unittest.mock import MagicMock
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.providers.amazon.aws.hooks.dynamodb import DynamoDBHook
from airflow.providers.amazon.aws.operators.cloud_formation import CloudFormationCreateStackOperator
from airflow.providers.amazon.aws.operators.eventbridge import EventBridgePutEventsOperator
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.providers.amazon.aws.operators.lambda_function import LambdaInvokeFunctionOperator
from airflow.providers.amazon.aws.operators.s3 import S3CreateObjectOperator
from airflow.providers.amazon.aws.operators.sns import SnsPublishOperator
from airflow.providers.amazon.aws.operators.sqs import SqsPublishOperator
from airflow.providers.amazon.aws.operators.step_function import StepFunctionStartExecutionOperator

def of(n): return dict(task_id=f"t{{n}}", aws_conn_id=None)

for task in (
    S3CreateObjectOperator(s3_bucket="bucket", s3_key="key", data="text", **of(1)),
    SqsPublishOperator(sqs_queue={queue!r}, message_content="by queue", **of(2)),
    SnsPublishOperator(target_arn={TOPIC!r}, message="by topic", **of(3)),
    EventBridgePutEventsOperator(entries=[{EVENT!r}], **of(4)),
    LambdaInvokeFunctionOperator(function_name="function", payload='{{"key": "called"}}', **of(5)),
    CloudFormationCreateStackOperator(
        stack_name="stack", cloudformation_parameters={{"TemplateBody": {TEMPLATE!r}}}, **of(6)),
    GlueJobOperator(job_name="job", wait_for_completion=False, update_config=False, **of(7)),
    StepFunctionStartExecutionOperator(
        state_machine_arn={MACHINE!r}, state_machine_input={{"by": "start"}}, **of(8)),
):
    task.execute({{"ti": MagicMock(), "task_instance": MagicMock()}})
hook = DynamoDBHook(table_name="table", table_keys=["id"], aws_conn_id=None)
hook.write_batch_data([{{"id": "a", "n": 7}}])
AwsBaseHook(client_type="scheduler", aws_conn_id=None).conn.create_schedule(**{SCHEDULE!r})
"""
    run_in(
        aws,
        [sys.executable, "-c", script],
        AIRFLOW_HOME=os.environ["TMPDIR_OF_TEST"],
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN="sqlite://",
    )


def run_in(aws: LocalAws, command: list[str], **variables: str) -> None:
    folder = os.environ["TMPDIR_OF_TEST"]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **aws.environment(), **variables},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def set_up(aws: LocalAws, create_machine: Callable[..., str], create_function: Callable[..., Any]) -> str:
    """What the script uses; return the queue's address. A topic and a rule lead to the queue, too."""
    queue = aws.client("sqs").create_queue(QueueName="queue")["QueueUrl"]
    aws.client("sns").create_topic(Name="topic")
    aws.client("sns").subscribe(
        TopicArn=TOPIC, Protocol="sqs", Endpoint=QUEUE, Attributes={"RawMessageDelivery": "true"}
    )
    events = aws.client("events")
    events.put_rule(Name="rule", EventPattern='{"source": ["me"]}')
    events.put_targets(Rule="rule", Targets=[{"Id": "1", "Arn": QUEUE}])
    aws.client("s3").create_bucket(Bucket="bucket")
    aws.client("dynamodb").create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    create_function(
        "import boto3\n\ndef handler(event, context):\n"
        "    boto3.client('s3').put_object(Bucket='bucket', Key=event['key'], Body=b'')\n"
    )
    create_machine({"Echo": {"Type": "Pass", "End": True}})
    return str(queue)


def traces(aws: LocalAws, queue: str, finish: Callable[..., Any]) -> dict[str, Any]:
    """What anybody sees afterwards."""
    sqs, sfn = aws.client("sqs"), aws.client("stepfunctions")
    messages: list[str] = []
    deadline = time.monotonic() + 60
    while len(messages) < 3 and time.monotonic() < deadline:
        found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        # What EventBridge sends is the whole event, with a time and an id.
        messages += [re.sub(r".*\"detail\": ", "", message["Body"]) for message in found]
    [execution] = sfn.list_executions(stateMachineArn=MACHINE)["executions"]
    [run] = aws.client("glue").get_job_runs(JobName="job")["JobRuns"]
    [stack] = aws.client("cloudformation").describe_stacks()["Stacks"]
    objects = aws.client("s3").list_objects_v2(Bucket="bucket")["Contents"]
    return {
        "messages": sorted(messages),
        "objects": {item["Key"]: item["Size"] for item in objects},
        "items": aws.client("dynamodb").scan(TableName="table")["Items"],
        "output": finish(execution["executionArn"])["output"],
        "run": run["JobName"],
        "stack": (stack["StackName"], stack["StackStatus"]),
        "queues": sorted(url.rpartition("/")[2] for url in sqs.list_queues()["QueueUrls"]),
        "schedule": aws.client("scheduler").get_schedule(Name="once")["Target"]["Input"],
    }


@pytest.mark.parametrize("play", [by_boto3, by_the_command_line, by_airflows_operators])
def test_each_client_leaves_the_same_in_ten_services(
    play: Callable[[LocalAws, str], None],
    aws: LocalAws,
    create_machine: Callable[..., str],
    create_function: Callable[..., Any],
    create_job: Callable[..., str],
    finish: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if play is by_the_command_line and not AWS_COMMAND.exists():
        pytest.skip("the aws command is not installed beside this Python")
    if play is by_airflows_operators and find_spec("airflow") is None:
        pytest.skip("Airflow is not installed")
    monkeypatch.setenv("TMPDIR_OF_TEST", str(tmp_path))
    create_job(seconds="0.3")
    queue = set_up(aws, create_machine, create_function)
    play(aws, queue)
    assert traces(aws, queue, finish) == {
        "messages": ["by queue", "by topic", '{"by": "event"}}'],
        "objects": {"called": 0, "key": 4},
        "items": [ITEM],
        "output": '{"by": "start"}',
        "run": "job",
        "stack": ("stack", "CREATE_COMPLETE"),
        "queues": ["made", "queue"],
        "schedule": '{"by": "schedule"}',
    }
