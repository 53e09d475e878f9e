from __future__ import annotations

import json
import math
from datetime import timedelta
from typing import Any

import pytest

from converter.engine import SimulatedBackend, TaskResult


def branch(**states: Any) -> dict[str, Any]:
    return {"StartAt": next(iter(states)), "States": states}


def parallel(*branches: Any, **fields: Any) -> dict[str, Any]:
    ending = {} if "Next" in fields else {"End": True}
    return {"Type": "Parallel", "Branches": list(branches), **ending, **fields}


END = {"Type": "Pass", "End": True}


def test_branches_run_side_by_side_and_results_come_in_their_order(run: Any, build: Any) -> None:
    state = parallel(branch(A=build.task()), branch(B=build.task()))
    execution = run({"P": state}, tasks={"A": TaskResult(9, "a"), "B": TaskResult(4, "b")})
    assert execution.output == '["a","b"]'
    assert execution.stop_date - execution.start_date == timedelta(seconds=9)


def test_every_branch_gets_the_arguments_else_the_input(run: Any) -> None:
    branches = [branch(A=END), branch(B=END)]
    assert run({"P": parallel(*branches)}, {"n": 1}).output == '[{"n":1},{"n":1}]'
    assert run({"P": parallel(*branches, Arguments="{% $states.input.n %}")}, {"n": 1}).output == "[1,1]"


def test_inner_branches_read_outer_variables_and_keep_their_own(run: Any) -> None:
    states = {
        "A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "P"},
        "P": parallel(branch(B={**END, "Assign": {"y": 2}, "Output": "{% $x %}"}), Next="Z"),
        "Z": {**END, "Output": "{% {'in': $states.input, 'y': $exists($y)} %}"},
    }
    assert json.loads(run(states).output) == {"in": [1], "y": False}


def test_a_failing_branch_ends_its_siblings(run: Any, build: Any) -> None:
    backend = SimulatedBackend({"A": TaskResult(5, error="Boom"), "B": TaskResult(math.inf)})
    state = parallel(
        branch(A=build.task()), branch(B=build.task()), branch(W={"Type": "Wait", "Seconds": 99, "End": True})
    )
    execution = run({"P": state}, tasks=backend)
    assert (execution.status, execution.error) == ("FAILED", "Boom")
    assert execution.stop_date - execution.start_date == timedelta(seconds=5)
    assert [call.state_name for call in backend.cancelled] == ["B"]
    failed = next(event.id for event in execution.history if event.type == "TaskFailed")
    # Recorded: the Aborted events and ParallelStateFailed link to the event that is to blame.
    assert build.links(execution)[failed:] == [
        (failed + 1, failed, "TaskStateAborted"),
        (failed + 2, failed, "TaskStateAborted"),
        (failed + 3, failed, "WaitStateAborted"),
        (failed + 4, failed, "ParallelStateFailed"),
        (failed + 5, failed + 4, "ExecutionFailed"),
    ]


def test_a_failure_ends_what_runs_deep_inside_its_siblings(run: Any, build: Any) -> None:
    backend = SimulatedBackend({"A": TaskResult(5, error="Boom"), "B": TaskResult(math.inf)})
    inner = parallel(branch(B=build.task()), branch(W={"Type": "Wait", "Seconds": 99, "End": True}))
    execution = run({"P": parallel(branch(A=build.task()), branch(Q=inner))}, tasks=backend)
    aborted = [event.type for event in execution.history if event.type.endswith("Aborted")]
    assert sorted(aborted) == [
        "ParallelStateAborted",
        "TaskStateAborted",
        "TaskStateAborted",
        "WaitStateAborted",
    ]
    assert len(backend.cancelled) == 1


def test_retry_runs_all_branches_again(run: Any, build: Any) -> None:
    tries = iter([TaskResult(1, error="Boom"), TaskResult(1, "ok")])
    backend = SimulatedBackend({"A": lambda _: next(tries), "B": TaskResult(9, "b")})
    retry = [{"ErrorEquals": ["Boom"], "IntervalSeconds": 3}]
    execution = run(
        {"P": parallel(branch(A=build.task()), branch(B=build.task()), Retry=retry)}, tasks=backend
    )
    assert execution.output == '["ok","b"]'
    assert execution.stop_date - execution.start_date == timedelta(seconds=1 + 3 + 9)
    types = [event.type for event in execution.history]
    assert types.count("ParallelStateEntered") == 1
    assert types.count("ParallelStateStarted") == 2
    assert "ParallelStateFailed" not in types


