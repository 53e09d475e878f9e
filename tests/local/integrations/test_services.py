"""Optimised integrations that send, and whatever boto3 knows through ``aws-sdk:``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from converter.local import LocalAws
from converter.local.integrations.catalogue import optimised_actions, table
from converter.local.integrations.service_names import boto3_name

pytestmark = pytest.mark.full  # minutes on the real local AWS

SERVICE = "arn:aws:states:::"
DOCS = Path(__file__).parents[3] / "docs" / "local.md"


@pytest.fixture
def queue_url(aws: LocalAws) -> str:
    return str(aws.client("sqs").create_queue(QueueName="queue")["QueueUrl"])


@pytest.fixture
def received(aws: LocalAws, queue_url: str) -> Callable[[], Any]:
    def receive() -> Any:
        sqs = aws.client("sqs")
        answer = sqs.receive_message(QueueUrl=queue_url, WaitTimeSeconds=5, MessageAttributeNames=["All"])
        (message,) = answer["Messages"]
        return message

    return receive


def test_a_message_is_sent_and_an_object_becomes_json_text(
    run_task: Any, queue_url: str, received: Callable[[], Any]
) -> None:
    attributes = {"kind": {"DataType": "String", "StringValue": "test"}}
    arguments = {"QueueUrl": queue_url, "MessageBody": {"a": [1, "é"]}, "MessageAttributes": attributes}
    result = json.loads(run_task(SERVICE + "sqs:sendMessage", arguments)["output"])
    message = received()
    assert message["Body"] == '{"a":[1,"é"]}'
    assert message["MessageAttributes"] == attributes
    # The members of a recorded answer.
    assert set(result) == {
        *("MD5OfMessageAttributes", "MD5OfMessageBody", "MessageId"),
        *("SdkHttpMetadata", "SdkResponseMetadata"),
    }
    assert result["MessageId"] == message["MessageId"]


def test_what_is_published_reaches_the_subscriber(
    aws: LocalAws, run_task: Any, queue_url: str, received: Callable[[], Any]
) -> None:
    sns, sqs = aws.client("sns"), aws.client("sqs")
    topic = sns.create_topic(Name="topic")["TopicArn"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=attributes["QueueArn"])
    ended = run_task(SERVICE + "sns:publish", {"TopicArn": topic, "Message": {"n": 1}, "Subject": "s"})
    body = json.loads(received()["Body"])
    assert (body["Message"], body["Subject"]) == ('{"n":1}', "s")
    assert json.loads(ended["output"])["MessageId"] == body["MessageId"]


def test_events_carry_the_executions_arns(
    aws: LocalAws, run_task: Any, queue_url: str, received: Callable[[], Any]
) -> None:
    events, sqs = aws.client("events"), aws.client("sqs")
    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]
    events.put_rule(Name="rule", EventPattern=json.dumps({"source": ["my.source"]}))
    events.put_targets(Rule="rule", Targets=[{"Id": "queue", "Arn": attributes["QueueArn"]}])
    entry = {"Source": "my.source", "DetailType": "Done", "Detail": {"n": 1}, "Resources": ["mine"]}
    ended = run_task(SERVICE + "events:putEvents", {"Entries": [entry]})
    assert json.loads(ended["output"])["FailedEntryCount"] == 0
    event = json.loads(received()["Body"])
    assert event["detail"] == {"n": 1}
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:task"
    assert event["resources"] == ["mine", ended["executionArn"], machine]


@pytest.mark.parametrize(
    ("resource", "arguments", "error", "cause"),
    [
        # Recorded from AWS.
        (
            "sns:publish",
            {"TopicArn": "arn:aws:sns:us-east-1:123456789012:none", "Message": "m"},
            "SNS.NotFoundException",
            "Topic does not exist (Service: AmazonSNS; Status Code: 404; Error Code: NotFound; Request ID: ",
        ),
        (
            "sqs:sendMessage",
            {"QueueUrl": "http://127.0.0.1/123456789012/none", "MessageBody": ""},
            "SQS.AmazonSQSException",
            "The request must contain the parameter MessageBody. (Service: AmazonSQS; Status Code: 400; ",
        ),
        (
            "sqs:sendMessage",
            {"QueueUrl": "http://127.0.0.1/123456789012/none", "MessageBody": "m"},
            "SQS.QueueDoesNotExistException",
            "(Service: AmazonSQS; Status Code: 400; Error Code: AWS.SimpleQueueService.NonExistentQueue; ",
        ),
        (
            "events:putEvents",
            {"Entries": [{"Source": "s", "DetailType": "t", "Detail": "no JSON"}]},
            "EventBridge.FailedEntry",
            '"FailedEntryCount":1',
        ),
        # Recorded from AWS; the id of the request comes after it.
        (
            "aws-sdk:s3:getObject",
            {"Bucket": "bucket", "Key": "none"},
            "S3.NoSuchKeyException",
            "The specified key does not exist. (Service: S3, Status Code: 404, Request ID: ",
        ),
        (
            "aws-sdk:sqs:sendMessage",
            {"QueueUrl": "http://127.0.0.1/123456789012/none", "MessageBody": "m"},
            "Sqs.QueueDoesNotExistException",
            "(Service: Sqs, Status Code: 400, ",
        ),
        ("aws-sdk:redshiftdata:describeStatement", {"Id": "x"}, "RedshiftData.ResourceNotFoundException", ""),
        ("aws-sdk:glue:startCrawler", {"Name": "none"}, "Glue.EntityNotFoundException", ""),
        ("aws-sdk:cloudwatchlogs:deleteLogGroup", {"LogGroupName": "x"}, "CloudWatchLogs.", "does not exist"),
        ("aws-sdk:ssm:getParameter", {"Name": "none"}, "Ssm.ParameterNotFoundException", ""),
    ],
)
def test_errors_are_spelled_as_aws_spells_them(
    aws: LocalAws, run_task: Any, resource: str, arguments: dict[str, Any], error: str, cause: str
) -> None:
    aws.client("s3").create_bucket(Bucket="bucket")
    ended = run_task(SERVICE + resource, arguments)
    assert ended["status"] == "FAILED"
    assert ended["error"].startswith(error), ended["cause"]
    assert cause in ended["cause"]


def test_an_object_round_trips_through_s3(aws: LocalAws, run_task: Any) -> None:
    aws.client("s3").create_bucket(Bucket="bucket")
    place = {"Bucket": "bucket", "Key": "folder/file.json"}
    put = run_task(SERVICE + "aws-sdk:s3:putObject", {**place, "Body": {"n": 1}}, name="put")
    assert "ETag" in json.loads(put["output"])
    got = json.loads(run_task(SERVICE + "aws-sdk:s3:getObject", place, name="get")["output"])
    assert (got["Body"], got["ContentLength"]) == ('{"n":1}', 7)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", got["LastModified"])


def test_a_statement_of_redshift_is_polled(aws: LocalAws, run_task: Any) -> None:
    sql = "SELECT 1 /* --local-seconds 2 --local-outcome FAILED --local-error 'no such table' */"
    arguments = {"Sql": sql, "Database": "dev", "WorkgroupName": "work"}
    started = run_task(SERVICE + "aws-sdk:redshiftdata:executeStatement", arguments, name="start")
    identity = json.loads(started["output"])["Id"]
    client = aws.client("redshift-data")
    seen: list[str] = []
    while not seen or seen[-1] not in {"FINISHED", "FAILED"}:
        seen.append(client.describe_statement(Id=identity)["Status"])
    assert seen[-2:] == ["STARTED", "FAILED"]
    poll = run_task(SERVICE + "aws-sdk:redshiftdata:describeStatement", {"Id": identity}, name="poll")
    described = json.loads(poll["output"])
    assert (described["Status"], described["Error"]) == ("FAILED", "no such table")


def test_a_crawler_crawls_for_as_long_as_its_description_says(aws: LocalAws, run_task: Any) -> None:
    glue = aws.client("glue")
    glue.create_crawler(Name="c", Role="r", Targets={}, Description="--local-seconds 2")
    run_task(SERVICE + "aws-sdk:glue:startCrawler", {"Name": "c"}, name="start")
    again = run_task(SERVICE + "aws-sdk:glue:startCrawler", {"Name": "c"}, name="again")
    assert again["error"] == "Glue.CrawlerRunningException"
    states: list[str] = []
    while not states or states[-1] != "READY":
        states.append(glue.get_crawler(Name="c")["Crawler"]["State"])
    assert states[0] == "RUNNING"
    assert glue.get_crawler(Name="c")["Crawler"]["LastCrawl"]["Status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("service", "name"),
    [("sfn", "stepfunctions"), ("redshiftdata", "redshift-data"), ("s3", "s3"), ("unheardof", "unheardof")],
)
def test_services_have_other_names_in_boto3(service: str, name: str) -> None:
    assert boto3_name(service) == name


def test_the_docs_list_the_integrations() -> None:
    assert table() in DOCS.read_text()
    assert optimised_actions()["batch", "submitJob"] == {"", "sync"}
