"""Against the local AWS, through HTTP: the answers are not shaped by these tests."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from converter.executions import follow, read_back, start, stop
from converter.workflow import Task

GLUE = "airflow.providers.amazon.aws.operators.glue.GlueJobOperator"
ROLE = "arn:aws:iam::123456789012:role/anything"


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    # In a process of its own: one process holds one local AWS, and other tests may have theirs in this one.
    server = subprocess.Popen(
        [sys.executable, "-c", "from converter.local import serve; serve(0)"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    try:
        endpoint = re.search(r"http://\S+", server.stdout.readline())
        assert endpoint is not None
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        made = boto3.Session(region_name="us-east-1", **keys)
        yield lambda name: made.client(name, endpoint_url=endpoint[0])
    finally:
        server.terminate()
        server.communicate(timeout=60)


@pytest.fixture(scope="module")
def jobs(session: Any) -> None:
    for name, seconds, outcome in (("quick", "0", "SUCCEEDED"), ("bad", "0", "FAILED"), ("slow", "60", "")):
        arguments = {"--local-seconds": seconds, **({"--local-outcome": outcome} if outcome else {})}
        session("glue").create_job(
            Name=name,
            Role=ROLE,
            Command={"Name": "glueetl", "ScriptLocation": "s3://scripts/job.py"},
            DefaultArguments=arguments,
        )


def deploy(session: Any, converted: Any, dag_id: str, *tasks: Task) -> Any:
    client = session("stepfunctions")
    definition = json.dumps(converted(*tasks))
    client.create_state_machine(name=f"dag2sfn-{dag_id}", definition=definition, roleArn=ROLE)
    return client


def glue(task_id: str, job: str, *upstream: str) -> Task:
    return Task(task_id, GLUE, arguments={"job_name": job}, upstream=upstream)


@pytest.mark.usefixtures("jobs")
def test_a_run_is_started_followed_and_read_back(session: Any, converted: Any) -> None:
    tasks = [glue("a", "quick"), glue("b", "bad", "a"), glue("c", "quick", "b")]
    client = deploy(session, converted, "followed", *tasks)

    arn = start(client, "followed", conf={"day": 1}, run_id="manual__2026-01-01T00:00:00+00:00")
    results = list(follow(client, arn, interval=0.05))

    assert {task_id: task.state for task_id, task in results[-1].tasks.items()} == {
        "a": "success",
        "b": "failed",
        "c": "upstream_failed",
    }
    last = results[-1].tasks
    assert last["a"].start is not None
    assert last["a"].start <= last["a"].end <= last["b"].start <= last["b"].end
    assert last["a"].output.startswith("jr_")
    assert results[-1] == read_back(client, arn)
    # A second run of the same run_id is another execution.
    again = start(client, "followed", conf={"day": 1}, run_id="manual__2026-01-01T00:00:00+00:00")
    assert again == f"{arn}-2"


@pytest.mark.usefixtures("jobs")
def test_a_running_run_is_stopped(session: Any, converted: Any) -> None:
    client = deploy(session, converted, "stopped", glue("a", "slow"), glue("b", "quick", "a"))
    arn = start(client, "stopped", run_id="r")

    for result in follow(client, arn, interval=0.05):
        if result.tasks["a"].state == "running" and result.status == "RUNNING":
            assert stop(client, arn, "Stopped", "enough") == "RUNNING"

    assert (result.status, result.error, result.cause) == ("ABORTED", "Stopped", "enough")
    assert (result.tasks["a"].state, result.tasks["b"].state) == ("failed", "skipped")
    assert stop(client, arn, "Stopped", "again") == "ABORTED"
    assert read_back(client, arn) == result
