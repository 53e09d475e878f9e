"""Machines of converted operators run on the local AWS, whose services take their calls."""

import json

import pytest
from waiting import ended
from workflows import workflow

from converter.asl.options import Options
from converter.executions import read_back
from converter.pipeline import convert
from converter.workflow import Task

pytestmark = pytest.mark.full

AMAZON = "airflow.providers.amazon.aws.operators"
ROLE = "arn:aws:iam::123456789012:role/r"


@pytest.fixture
def client(aws):
    return aws.client


def task(task_id, operator, *upstream, **arguments):
    return Task(task_id, f"{AMAZON}.{operator}", arguments=arguments, upstream=upstream)


def ran(client, *tasks):
    """Return the tasks of a run of their machine, from its history: its data drops what nobody reads."""
    conversion = convert(workflow(*tasks), Options(resumable=False))
    assert conversion.machine is not None, [str(problem) for problem in conversion.diagnostics]
    sfn = client("stepfunctions")
    machine = sfn.create_state_machine(
        name="converted", definition=json.dumps(conversion.machine.definition), roleArn=ROLE
    )["stateMachineArn"]
    run = {"conf": {}, "params": {}, "run_id": "r", "logical_date": "2026-01-01T00:00:00+00:00"}
    execution = sfn.start_execution(stateMachineArn=machine, input=json.dumps(run))["executionArn"]
    found = ended(sfn, execution)
    tasks = read_back(sfn, execution).tasks
    sfn.delete_state_machine(stateMachineArn=machine)
    assert found["status"] == "SUCCEEDED", found.get("cause")
    return tasks


def test_objects_and_buckets(client):
    tasks = ran(
        client,
        task("make", "s3.S3CreateBucketOperator", bucket_name="bucket"),
        task("again", "s3.S3CreateBucketOperator", "make", bucket_name="bucket"),
        task(
            "write",
            "s3.S3CreateObjectOperator",
            "again",
            s3_bucket="bucket",
            s3_key="in/x",
            data="text",
            replace=True,
        ),
        task(
            "copy",
            "s3.S3CopyObjectOperator",
            "write",
            source_bucket_key="s3://bucket/in/x",
            dest_bucket_key="s3://bucket/in/y",
        ),
        task("list", "s3.S3ListOperator", "copy", bucket="bucket", prefix="in/"),
        task("read", "s3.S3ReadObjectOperator", "list", s3_bucket="bucket", s3_key="in/y"),
        task("drop", "s3.S3DeleteBucketOperator", "read", bucket_name="bucket", force_delete=True),
        task("gone", "s3.S3DeleteBucketOperator", "drop", bucket_name="bucket"),
    )
    assert tasks["list"].output == ["in/x", "in/y"]
    assert tasks["read"].output == "text"
    assert client("s3").list_buckets()["Buckets"] == []


def test_messages(client):
    queue = client("sqs").create_queue(QueueName="q")["QueueUrl"]
    topic = client("sns").create_topic(Name="t")["TopicArn"]
    tasks = ran(
        client,
        task("send", "sqs.SqsPublishOperator", sqs_queue=queue, message_content="hello"),
        task("tell", "sns.SnsPublishOperator", "send", target_arn=topic, message="hello"),
    )
    assert "MessageId" in tasks["send"].output
    assert "MessageId" in tasks["tell"].output
    received = client("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert [message["Body"] for message in received] == ["hello"]


def test_a_crawler_is_made_run_to_its_end_and_deleted(client):
    config = {"Name": "c", "Role": ROLE, "Targets": {"S3Targets": [{"Path": "s3://b/"}]}}
    tasks = ran(
        client,
        task("run", "glue_crawler.GlueCrawlerOperator", config=config, poll_interval=1),
        task("drop", "glue_crawler.GlueCrawlerDeleteOperator", "run", crawler_name="c"),
    )
    assert tasks["run"].output == "c"
    assert client("glue").list_crawlers()["CrawlerNames"] == []


def test_a_database_instance_is_made_and_deleted_with_the_waits(client):
    tasks = ran(
        client,
        task(
            "make", "rds.RdsCreateDbInstanceOperator", db_instance_identifier="i", waiter_delay=1,
            db_instance_class="db.t3.micro", engine="postgres",
            rds_kwargs={"MasterUsername": "u", "MasterUserPassword": "password", "AllocatedStorage": 20},
        ),
        task(
            "drop", "rds.RdsDeleteDbInstanceOperator", "make", db_instance_identifier="i", waiter_delay=1,
            rds_kwargs={"SkipFinalSnapshot": True},
        ),
    )  # fmt: skip
    assert json.loads(tasks["make"].output)["DbInstance"]["DbInstanceIdentifier"] == "i"
    assert client("rds").describe_db_instances()["DBInstances"] == []
