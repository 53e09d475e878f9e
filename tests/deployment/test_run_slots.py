"""max_active_runs on the local AWS, in real time."""

from __future__ import annotations

import itertools
import time
from typing import Any

import pytest
from waiting import read_when_ended, wait_until_task_runs
from workflows import glue, machine_of, workflow

from converter.asl.options import Options
from converter.deployment import deploy
from converter.executions import read_back, start, stop
from converter.packaging import write_bundle

pytestmark = pytest.mark.full  # minutes on the real local AWS

OPTIONS = Options(poll_interval=1)


@pytest.fixture
def sfn(session: Any, tmp_path: Any) -> Any:
    """Step Functions, where a DAG is deployed that may have one active run; its only task takes 1 s."""
    session.client("glue").create_job(
        Name="a",
        Role="arn:aws:iam::123456789012:role/any",
        Command={"Name": "glueetl", "ScriptLocation": "s3://scripts/a.py"},
        DefaultArguments={"--local-seconds": "1"},
        ExecutionProperty={"MaxConcurrentRuns": 10},
    )
    flow = workflow(glue("a"), dag_id="one_at_a_time", settings={"max_active_runs": 1}, source_hash="0" * 64)
    deploy(write_bundle(tmp_path / "bundle", flow, machine_of(flow, OPTIONS), OPTIONS), session)
    return session.client("stepfunctions")


def test_three_runs_come_one_after_the_other(sfn: Any) -> None:
    arns = [start(sfn, "one_at_a_time", run_id=f"r{number}") for number in range(3)]
    results = [read_when_ended(sfn, arn) for arn in arns]
    assert [result.status for result in results] == ["SUCCEEDED"] * 3
    tasks = sorted((result.tasks["a"] for result in results), key=lambda task: task.start)
    assert all(before.end <= after.start for before, after in itertools.pairwise(tasks))


def test_a_stopped_run_leaves_its_slot_to_the_next(sfn: Any, session: Any) -> None:
    session.client("glue").update_job(
        JobName="a",
        JobUpdate={
            "Role": "arn:aws:iam::123456789012:role/any",
            "Command": {"Name": "glueetl", "ScriptLocation": "s3://scripts/a.py"},
            "DefaultArguments": {"--local-seconds": "2"},
            "ExecutionProperty": {"MaxConcurrentRuns": 10},
        },
    )
    first = start(sfn, "one_at_a_time", run_id="first")
    wait_until_task_runs(sfn, first, "a")
    second = start(sfn, "one_at_a_time", run_id="second")
    time.sleep(0.5)
    assert read_back(sfn, second).tasks["a"].state is None
    stop(sfn, first)
    result = read_when_ended(sfn, second)
    assert result.status == "SUCCEEDED"
    assert result.tasks["a"].start >= read_back(sfn, first).stop
    [table] = session.client("dynamodb").list_tables()["TableNames"]
    item = session.client("dynamodb").get_item(TableName=table, Key={"id": {"S": "max_active_runs"}})["Item"]
    assert "holders" not in item
