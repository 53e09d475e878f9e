from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from waiting import wait_until


def wait_for_end(glue: Any, run_id: str, job: str = "job") -> Any:
    def end() -> Any:
        run = glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
        return run if run["JobRunState"] not in {"STARTING", "RUNNING", "STOPPING"} else None

    return wait_until(end, f"{run_id} has ended")


def test_a_run_ends_as_its_arguments_say_and_keeps_them(glue: Any, create_job: Callable[..., str]) -> None:
    create_job(seconds="60")
    arguments = {
        "--local-seconds": "0.2",
        "--local-outcome": "FAILED",
        "--local-error": "no disk",
        "--day": "1",
    }
    run_id = glue.start_job_run(JobName="job", Arguments=arguments)["JobRunId"]

    assert re.fullmatch("jr_[0-9a-f]{64}", run_id)
    run = wait_for_end(glue, run_id)
    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"] == "no disk"
    assert run["Arguments"] == arguments
    assert 0.1 < (run["CompletedOn"] - run["StartedOn"]).total_seconds() < 0.3


def test_the_jobs_defaults_apply_where_the_run_says_nothing(
    glue: Any, create_job: Callable[..., str]
) -> None:
    create_job(seconds="0.1", outcome="TIMEOUT")
    run = wait_for_end(glue, glue.start_job_run(JobName="job")["JobRunId"])
    assert run["JobRunState"] == "TIMEOUT"
    assert "Arguments" not in run


def test_pages_do_not_shift_when_runs_are_added(glue: Any, create_job: Callable[..., str]) -> None:
    create_job()
    ids = [glue.start_job_run(JobName="job")["JobRunId"] for _ in range(5)][::-1]
    first = glue.get_job_runs(JobName="job", MaxResults=2)
    glue.start_job_run(JobName="job")
    second = glue.get_job_runs(JobName="job", MaxResults=2, NextToken=first["NextToken"])
    third = glue.get_job_runs(JobName="job", MaxResults=2, NextToken=second["NextToken"])

    seen = [run["Id"] for page in (first, second, third) for run in page["JobRuns"]]
    assert seen == ids
    assert "NextToken" not in third


def test_one_run_at_a_time_unless_the_job_allows_more(glue: Any, create_job: Callable[..., str]) -> None:
    create_job(at_once=1)
    glue.start_job_run(JobName="job")
    with pytest.raises(ClientError, match="Concurrent runs exceeded for job") as refused:
        glue.start_job_run(JobName="job")
    assert refused.value.response["Error"]["Code"] == "ConcurrentRunsExceededException"


def test_stopping_reports_each_run(glue: Any, create_job: Callable[..., str]) -> None:
    create_job(seconds="60")
    run_id = glue.start_job_run(JobName="job")["JobRunId"]
    answer = glue.batch_stop_job_run(JobName="job", JobRunIds=[run_id, "jr_unknown"])

    assert [entry["JobRunId"] for entry in answer["SuccessfulSubmissions"]] == [run_id]
    assert [entry["JobRunId"] for entry in answer["Errors"]] == ["jr_unknown"]
    assert wait_for_end(glue, run_id)["JobRunState"] == "STOPPED"


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("start_job_run", {"JobName": "none"}),
        ("get_job_runs", {"JobName": "none"}),
        ("get_job_run", {"JobName": "none", "RunId": "jr_1"}),
    ],
)
def test_an_unknown_job_is_not_found(glue: Any, call: str, arguments: dict[str, str]) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(glue, call)(**arguments)
    assert refused.value.response["Error"]["Code"] == "EntityNotFoundException"


def test_a_wrong_local_argument_is_refused_at_the_start(glue: Any, create_job: Callable[..., str]) -> None:
    create_job()
    with pytest.raises(ClientError, match="--local-seconds is 'soon'"):
        glue.start_job_run(JobName="job", Arguments={"--local-seconds": "soon"})
