from __future__ import annotations

from typing import Any

import pytest
from scripted_runs import ARN, at, fails, states, succeeds
from workflows import glue

from converter.asl.options import Failures
from converter.engine import TaskCall, TaskResult
from converter.executions import read_back
from converter.workflow import Retries


def test_in_the_middle_tasks_run_or_have_not_begun(converted: Any, simulate: Any, fan_in: Any) -> None:
    result = read_back(
        simulate(converted(*fan_in.tasks), fan_in.with_glue3(succeeds(40)), until=10).client(), ARN
    )

    assert (result.status, result.state, result.stop) == ("RUNNING", "running", None)
    assert states(result) == {
        "glue1": "success",
        "glue2": "success",
        "glue3": "running",
        "report_a": None,
        "report_b": None,
    }
    assert (result.tasks["glue1"].output, result.tasks["glue1"].end) == ("jr_2", at(2))
    assert (result.tasks["glue3"].start, result.tasks["glue3"].end) == (at(0), None)
    assert (result.tasks["report_b"].start, result.tasks["report_b"].attempts) == (None, 0)


def test_in_the_middle_a_failure_is_already_known(converted: Any, simulate: Any) -> None:
    definition = converted(glue("a"), glue("b"), glue("after_a", "a"))
    service = simulate(
        definition, lambda call: fails(1) if call.state_name == "a" else succeeds(60), until=10
    )

    result = read_back(service.client(), ARN)

    assert states(result) == {"a": "failed", "b": "running", "after_a": "upstream_failed"}


def test_dagrun_timeout_skips_what_is_unfinished_as_airflow_does(
    converted: Any, simulate: Any, fan_in: Any
) -> None:
    definition = converted(*fan_in.tasks, dagrun_timeout=10)

    result = read_back(simulate(definition, fan_in.with_glue3(succeeds(40))).client(), ARN)

    assert (result.status, result.state, result.stop) == ("TIMED_OUT", "failed", at(10))
    assert states(result) == {
        "glue1": "success",
        "glue2": "success",
        "glue3": "skipped",
        "report_a": "skipped",
        "report_b": "skipped",
    }
    assert (result.tasks["glue3"].start, result.tasks["glue3"].end) == (at(0), at(10))
    assert (result.tasks["report_a"].start, result.tasks["report_a"].end) == (None, None)


def test_stopping_fails_what_runs_and_skips_the_rest(converted: Any, simulate: Any, fan_in: Any) -> None:
    between = glue("between", retries=Retries(1, delay=100))
    second_try = glue("second_try", retries=Retries(1, delay=1))
    behaviour = fan_in.with_glue3(succeeds(40))

    def behaviour_of_all(call: TaskCall) -> TaskResult:
        if call.state_name not in ("between", "second_try"):
            return behaviour(call)
        return succeeds(40) if call.retry_count else fails(1)

    service = simulate(converted(*fan_in.tasks, between, second_try), behaviour_of_all, stop_after=10)

    result = read_back(service.client(), ARN)

    assert (result.status, result.state) == ("ABORTED", "failed")
    assert (result.error, result.cause, result.stop) == ("Stopped", "by hand", at(10))
    assert states(result) == {
        "glue1": "success",
        "glue2": "success",
        "glue3": "failed",
        "report_a": "skipped",
        "report_b": "skipped",
        # Between two tries, up_for_retry: Airflow skips it when the run is marked failed.
        "between": "skipped",
        "second_try": "failed",
    }
    assert result.tasks["glue3"].end == at(10)
    assert (result.tasks["between"].attempts, result.tasks["second_try"].attempts) == (1, 2)


def test_where_failures_stop_the_run_the_outcomes_are_those_of_fail_fast(
    converted: Any, simulate: Any, fan_in: Any
) -> None:
    definition = converted(*fan_in.tasks, glue("slow"), failures=Failures.STOP)
    behaviour = fan_in.with_glue3(fails(12, "Glue.Oops"))
    service = simulate(
        definition, lambda call: succeeds(50) if call.state_name == "slow" else behaviour(call)
    )

    result = read_back(service.client(), ARN)

    assert (result.status, result.error, result.stop) == ("FAILED", "Glue.Oops", at(12))
    assert states(result) == {
        "glue1": "success",
        "glue2": "success",
        "glue3": "failed",
        "report_a": "skipped",
        "report_b": "skipped",
        "slow": "failed",
    }
    assert (result.tasks["glue3"].error, result.tasks["glue3"].end) == ("Glue.Oops", at(12))
    assert (result.tasks["slow"].error, result.tasks["slow"].end) == (None, at(12))
    assert result.tasks["glue1"].output == "jr_2"


@pytest.mark.parametrize("gives_up", ["at its deadline", "without an answer"])
def test_where_failures_stop_the_run_a_poller_that_gives_up_fails_its_task(
    converted: Any, simulate: Any, fan_in: Any, gives_up: str
) -> None:
    definition = converted(*fan_in.tasks, failures=Failures.STOP, deadline=30)
    behaviour = fan_in.with_glue3(succeeds(500))

    def broken_poller(call: TaskCall) -> TaskResult:
        asked = ": ask for " in call.state_name and gives_up == "without an answer"
        return fails(0, "Broken") if asked else behaviour(call)

    result = read_back(simulate(definition, broken_poller).client(), ARN)

    error = "Broken" if gives_up == "without an answer" else "AwaitDeadlineExceeded"
    assert result.error == error
    report_b = result.tasks["report_b"]
    assert (report_b.state, report_b.start, report_b.attempts, report_b.error) == ("failed", None, 0, error)
    # Ended while it ran, as by fail_fast.
    assert (result.tasks["glue3"].state, result.tasks["glue3"].error) == ("failed", None)
    assert result.tasks["report_a"].state == "skipped"


def test_an_error_that_cannot_be_caught_is_its_tasks_error(converted: Any, simulate: Any) -> None:
    definition = converted(glue("a"), glue("b", "a"))
    too_much = TaskResult(1, {"Id": "x" * 200_000})
    definition["States"]["a"]["Output"] = "{% $states.result.Id & $states.result.Id %}"

    result = read_back(simulate(definition, {"a": too_much}).client(), ARN)

    assert result.error == "States.DataLimitExceeded"
    assert states(result) == {"a": "failed", "b": "skipped"}
    assert result.tasks["a"].error == "States.DataLimitExceeded"


def test_an_execution_that_was_redriven_runs_again(converted: Any, simulate: Any) -> None:
    service = simulate(converted(glue("a"), glue("b", "a")), {"a": succeeds(1), "b": fails(1)})
    service.events.append(
        {
            "id": len(service.events) + 1,
            "previousEventId": len(service.events),
            "type": "ExecutionRedriven",
            "timestamp": at(100),
            "executionRedrivenEventDetails": {"redriveCount": 1},
        }
    )

    result = read_back(service.client(), ARN)

    assert (result.status, result.stop, result.error) == ("RUNNING", None, None)
