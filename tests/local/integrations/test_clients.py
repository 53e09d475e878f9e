"""Several clients of one local AWS: boto3, the aws command line, Airflow's operators."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from converter.local import LocalAws

pytestmark = pytest.mark.full  # minutes on the real local AWS

AWS_COMMAND = Path(sys.executable).with_name("aws")
SERVICE = "arn:aws:states:::"


@pytest.fixture
def aws_command(aws: LocalAws) -> Callable[..., Any]:
    if not AWS_COMMAND.exists():
        pytest.skip("the aws command is not installed beside this Python")

    def run(*arguments: str) -> Any:
        done = subprocess.run(
            [str(AWS_COMMAND), "--endpoint-url", aws.endpoint, "--output", "json", *arguments],
            env={**os.environ, **aws.environment()},
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    return run


def test_boto3_starts_a_machine_and_the_command_line_carries_it_on(
    aws: LocalAws, sfn: Any, create_machine: Any, finish: Any, aws_command: Callable[..., Any]
) -> None:
    sqs = aws.client("sqs")
    queue_url = sqs.create_queue(QueueName="questions")["QueueUrl"]
    job = {
        "JobName": "night",
        "JobQueue": "queue",
        "JobDefinition": "definition",
        "Parameters": {"--local-seconds": "0.2"},
    }
    question = {
        "QueueUrl": queue_url,
        "MessageBody": {"token": "{% $states.context.Task.Token %}", "job": "{% $states.input.JobId %}"},
    }
    machine = create_machine(
        {
            "Job": {
                "Type": "Task",
                "Resource": SERVICE + "batch:submitJob.sync",
                "Arguments": job,
                "Next": "Ask",
            },
            "Ask": {
                "Type": "Task",
                "Resource": SERVICE + "sqs:sendMessage.waitForTaskToken",
                "Arguments": question,
                "End": True,
            },
        }
    )
    execution = sfn.start_execution(stateMachineArn=machine)["executionArn"]

    received = aws_command("sqs", "receive-message", "--queue-url", queue_url, "--wait-time-seconds", "10")
    body = json.loads(received["Messages"][0]["Body"])
    (described,) = aws_command("batch", "describe-jobs", "--jobs", body["job"])["jobs"]
    assert (described["jobName"], described["status"]) == ("night", "SUCCEEDED")
    aws_command(
        *("stepfunctions", "send-task-success", "--task-token", body["token"]),
        *("--task-output", '{"go": true}'),
    )
    assert json.loads(finish(execution)["output"]) == {"go": True}


OPERATORS = """
import sys
from unittest.mock import MagicMock

from airflow.providers.amazon.aws.operators.athena import AthenaOperator
from airflow.providers.amazon.aws.operators.ecs import EcsRunTaskOperator
from airflow.providers.amazon.aws.operators.emr import EmrServerlessStartJobOperator
from airflow.providers.amazon.aws.operators.glue_crawler import GlueCrawlerOperator
from airflow.providers.amazon.aws.operators.sagemaker import SageMakerProcessingOperator

ROLE = "arn:aws:iam::123456789012:role/r"
CLUSTER = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}

def operators(outcome):
    told = {"LOCAL_SECONDS": "0.3", "LOCAL_OUTCOME": outcome}
    pairs = [{"name": name, "value": value} for name, value in told.items()]
    sql = f"SELECT 1 -- --local-seconds 0.3 --local-outcome {outcome}"
    yield AthenaOperator(
        task_id="athena", query=sql, database="d", output_location="s3://b/", sleep_time=0,
    )
    yield EcsRunTaskOperator(
        task_id="ecs", cluster="c", task_definition="t", launch_type="FARGATE", waiter_delay=0,
        overrides={"containerOverrides": [{"name": "main", "environment": pairs}]},
    )
    yield EmrServerlessStartJobOperator(
        task_id="emr-serverless", application_id=sys.argv[1], execution_role_arn=ROLE,
        job_driver={"sparkSubmit": {"entryPoint": "s3://b/job.py"}}, config={"tags": told},
        waiter_delay=0, waiter_max_attempts=1000,
    )
    yield GlueCrawlerOperator(
        task_id="glue-crawler", poll_interval=0,
        config={"Name": "c" + outcome, "Role": "r", "Targets": {}, "Description": sql},
    )
    yield SageMakerProcessingOperator(
        task_id="sagemaker", check_interval=0, print_log=False, action_if_job_exists="fail",
        config={
            "ProcessingJobName": "p" + outcome, "RoleArn": ROLE, "Environment": told,
            "AppSpecification": {"ImageUri": "image"}, "ProcessingResources": {"ClusterConfig": CLUSTER},
        },
    )

for outcome in ("SUCCEEDED", "FAILED"):
    for operator in operators(outcome):
        try:
            operator.execute(MagicMock())
            print("SEEN", outcome, operator.task_id, "success")
        except Exception as error:
            print("SEEN", outcome, operator.task_id, "failure", str(error).replace(chr(10), " ")[:300])
"""


@pytest.mark.skipif(find_spec("airflow") is None, reason="Airflow is not installed")
def test_airflows_operators_see_how_jobs_end(aws: LocalAws) -> None:
    applications = aws.client("emr-serverless")
    application = applications.create_application(name="a", releaseLabel="emr-7.0.0", type="SPARK")
    applications.start_application(applicationId=application["applicationId"])
    environment = {
        **os.environ,
        **aws.environment(),
        "_AIRFLOW__AS_LIBRARY": "1",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "sqlite://",
    }
    done = subprocess.run(
        [sys.executable, "-c", OPERATORS, application["applicationId"]],
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    seen = [line.split(" ", 4) for line in done.stdout.splitlines() if line.startswith("SEEN ")]
    ends = {(outcome, service): end for _, outcome, service, end, *_ in seen}
    services = ("athena", "ecs", "emr-serverless", "glue-crawler", "sagemaker")
    expected = {("SUCCEEDED", service): "success" for service in services}
    expected |= {("FAILED", service): "failure" for service in services}
    assert ends == expected, (seen, done.stderr[-2000:])
