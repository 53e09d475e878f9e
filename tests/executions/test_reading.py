from __future__ import annotations

from typing import Any

import pytest
from scripted_runs import ARN, at, fails, states, succeeds
from workflows import GLUE, empty, glue

from converter.asl.options import Failures
from converter.diagnostics import Dag2SfnError
from converter.engine import TaskCall, TaskResult
from converter.executions import read_back
from converter.workflow import Retries, Task


def test_a_success_is_read_back_with_times_attempts_and_outputs(
    converted: Any, simulate: Any, fan_in: Any
) -> None:
    service = simulate(converted(*fan_in.tasks), fan_in.with_glue3(succeeds(40)))

    result = read_back(service.client(), ARN)

    assert (result.status, result.state, result.error, result.cause) == ("SUCCEEDED", "success", None, None)
    assert {
        task_id: (task.state, task.start, task.end, task.attempts, task.output)
        for task_id, task in result.tasks.items()
    } == {
        "glue1": ("success", at(0), at(2), 1, "jr_2"),
        "glue2": ("success", at(0), at(3), 1, "jr_3"),
        "glue3": ("success", at(0), at(40), 1, "jr_40"),
        "report_a": ("success", at(40), at(45), 1, "jr_5"),
        # Asked at 3 s, 33 s and 63 s.
        "report_b": ("success", at(63), at(68), 1, "jr_5"),
    }
    assert (result.start, result.stop) == (at(0), at(68))
    assert result.status_calls == 3
    assert result.events == len(service.events)
    # Outer Parallel, inner Parallel, its two jobs, ready?, report_a: 6. glue2, three times ask and
    # finished?, two times wait, report_b: 10. The decision at the end, and Succeed: 2.
    assert result.transitions == 18


def test_a_failed_job_is_named_and_its_reports_never_ran(converted: Any, simulate: Any, fan_in: Any) -> None:
    long_cause = "x" * 1000
    service = simulate(converted(*fan_in.tasks), fan_in.with_glue3(fails(12, "Glue.Oops", long_cause)))

    result = read_back(service.client(), ARN)

    assert (result.status, result.state, result.error) == ("FAILED", "failed", "DagRunFailed")
    assert states(result) == {
        "glue1": "success",
        "glue2": "success",
        "glue3": "failed",
        "report_a": "upstream_failed",
        "report_b": "upstream_failed",
    }
    glue3 = result.tasks["glue3"]
    assert (glue3.start, glue3.end, glue3.attempts) == (at(0), at(12), 1)
    # The record keeps the beginning of the cause; the history has all of it.
    assert (glue3.error, glue3.cause) == ("Glue.Oops", long_cause)
    for report in ("report_a", "report_b"):
        task = result.tasks[report]
        assert (task.start, task.end, task.attempts, task.output) == (None, None, 0, None)


def test_a_task_whose_await_was_too_late_failed_without_running(
    converted: Any, simulate: Any, fan_in: Any
) -> None:
    service = simulate(converted(*fan_in.tasks, deadline=60), fan_in.with_glue3(succeeds(100)))

    report_b = read_back(service.client(), ARN).tasks["report_b"]

    assert (report_b.state, report_b.start, report_b.attempts) == ("failed", None, 0)
    assert report_b.error == "AwaitDeadlineExceeded"
    assert report_b.cause == "glue3 not finished 60 s after the start of the execution"


def test_tries_are_counted_and_retries_are_transitions(converted: Any, simulate: Any) -> None:
    tries = iter([fails(1), fails(1), succeeds(1)])
    definition = converted(glue("a", retries=Retries(2, delay=10)), glue("b", "a"))
    service = simulate(definition, lambda call: next(tries) if call.state_name == "a" else succeeds(4))

    result = read_back(service.client(), ARN)

    a = result.tasks["a"]
    # 1 s, wait 10 s, 1 s, wait 10 s, 1 s
    assert (a.state, a.start, a.end, a.attempts, a.error) == ("success", at(0), at(23), 3, None)
    assert result.tasks["b"].attempts == 1
    # a, two retries, b
    assert result.transitions == 4


def test_a_task_that_fails_in_all_tries_has_the_error_of_the_last(converted: Any, simulate: Any) -> None:
    tries = iter([fails(1, "First"), fails(1, "Last", "for good")])
    definition = converted(glue("a", retries=Retries(1, delay=10)), glue("b", "a"), glue("c", "b"))

    result = read_back(simulate(definition, lambda _: next(tries)).client(), ARN)

    assert states(result) == {"a": "failed", "b": "upstream_failed", "c": "upstream_failed"}
    assert (result.tasks["a"].attempts, result.tasks["a"].error, result.tasks["a"].cause) == (
        2,
        "Last",
        "for good",
    )


def test_a_try_that_timed_out_has_an_error_and_no_cause(converted: Any, simulate: Any) -> None:
    task = Task("a", GLUE, arguments={"job_name": "a"}, execution_timeout=5)

    a = read_back(simulate(converted(task), {"a": succeeds(100)}).client(), ARN).tasks["a"]

    assert (a.state, a.end, a.error, a.cause) == ("failed", at(5), "States.Timeout", None)


def test_empty_tasks_ran_once_and_took_no_time(converted: Any, simulate: Any) -> None:
    definition = converted(empty("start"), glue("work", "start"), empty("end", "work"))

    result = read_back(simulate(definition, {"work": succeeds(3)}).client(), ARN)

    assert {
        task_id: (task.state, task.start, task.end, task.attempts, task.output)
        for task_id, task in result.tasks.items()
    } == {
        "start": ("success", at(0), at(0), 1, None),
        "work": ("success", at(0), at(3), 1, "jr_3"),
        "end": ("success", at(3), at(3), 1, None),
    }


