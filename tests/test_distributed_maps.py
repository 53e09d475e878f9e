"""Instances that are executions of their own: from the DAG file to the outcomes, under the stack's roles."""

from __future__ import annotations

import json
import textwrap
from collections import Counter

import pytest
from typer.testing import CliRunner

from converter.cli import app
from converter.local.permissions.policies import is_allowed
from converter.local.permissions.wanted import Wanted

pytestmark = pytest.mark.full  # on the real clock

COUNT = 43
#: With three retries, 1,024 instances would not fit the history of one execution.
DAG_FILE = f"""
    from datetime import datetime, timedelta

    from airflow.providers.amazon.aws.operators.sqs import SqsPublishOperator
    from airflow.sdk import DAG, task

    @task
    def queues(params=None):
        return [f"{{params['place']}}/q{{number}}" for number in range({COUNT})]

    @task(trigger_rule="all_done")
    def sent(found, dag_run=None):
        return len(list(found))

    with DAG("wide", schedule=None, start_date=datetime(2024, 1, 1), params={{"place": ""}}):
        briefly = timedelta(seconds=1)
        send = SqsPublishOperator.partial(
            task_id="send", message_content="{{{{ run_id }}}}", retries=3, retry_delay=briefly
        ).expand(sqs_queue=queues())
        place = {{"sqs_queue": "{{{{ params.place }}}}/around", "message_content": "x"}}
        up = SqsPublishOperator(task_id="up", **place).as_setup()
        up >> send
        sent(send.output) >> SqsPublishOperator(task_id="down", **place).as_teardown(setups=up)
"""


def dag2sfn(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def finished(*arguments):
    result = dag2sfn(*arguments, "--wait", "--interval", "0.5", "--format", "json")
    assert result.stdout, (result.stderr, result.exception)
    return json.loads(result.stdout)


def test_instances_run_fail_and_are_passed_by_as_those_of_one_execution(aws, session, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(aws, "enforces_iam", True)
    (tmp_path / "dag.py").write_text(textwrap.dedent(DAG_FILE))
    for command in (("convert", "dag.py", "-o", "build"), ("deploy", "build/wide")):
        result = dag2sfn(*command)
        assert result.exit_code == 0, (result.stdout, result.stderr, result.exception)
    sqs, sfn = aws.client("sqs"), aws.client("stepfunctions")
    urls = [sqs.create_queue(QueueName=f"q{number}")["QueueUrl"] for number in range(COUNT) if number != 7]
    sqs.create_queue(QueueName="around")
    conf = json.dumps({"place": urls[0].rsplit("/", 1)[0]})

    run = finished("run", "wide", "--conf", conf, "--run-id", "r")
    send = run["tasks"]["send"]
    assert Counter(one["state"] for one in send["instances"]) == {"success": COUNT - 1, "failed": 1}
    assert [one["attempts"] for one in send["instances"]][6:9] == [1, 4, 1]
    assert (run["status"], run["tasks"]["sent"]["output"]) == ("SUCCEEDED", COUNT - 1)
    # All of them ran as executions of the body, which is the machine with the tasks, under its role.
    body = next(one for one in sfn.list_state_machines()["stateMachines"] if "BodyMachine-" in one["name"])
    (execution,) = sfn.list_executions(stateMachineArn=body["stateMachineArn"])["executions"]
    role = sfn.describe_state_machine(stateMachineArn=body["stateMachineArn"])["roleArn"]
    other_dag = body["stateMachineArn"].rsplit("-", 1)[0] + "-1A2B3C4D5E6F"
    may_start = {
        arn: is_allowed(role, Wanted("states:StartExecution", arn))
        for arn in (body["stateMachineArn"], other_dag)
    }
    assert may_start == {body["stateMachineArn"]: True, other_dag: False}
    (map_run,) = sfn.list_map_runs(executionArn=execution["executionArn"])["mapRuns"]
    assert sfn.describe_map_run(mapRunArn=map_run["mapRunArn"])["executionCounts"]["succeeded"] == COUNT

    urls.insert(7, sqs.create_queue(QueueName="q7")["QueueUrl"])
    again = finished("run", "wide", "--resume", run["execution_arn"])
    assert [one["attempts"] for one in again["tasks"]["send"]["instances"]] == [0] * 7 + [1] + [0] * (
        COUNT - 8
    )
    assert (again["status"], again["tasks"]["sent"]["output"]) == ("SUCCEEDED", COUNT)
    bodies = [sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []) for url in urls]
    assert [[one["Body"] for one in body] for body in bodies] == [["r"]] * COUNT
