from __future__ import annotations

import pytest

from converter.executions import RunResult, TaskResult
from dag2sfn_airflow.outputs import failure, resolve, summary, xcoms

ARN = "arn:aws:states:eu-west-1:123456789012:execution:dag2sfn-etl:manual__1"


def result(status="SUCCEEDED", error=None, cause=None, **tasks):
    return RunResult(ARN, status, tasks, error=error, cause=cause)


def test_each_output_keeps_its_type_and_its_tasks_name():
    outputs = {"number": 3, "text": "3", "list": [1, {"a": None}], "truth": False, "float": 1.5}
    run = result(**{name: TaskResult("success", output=value) for name, value in outputs.items()})
    assert xcoms(run) == outputs


def test_other_keys_and_tasks_without_output():
    run = result(load=TaskResult("success", output=1, xcom={"rows": 5}), empty=TaskResult("success"))
    assert xcoms(run) == {"load": 1, "load[rows]": 5}


def test_large_values_are_references_that_can_be_read(monkeypatch):
    run = result(load=TaskResult("success", output="x" * 100, xcom={"rows": list(range(100))}))
    found = xcoms(run, largest=50)
    assert found["load"]["dag2sfn_output"] == {
        "execution_arn": ARN,
        "task_id": "load",
        "key": None,
        "bytes": 102,
    }
    monkeypatch.setattr("converter.executions.read_back", lambda client, arn: run)
    assert resolve(None, found["load"]) == "x" * 100
    assert resolve(None, found["load[rows]"]) == list(range(100))
    assert resolve(None, {"other": 1}) == {"other": 1}


def test_the_summary_has_every_tasks_state():
    run = result(load=TaskResult("success"), late=TaskResult("skipped"))
    assert summary(run) == {
        "execution_arn": ARN,
        "status": "SUCCEEDED",
        "tasks": {"load": "success", "late": "skipped"},
    }


def test_a_failure_names_the_tasks_with_their_causes():
    text = failure(
        result(
            "FAILED",
            load=TaskResult("failed", error="Glue.JobFailed", cause="no such table"),
            job=TaskResult(
                "failed", error="States.TaskFailed", cause='{"JobName": "j", "ErrorMessage": "exit 1"}'
            ),
            check=TaskResult(
                "failed", error="ValueError", cause='{"errorMessage": "no rows", "stackTrace": []}'
            ),
            clean=TaskResult("failed"),
            report=TaskResult("upstream_failed"),
        )
    )
    assert "task load failed: Glue.JobFailed: no such table" in text
    # Of what Lambda and Glue say, the message.
    assert "task job failed: States.TaskFailed: exit 1\n" in text
    assert "task check failed: ValueError: no rows\n" in text
    assert "task clean failed: no reason is known" in text
    assert "not run because of that: report" in text


@pytest.mark.parametrize(
    ("status", "words"),
    [("TIMED_OUT", "dagrun_timeout; not finished: load"), ("ABORTED", "was stopped: by anna")],
)
def test_other_ends_are_told_as_what_they_are(status, words):
    assert words in failure(result(status, "Stopped", "by anna", load=TaskResult("skipped")))


def test_without_a_failed_task_the_executions_own_error_is_told():
    assert "States.Runtime: broken" in failure(result("FAILED", "States.Runtime", "broken"))
