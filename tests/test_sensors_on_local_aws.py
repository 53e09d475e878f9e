"""Sensors from the DAG file to the outcomes: converted, deployed, and run on the local AWS in real time."""

from __future__ import annotations

import json
import textwrap
import threading

import pytest
from typer.testing import CliRunner

from converter.cli import app

pytestmark = pytest.mark.full  # on the real clock

DAG_FILE = """
    from datetime import datetime, timedelta

    from airflow.providers.amazon.aws.sensors.s3 import S3KeySensor
    from airflow.providers.amazon.aws.sensors.sqs import SqsSensor
    from airflow.providers.amazon.aws.sensors.step_function import StepFunctionExecutionSensor
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.providers.standard.sensors.time_delta import WaitSensor
    from airflow.sdk import DAG

    BRIEFLY = {"poke_interval": 1, "timeout": 60}
    with DAG("sensors", schedule=None, start_date=datetime(2024, 1, 1)):
        key = "s3://data/in/{{ dag_run.conf['day'] }}.csv"
        arrives = S3KeySensor(task_id="arrives", bucket_key=key, **BRIEFLY)
        pattern = S3KeySensor(
            task_id="pattern", bucket_key="in/*.csv", bucket_name="data", wildcard_match=True, **BRIEFLY
        )
        missing = S3KeySensor(
            task_id="missing", bucket_key="s3://data/no", poke_interval=1, timeout=2, soft_fail=True
        )
        no_bucket = S3KeySensor(task_id="no_bucket", bucket_key="s3://none/no", poke_interval=1, timeout=1)
        queue = SqsSensor(task_id="queue", sqs_queue="{{ dag_run.conf['queue'] }}", **BRIEFLY)
        ended = StepFunctionExecutionSensor(
            task_id="ended", execution_arn="{{ dag_run.conf['execution'] }}", **BRIEFLY
        )
        waits = WaitSensor(task_id="waits", time_to_wait=timedelta(seconds=2))
        missing >> EmptyOperator(task_id="behind_missing")
        arrives >> EmptyOperator(task_id="behind_arrives")
"""
ROLE = "arn:aws:iam::123456789012:role/example"
SHORT = {
    "StartAt": "wait",
    "States": {
        "wait": {"Type": "Wait", "Seconds": 1, "Next": "end"},
        "end": {"Type": "Pass", "Result": {"n": 1}, "End": True},
    },
}


def dag2sfn(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_sensors_see_what_comes_into_being(aws, session, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dag.py").write_text(textwrap.dedent(DAG_FILE))
    for command in (("convert", "dag.py", "-o", "build"), ("deploy", "build/sensors")):
        result = dag2sfn(*command)
        assert result.exit_code == 0, (result.stdout, result.stderr, result.exception)
    s3, sqs, sfn = (aws.client(name) for name in ("s3", "sqs", "stepfunctions"))
    s3.create_bucket(Bucket="data")
    queue = sqs.create_queue(QueueName="orders")["QueueUrl"]
    machine = sfn.create_state_machine(name="short", definition=json.dumps(SHORT), roleArn=ROLE)
    execution = sfn.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
    later = [
        threading.Timer(4, lambda: s3.put_object(Bucket="data", Key="in/monday.csv", Body=b"")),
        threading.Timer(3, lambda: sqs.send_message(QueueUrl=queue, MessageBody="hello")),
    ]
    for timer in later:
        timer.start()
    conf = {"day": "monday", "queue": queue, "execution": execution}
    result = dag2sfn(
        "run", "sensors", "--conf", json.dumps(conf), "--run-id", "r", "--wait", "--format", "json"
    )
    run = json.loads(result.stdout)
    tasks = run["tasks"]
    assert {name: task["state"] for name, task in tasks.items()} == {
        "arrives": "success",
        "pattern": "success",
        "missing": "skipped",
        "no_bucket": "failed",
        "queue": "success",
        "ended": "success",
        "waits": "success",
        "behind_missing": "skipped",
        "behind_arrives": "success",
    }, result.stderr
    assert run["status"] == "FAILED"  # no_bucket is a leaf
    assert tasks["no_bucket"]["error"] == "AirflowSensorTimeout"
    assert "Messages" not in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=0)  # it was deleted


TWO_DAGS = """
    from datetime import datetime, timedelta

    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.providers.standard.sensors.external_task import ExternalTaskSensor
    from airflow.providers.standard.sensors.time_delta import WaitSensor
    from airflow.providers.amazon.aws.operators.sqs import SqsPublishOperator
    from airflow.sdk import DAG

    with DAG("other", schedule=None, start_date=datetime(2024, 1, 1)):
        first = WaitSensor(task_id="first", time_to_wait=timedelta(seconds=2))
        first >> SqsPublishOperator(task_id="fails", sqs_queue="https://none", message_content="m")
    with DAG("waits", schedule=None, start_date=datetime(2024, 1, 1)):
        BEFORE = {"external_dag_id": "other", "poke_interval": 1, "execution_delta": timedelta(hours=1)}
        ExternalTaskSensor(task_id="run", allowed_states=["failed"], **BEFORE)
        ExternalTaskSensor(task_id="task", external_task_id="first", timeout=60, **BEFORE)
        ExternalTaskSensor(task_id="failed", external_task_id="fails", failed_states=["failed"], **BEFORE)
        none = {"external_dag_id": "other", "poke_interval": 1, "timeout": 1}
        ExternalTaskSensor(task_id="none", soft_fail=True, **none)
"""


def test_a_dag_waits_for_a_run_of_another(aws, session, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dag.py").write_text(textwrap.dedent(TWO_DAGS))
    run_of_other = ("run", "other", "--run-id", "scheduled__2026-01-01T05:00:00+00:00")
    for command in (
        ("convert", "dag.py", "-o", "build"),
        ("deploy", "build/other"),
        ("deploy", "build/waits"),
        (*run_of_other, "--logical-date", "2026-01-01T05:00:00"),
    ):
        result = dag2sfn(*command)
        assert result.exit_code == 0, (result.stdout, result.stderr, result.exception)
    result = dag2sfn("run", "waits", "--logical-date", "2026-01-01T06:00:00", "--wait", "--format", "json")
    tasks = json.loads(result.stdout)["tasks"]
    assert {name: task["state"] for name, task in tasks.items()} == {
        "run": "success",
        "task": "success",
        "failed": "failed",
        "none": "skipped",
    }, result.stderr
