"""One script, three clients: boto3, the aws command line and Airflow's operators get the same answers."""

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
from waiting import ended, wait_until

from converter.local import LocalAws

pytestmark = pytest.mark.full

AWS_COMMAND = Path(sys.executable).with_name("aws")
MACHINE = {
    "Job": {
        "Type": "Task",
        "Resource": "arn:aws:states:::glue:startJobRun.sync",
        "Arguments": {"JobName": "job", "Arguments": {"--day": "{% $states.input.day %}"}},
        "Output": {"day": "{% $states.input.day %}", "state": "{% $states.result.JobRunState %}"},
        "End": True,
    }
}
INPUT = json.dumps({"day": "2026-01-01"})


def by_boto3(aws: LocalAws, machine: str) -> Any:
    sfn, glue = aws.client("stepfunctions"), aws.client("glue")
    execution = sfn.start_execution(stateMachineArn=machine, input=INPUT)["executionArn"]
    output = ended(sfn, execution)["output"]
    run = glue.start_job_run(JobName="job")["JobRunId"]
    job = {"JobName": "job", "RunId": run}
    wait_until(lambda: glue.get_job_run(**job)["JobRun"]["JobRunState"] == "SUCCEEDED", "the job has run")
    return json.loads(output)


def by_the_command_line(aws: LocalAws, machine: str) -> Any:
    script = f"""
        set -eu
        execution=$(aws stepfunctions start-execution --state-machine-arn {machine} \\
            --input '{INPUT}' --query executionArn --output text)
        describe() {{
            aws stepfunctions describe-execution --execution-arn "$execution" --query "$1" --output text
        }}
        while test "$(describe status)" = RUNNING; do sleep 0.1; done
        run=$(aws glue start-job-run --job-name job --query JobRunId --output text)
        state() {{
            aws glue get-job-run --job-name job --run-id "$run" --query JobRun.JobRunState --output text
        }}
        until test "$(state)" = SUCCEEDED; do sleep 0.1; done
        describe output
    """
    path = f"{AWS_COMMAND.parent}{os.pathsep}{os.environ['PATH']}"
    return json.loads(run_in(aws, ["bash", "-c", script], PATH=path))


def by_airflows_operators(aws: LocalAws, machine: str) -> Any:
    script = f"""
import json
from unittest.mock import MagicMock
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.providers.amazon.aws.operators.step_function import (
    StepFunctionGetExecutionOutputOperator, StepFunctionStartExecutionOperator)
from airflow.providers.amazon.aws.sensors.step_function import StepFunctionExecutionSensor

context = {{"ti": MagicMock(), "task_instance": MagicMock()}}
execution = StepFunctionStartExecutionOperator(
    task_id="start", state_machine_arn={machine!r}, state_machine_input={INPUT!r}).execute(context)
StepFunctionExecutionSensor(task_id="wait", execution_arn=execution, poke_interval=0.1).execute(context)
output = StepFunctionGetExecutionOutputOperator(task_id="read", execution_arn=execution).execute(context)
GlueJobOperator(task_id="job", job_name="job", job_poll_interval=0.1, update_config=False).execute(context)
print("OUTPUT", json.dumps(output))
"""
    printed = run_in(
        aws,
        [sys.executable, "-c", script],
        _AIRFLOW__AS_LIBRARY="1",
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN="sqlite://",
    )
    return json.loads(next(line for line in printed.splitlines() if line.startswith("OUTPUT"))[7:])


def run_in(aws: LocalAws, command: list[str], **variables: str) -> str:
    environment = {**os.environ, **aws.environment(), **variables}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("play", [by_boto3, by_the_command_line, by_airflows_operators])
def test_each_client_starts_waits_and_reads(
    play: Callable[[LocalAws, str], Any],
    aws: LocalAws,
    create_machine: Callable[..., str],
    create_job: Callable[..., str],
    glue: Any,
) -> None:
    if play is by_the_command_line and not AWS_COMMAND.exists():
        pytest.skip("the aws command is not installed beside this Python")
    if play is by_airflows_operators and find_spec("airflow") is None:
        pytest.skip("Airflow is not installed")
    create_job(seconds="0.3")
    assert play(aws, create_machine(MACHINE)) == {"day": "2026-01-01", "state": "SUCCEEDED"}
    runs = glue.get_job_runs(JobName="job")["JobRuns"]
    assert [run["JobRunState"] for run in runs] == ["SUCCEEDED", "SUCCEEDED"]
    assert runs[1]["Arguments"] == {"--day": "2026-01-01"}
