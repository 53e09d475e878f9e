"""Ordinary clients, unchanged: the aws command line and Airflow's own operator."""

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
from waiting import ended

from converter.local import LocalAws

AWS_COMMAND = Path(sys.executable).with_name("aws")
ROLE = "arn:aws:iam::123456789012:role/anything"


@pytest.fixture
def aws_command(aws: LocalAws) -> Callable[..., Any]:
    if not AWS_COMMAND.exists():
        pytest.skip("the aws command is not installed beside this Python")

    def run(*arguments: str) -> Any:
        environment = {**os.environ, **aws.environment()}
        del environment["AWS_ENDPOINT_URL"]
        done = subprocess.run(
            [str(AWS_COMMAND), "--endpoint-url", aws.endpoint, "--output", "json", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.startswith("{") else done.stdout

    return run


def test_the_aws_command_line_creates_starts_and_reads(aws_command: Callable[..., Any], sfn: Any) -> None:
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "Double",
        "States": {"Double": {"Type": "Pass", "Output": "{% $states.input.n * 2 %}", "End": True}},
    }
    machine = aws_command(
        *("stepfunctions", "create-state-machine", "--name", "doubling"),
        *("--definition", json.dumps(definition), "--role-arn", ROLE),
    )["stateMachineArn"]
    execution = aws_command(
        "stepfunctions", "start-execution", "--state-machine-arn", machine, "--input", '{"n": 21}'
    )["executionArn"]
    ended(sfn, execution)
    described = aws_command("stepfunctions", "describe-execution", "--execution-arn", execution)
    assert (described["status"], described["output"]) == ("SUCCEEDED", "42")
    history = aws_command("stepfunctions", "get-execution-history", "--execution-arn", execution)
    assert [event["type"] for event in history["events"]] == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]


def test_the_aws_command_line_deploys_a_template_twice(
    aws_command: Callable[..., Any], tmp_path: Path, sfn: Any
) -> None:
    template = tmp_path / "template.json"

    def deploy(word: str) -> None:
        definition = {
            "QueryLanguage": "JSONata",
            "StartAt": "S",
            "States": {"S": {"Type": "Succeed", "Output": word}},
        }
        trust = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "states.amazonaws.com"},
        }
        role = {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}},
        }
        machine = {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "StateMachineName": "deployed",
                "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                "Definition": definition,
            },
        }
        template.write_text(json.dumps({"Resources": {"Role": role, "Machine": machine}}))
        arguments = (
            "--stack-name",
            "s",
            "--template-file",
            str(template),
            "--capabilities",
            "CAPABILITY_IAM",
        )
        aws_command("cloudformation", "deploy", *arguments)

    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:deployed"
    for word in ("first", "second"):
        deploy(word)
        assert word in sfn.describe_state_machine(stateMachineArn=arn)["definition"]


OPERATOR = """
from unittest.mock import Mock

from airflow.providers.amazon.aws.operators.glue import GlueJobOperator

def run(outcome):
    return GlueJobOperator(
        task_id="job", job_name="job", script_args={"--local-outcome": outcome},
        job_poll_interval=0.1, update_config=False,
    ).execute({"ti": Mock()})

print("RUN", run("SUCCEEDED"))
try:
    run("FAILED")
except Exception as error:
    print("FAILED", type(error).__name__)
"""


@pytest.mark.skipif(find_spec("airflow") is None, reason="Airflow is not installed")
def test_airflows_glue_operator_runs_a_job(aws: LocalAws, create_job: Callable[..., str], glue: Any) -> None:
    create_job(seconds="0.3")
    environment = {
        **os.environ,
        **aws.environment(),
        "_AIRFLOW__AS_LIBRARY": "1",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "sqlite://",
    }
    done = subprocess.run(
        [sys.executable, "-c", OPERATOR],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    runs = glue.get_job_runs(JobName="job")["JobRuns"]
    assert [run["JobRunState"] for run in runs] == ["FAILED", "SUCCEEDED"]
    assert f"RUN {runs[1]['Id']}" in done.stdout, done.stderr
    assert "FAILED AirflowException" in done.stdout, done.stderr