def test_a_long_task_id_is_read_back_whole(converted: Any, simulate: Any) -> None:
    long_id = "group." + "very_long_" * 12 + "task"
    definition = converted(glue(long_id), glue("b", long_id))

    result = read_back(simulate(definition, lambda _: succeeds(1)).client(), ARN)

    assert states(result) == {long_id: "success", "b": "success"}
    assert result.tasks[long_id].end == at(1)


def test_polls_behind_a_shortened_state_name_are_counted(converted: Any, simulate: Any, fan_in: Any) -> None:
    def renamed(task_id: str) -> str:
        return f"{task_id}_{'x' * 70}"

    def behaviour(call: TaskCall) -> TaskResult:
        if call.resource.endswith("lambda:invoke"):
            record = {renamed("glue3"): {"state": "success", "at": 1}}
            return TaskResult(0, {"Payload": {"records": record}})
        return succeeds(1)

    tasks = [glue(renamed(task.task_id), *map(renamed, task.upstream)) for task in fan_in.tasks]
    service = simulate(converted(*tasks), behaviour)

    assert read_back(service.client(), ARN).status_calls == 1


@pytest.mark.parametrize("failures", list(Failures))
def test_a_task_whose_arguments_cannot_be_evaluated_failed_in_one_try(
    converted: Any, simulate: Any, failures: Failures
) -> None:
    definition = converted(empty("start"), glue("a", "start"), failures=failures)
    definition["States"]["a"]["Arguments"]["JobName"] = "{% $states.input.nothing %}"

    a = read_back(simulate(definition, {}).client(), ARN).tasks["a"]

    assert (a.state, a.attempts, a.error) == ("failed", 1, "States.QueryEvaluationError")
    assert "'a'" in a.cause


def test_without_data_the_events_still_tell_what_ran(converted: Any, simulate: Any) -> None:
    definition = converted(glue("a"), glue("b"), glue("c", "b"))
    service = simulate(definition, {"a": succeeds(1), "b": fails(2)})
    for event in service.events:
        for details in event.values():
            if isinstance(details, dict) and "output" in details:
                details["output"] = details["output"][:10]
                details["outputDetails"] = {"truncated": True}

    result = read_back(service.client(), ARN)

    assert states(result) == {"a": "success", "b": "failed", "c": "skipped"}
    assert result.tasks["b"].error == "States.TaskFailed"
    assert result.tasks["a"].output is None


def test_tasks_called_like_the_members_of_a_pollers_data_are_not_confused(
    converted: Any, simulate: Any, fan_in: Any
) -> None:
    names = {"glue1": "state", "glue2": "here", "glue3": "records", "report_a": "at", "report_b": "output"}

    def behaviour(call: TaskCall) -> TaskResult:
        if call.resource.endswith("lambda:invoke"):
            over = behaviour.asked  # type: ignore[attr-defined]  # a counter beside the function it counts for
            behaviour.asked = True  # type: ignore[attr-defined]  # the same
            record = {"records": {"state": "success", "at": 1, "output": "another"}}
            return TaskResult(0, {"Payload": {"records": record if over else {}}})
        return succeeds(40 if call.state_name == "records" else 3)

    behaviour.asked = False  # type: ignore[attr-defined]  # the same
    tasks = [glue(names[task.task_id], *(names[up] for up in task.upstream)) for task in fan_in.tasks]

    result = read_back(simulate(converted(*tasks), behaviour).client(), ARN)

    assert {task.state for task in result.tasks.values()} == {"success"}
    assert result.tasks["here"].output == "jr_3"
    assert result.tasks["records"].output == "jr_40"


def test_an_unknown_execution_is_said_to_be_unknown(service: Any) -> None:
    unknown = ARN.replace(":r", ":unknown")

    with pytest.raises(Dag2SfnError) as caught:
        read_back(service.client(), unknown)

    assert caught.value.diagnostics[0].code.id == "D452"
    assert unknown in str(caught.value)


def test_the_json_form_has_five_members_and_the_reasons_of_failures(converted: Any, simulate: Any) -> None:
    definition = converted(glue("a"), glue("b"), glue("c", "b"))
    service = simulate(definition, {"a": succeeds(1), "b": fails(2)})

    assert read_back(service.client(), ARN).to_json() == {
        "execution_arn": ARN,
        "status": "FAILED",
        "tasks": {
            "a": {
                "state": "success",
                "start": "2026-01-01T00:00:00.000+00:00",
                "end": "2026-01-01T00:00:01.000+00:00",
                "attempts": 1,
                "output": "jr_1",
            },
            "b": {
                "state": "failed",
                "start": "2026-01-01T00:00:00.000+00:00",
                "end": "2026-01-01T00:00:02.000+00:00",
                "attempts": 1,
                "output": None,
                "error": "States.TaskFailed",
                "cause": "no luck",
            },
            "c": {"state": "upstream_failed", "start": None, "end": None, "attempts": 0, "output": None},
        },
    }


def test_a_machine_of_another_origin_has_a_status_and_no_tasks(simulate: Any) -> None:
    record = {"a": {"state": "success", "at": 1}}
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "a",
        "States": {"a": {"Type": "Pass", "Output": record, "End": True}},
    }

    result = read_back(simulate(definition, {}).client(), ARN)

    assert (result.status, result.tasks, result.transitions) == ("SUCCEEDED", {}, 1)
