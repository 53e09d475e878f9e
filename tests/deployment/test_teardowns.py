"""A DAG with a teardown on the local AWS, in real time: cut short, it still tears down what was set up."""

from __future__ import annotations

from typing import Any

import pytest
from scripted_runs import states
from waiting import read_when_ended, wait_until_task_runs
from workflows import glue, workflow

from converter import pipeline
from converter.asl.options import Options
from converter.checks import check
from converter.deployment import deploy
from converter.executions import start, stop
from converter.workflow import TriggerRule

pytestmark = pytest.mark.full  # minutes on the real local AWS

SECONDS = {"before": 1, "create": 1, "work": 60, "delete": 1}


@pytest.fixture
def deployed(session: Any, tmp_path: Any) -> Any:
    for job, seconds in SECONDS.items():
        session.client("glue").create_job(
            Name=job,
            Role="arn:aws:iam::123456789012:role/any",
            Command={"Name": "glueetl", "ScriptLocation": "s3://scripts/a.py"},
            DefaultArguments={"--local-seconds": str(seconds)},
        )

    def make(**fields: Any) -> Any:
        flow = workflow(
            glue("before"),
            glue("create", "before", is_setup=True),
            glue("work", "create"),
            glue(
                "delete",
                "work",
                "create",
                is_teardown=True,
                trigger_rule=TriggerRule.ALL_DONE_SETUP_SUCCESS,
            ),
            dag_id="cluster",
            source_hash="0" * 64,
            **fields,
        )
        bundle = pipeline.write(pipeline.convert(flow, Options(poll_interval=1)), tmp_path)
        assert check(bundle) == []
        deploy(bundle, session)
        return session.client("stepfunctions")

    return make


def test_a_stopped_run_tears_down_what_was_set_up(deployed: Any) -> None:
    sfn = deployed()
    arn = start(sfn, "cluster", run_id="r")
    wait_until_task_runs(sfn, arn, "work")
    assert stop(sfn, arn, "Stopped", "enough") == "RUNNING"
    result = read_when_ended(sfn, arn)
    assert states(result) == {"before": "success", "create": "success", "work": "failed", "delete": "success"}
    assert (result.status, result.error, result.cause) == ("ABORTED", "Stopped", "enough")
    assert result.tasks["delete"].start >= result.tasks["work"].start


def test_a_run_that_takes_too_long_tears_down_what_was_set_up(deployed: Any) -> None:
    sfn = deployed(dagrun_timeout=6.0)
    result = read_when_ended(sfn, start(sfn, "cluster", run_id="r"))
    assert states(result) == {
        "before": "success",
        "create": "success",
        "work": "skipped",
        "delete": "success",
    }
    assert result.status == "TIMED_OUT"


def test_a_run_that_is_stopped_before_its_setup_tears_nothing_down(deployed: Any) -> None:
    sfn = deployed()
    arn = start(sfn, "cluster", run_id="r")
    wait_until_task_runs(sfn, arn, "before")
    stop(sfn, arn)
    result = read_when_ended(sfn, arn)
    assert states(result) == {"before": "failed", "create": "skipped", "work": "skipped", "delete": "skipped"}
    assert result.status == "ABORTED"