def test_a_retried_parallel_starts_at_the_event_that_failed_it(run: Any, build: Any) -> None:
    # The links of a recording (a Fail in the only branch, MaxAttempts 2).
    state = parallel(
        branch(F={"Type": "Fail", "Error": "E"}), Retry=[{"ErrorEquals": ["E"], "MaxAttempts": 2}]
    )
    assert build.links(run({"P": state}))[1:] == [
        (2, 0, "ParallelStateEntered"),
        (3, 2, "ParallelStateStarted"),
        (4, 3, "FailStateEntered"),
        (5, 4, "ParallelStateStarted"),
        (6, 5, "FailStateEntered"),
        (7, 6, "ParallelStateStarted"),
        (8, 7, "FailStateEntered"),
        (9, 8, "ParallelStateFailed"),
        (10, 9, "ExecutionFailed"),
    ]


def test_catch_takes_over_after_a_branch_has_failed(run: Any, build: Any) -> None:
    catch = [{"ErrorEquals": ["E"], "Next": "C"}]
    states = {
        "P": parallel(branch(F={"Type": "Fail", "Error": "E", "Cause": "c"}), Catch=catch, Next="C"),
        "C": END,
    }
    execution = run(states)
    assert json.loads(execution.output) == {"Error": "E", "Cause": "c"}
    assert build.links(execution)[4:6] == [(5, 4, "ParallelStateFailed"), (6, 5, "ParallelStateExited")]


@pytest.mark.parametrize("fields", [{}, {"TimeoutSeconds": 999}])
def test_a_machine_goes_on_while_a_backend_still_stops_its_job(run: Any, build: Any, fields: Any) -> None:
    import asyncio

    stopped = []

    class SlowToStop(SimulatedBackend):
        async def run(self, call: Any, submitted: Any) -> Any:
            try:
                return await super().run(call, submitted)
            except asyncio.CancelledError:
                await asyncio.sleep(60)
                stopped.append(call.state_name)
                raise

    backend = SlowToStop({"A": TaskResult(5, error="Boom"), "B": TaskResult(math.inf)})
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "C"}]
    states = {
        "P": parallel(branch(A=build.task()), branch(B=build.task(**fields)), Catch=catch, Next="C"),
        "C": END,
    }
    execution = run(states, tasks=backend)
    assert execution.status == "SUCCEEDED"
    assert execution.stop_date - execution.start_date == timedelta(seconds=5)
    assert stopped == ["B"]


@pytest.mark.parametrize("fatal_output", ["{% $pad('', 300000) %}"])
def test_a_fatal_failure_in_a_branch_ends_the_execution_without_a_word_of_the_parallel(
    run: Any, build: Any, fatal_output: str
) -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "C"}]
    states = {"P": parallel(branch(A={**END, "Output": fatal_output}), Catch=catch, Next="C"), "C": END}
    execution = run(states)
    assert execution.error == "States.DataLimitExceeded"
    assert build.links(execution)[3:] == [(4, 3, "PassStateEntered"), (5, 4, "ExecutionFailed")]


def test_a_failing_result_selector_links_to_the_word_of_success(run: Any, build: Any) -> None:
    # The links and the cause were measured on AWS by others.
    state = parallel(branch(Ok=END), ResultSelector={"m.$": "$.nope"})
    execution = run({"P": state}, '{"x":"a"}', QueryLanguage="JSONPath")
    assert build.links(execution)[2:] == [
        (3, 2, "ParallelStateStarted"),
        (4, 3, "PassStateEntered"),
        (5, 4, "PassStateExited"),
        (6, 5, "ParallelStateSucceeded"),
        (7, 6, "ExecutionFailed"),
    ]
    assert execution.cause == (
        "An error occurred while executing the state 'P' (entered at the event id #2). The JSONPath '$.nope' "
        """specified for the field 'm.$' could not be found in the input '[{"x":"a"}]'"""
    )


def test_a_catcher_whose_own_fields_fail_fails_the_state_once_more(run: Any, build: Any) -> None:
    # The links were measured on AWS by others.
    catch = [
        {"ErrorEquals": ["Other"], "Next": "Done"},
        {"ErrorEquals": ["States.ALL"], "Output": {"v": "{% $states.input.missing %}"}, "Next": "Done"},
    ]
    states = {
        "P": parallel(branch(Boom={"Type": "Fail", "Error": "MyError"}), Catch=catch, Next="Done"),
        "Done": END,
    }
    execution = run(states, {"x": "a"})
    assert build.links(execution)[3:] == [
        (4, 3, "FailStateEntered"),
        (5, 4, "ParallelStateFailed"),
        (6, 4, "EvaluationFailed"),
        (7, 6, "ParallelStateFailed"),
        (8, 7, "ExecutionFailed"),
    ]
    assert execution.history[5].details["location"] == "Catch[1]/Output/v"
