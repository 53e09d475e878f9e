from __future__ import annotations

import json
import math
from datetime import timedelta
from typing import Any

import pytest

from converter.engine import SimulatedBackend, TaskResult

END = {"Type": "Pass", "End": True}


def map_over(items: Any, processor: dict[str, Any], **fields: Any) -> dict[str, Any]:
    ending = {} if "Next" in fields else {"End": True}
    return {
        "Type": "Map",
        "Items": items,
        "ItemProcessor": {"StartAt": next(iter(processor)), "States": processor},
        **ending,
        **fields,
    }


def test_results_come_in_the_order_of_the_items(run: Any, build: Any) -> None:
    processor = {"T": build.task(Arguments="{% $states.input %}")}
    execution = run(
        {"M": map_over([3, 1, 2], processor)},
        tasks=lambda_backend(lambda n: TaskResult(n, n * 10)),
    )
    assert execution.output == "[30,10,20]"
    assert execution.stop_date - execution.start_date == timedelta(seconds=3)


def lambda_backend(result_of: Any) -> SimulatedBackend:
    return SimulatedBackend(lambda call: result_of(call.arguments))


@pytest.mark.parametrize(("limit", "seconds"), [(1, 60), (2, 30), (4, 20), (0, 10)])
def test_no_more_items_than_allowed_run_at_once(run: Any, build: Any, limit: int, seconds: int) -> None:
    state = map_over(list(range(6)), {"T": build.task()}, MaxConcurrency=limit)
    execution = run({"M": state}, tasks={"T": TaskResult(10)})
    assert execution.stop_date - execution.start_date == timedelta(seconds=seconds)


def test_an_inline_map_runs_forty_at_once_at_most(run: Any, build: Any) -> None:
    execution = run({"M": map_over(list(range(81)), {"T": build.task()})}, tasks={"T": TaskResult(10)})
    assert execution.stop_date - execution.start_date == timedelta(seconds=30)


def test_the_item_is_in_the_context_of_selector_and_processor(run: Any) -> None:
    selector = {"v": "{% $states.context.Map.Item.Value %}", "i": "{% $states.context.Map.Item.Index %}"}
    processor = {"A": {**END, "Output": "{% $merge([$states.input, $states.context.Map.Item]) %}"}}
    execution = run({"M": map_over(["a", "b"], processor, ItemSelector=selector)})
    assert json.loads(execution.output) == [
        {"v": "a", "i": 0, "Index": 0, "Value": "a"},
        {"v": "b", "i": 1, "Index": 1, "Value": "b"},
    ]


def test_a_failing_item_ends_the_others(run: Any, build: Any) -> None:
    backend = lambda_backend(lambda n: TaskResult(5, error="Boom") if n == 1 else TaskResult(math.inf))
    processor = {"T": build.task(Arguments="{% $states.input %}")}
    execution = run({"M": map_over([0, 1, 2], processor)}, tasks=backend)
    assert execution.error == "Boom"
    assert len(backend.cancelled) == 2
    failed = next(event.id for event in execution.history if event.type == "TaskFailed")
    assert build.links(execution)[failed:] == [
        # Measured on AWS by others: the iterations that are cut come first, each before its state.
        (failed + 1, failed, "MapIterationAborted"),
        (failed + 2, failed, "TaskStateAborted"),
        (failed + 3, failed, "MapIterationAborted"),
        (failed + 4, failed, "TaskStateAborted"),
        (failed + 5, failed, "MapIterationFailed"),
        (failed + 6, failed, "MapStateFailed"),
        (failed + 7, failed + 6, "ExecutionFailed"),
    ]


def test_retry_starts_the_map_again_at_the_event_that_failed_it(run: Any, build: Any) -> None:
    # The links of a recording (a Fail for the only item).
    retry = [{"ErrorEquals": ["E"], "MaxAttempts": 1}]
    state = map_over([1], {"F": {"Type": "Fail", "Error": "E"}}, Retry=retry)
    assert build.links(run({"M": state}))[1:] == [
        (2, 0, "MapStateEntered"),
        (3, 2, "MapStateStarted"),
        (4, 3, "MapIterationStarted"),
        (5, 4, "FailStateEntered"),
        (6, 5, "MapIterationFailed"),
        (7, 5, "MapStateStarted"),
        (8, 7, "MapIterationStarted"),
        (9, 8, "FailStateEntered"),
        (10, 9, "MapIterationFailed"),
        (11, 9, "MapStateFailed"),
        (12, 11, "ExecutionFailed"),
    ]


def test_catch_takes_over_after_an_item_has_failed(run: Any) -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "C"}]
    state = map_over([1], {"F": {"Type": "Fail", "Error": "E", "Cause": "c"}}, Catch=catch, Next="C")
    assert json.loads(run({"M": state, "C": END}).output) == {"Error": "E", "Cause": "c"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("MaxConcurrency", -1),
        ("MaxConcurrency", 1.5),
        ("ToleratedFailureCount", -1),
        ("ToleratedFailurePercentage", 100.1),
    ],
)
def test_a_computed_limit_out_of_range_fails_the_map(run: Any, field: str, value: float) -> None:
    state = map_over([1], {"A": END}, **{field: "{% $states.input %}"})
    execution = run({"M": state}, json.dumps(value))
    assert execution.error == "States.QueryEvaluationError"
    assert [event.type for event in execution.history[2:]] == [
        "EvaluationFailed",
        "MapStateFailed",
        "ExecutionFailed",
    ]


def test_a_tolerated_failure_is_refused_and_not_guessed(run: Any) -> None:
    state = map_over([1], {"F": {"Type": "Fail", "Error": "E"}}, ToleratedFailureCount=1)
    execution = run({"M": state})
    assert execution.error == "States.Runtime"
    assert "Not supported by this engine" in execution.cause


@pytest.mark.parametrize("fields", [{"ToleratedFailureCount": 0}, {"ToleratedFailurePercentage": 49.9}])
def test_more_failures_than_an_inline_map_tolerates_fail_it_by_a_name_of_their_own(
    run: Any, build: Any, fields: dict[str, Any]
) -> None:
    state = map_over([1, 2], {"F": {"Type": "Fail", "Error": "E"}}, MaxConcurrency=1, **fields)
    execution = run({"M": state})
    assert execution.error == "States.ExceedToleratedFailureThreshold"
    assert [type_ for _, _, type_ in build.links(execution)[-3:]] == [
        "MapIterationFailed",
        "MapStateFailed",
        "ExecutionFailed",
    ]


def test_what_fails_after_the_items_links_to_the_word_of_their_success(run: Any, build: Any) -> None:
    state = map_over([], {"A": END}, Output="{% $nobody %}")
    assert build.links(run({"M": state}))[2:] == [
        (3, 2, "MapStateStarted"),
        (4, 3, "MapStateSucceeded"),
        (5, 4, "EvaluationFailed"),
        (6, 5, "MapStateFailed"),
        (7, 6, "ExecutionFailed"),
    ]
