from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scripted_runs import ARN
from workflows import glue

from converter.engine import TaskResult
from converter.executions import follow, read_back
from converter.workflow import Task


def chain(*task_ids: str) -> list[Task]:
    """Tasks one after another."""
    return [glue(task_id, *task_ids[max(0, i - 1) : i]) for i, task_id in enumerate(task_ids)]


def one_second(_: Any) -> TaskResult:
    return TaskResult(1, {"Id": "jr"})


def growing(service: Any, steps: list[int]) -> Callable[[float], None]:
    """Hide the events of a finished execution; each sleep uncovers so many as ``steps`` says."""
    everything = service.events
    service.events = everything[: steps.pop(0)]

    def sleep(_: float) -> None:
        service.events = everything[: len(service.events) + steps.pop(0)]

    return sleep


def test_each_look_that_finds_something_new_gives_a_result_until_the_end(
    converted: Any, simulate: Any
) -> None:
    service = simulate(converted(*chain("a", "b")), one_second)
    # ExecutionStarted; a: entered, scheduled, started, submitted, succeeded, exited; the same of b; the end.
    assert len(service.events) == 14
    sleep = growing(service, [2, 5, 0, 1, 6])

    results = list(follow(service.client(), ARN, sleep=sleep))

    assert [[task.state for task in result.tasks.values()] for result in results] == [
        ["running", None],
        ["success", None],
        ["success", "running"],
        ["success", "success"],
    ]
    assert [result.status for result in results] == ["RUNNING", "RUNNING", "RUNNING", "SUCCEEDED"]
    assert results[-1] == read_back(service.client(), ARN)


def test_what_has_been_read_is_not_read_again(converted: Any, simulate: Any) -> None:
    service = simulate(converted(*chain(*(f"t{i}" for i in range(100)))), one_second)
    service.pages = 50
    assert len(service.events) == 602
    sleep = growing(service, [550, 0, 3, 0, 49])

    results = list(follow(service.client(), ARN, sleep=sleep))

    assert results[-1].status == "SUCCEEDED"
    pages = [request for request in service.requests if request[0] == "GetExecutionHistory"]
    # 550 events in pages of 50: 11. Then one page for each look at up to 49 new events.
    assert len(pages) == 11 + 4
    assert not pages[10][1]["reverseOrder"]
    assert all(params["reverseOrder"] for _, params in pages[11:])


def test_more_new_events_than_a_page_holds_are_all_read(converted: Any, simulate: Any) -> None:
    service = simulate(converted(*chain(*(f"t{i}" for i in range(20)))), one_second)
    sleep = growing(service, [3, 119])

    results = list(follow(service.client(), ARN, sleep=sleep))

    assert [result.status for result in results] == ["RUNNING", "SUCCEEDED"]
    assert results[-1] == read_back(service.client(), ARN)


def test_events_that_come_between_two_pages_are_not_counted_twice(converted: Any, simulate: Any) -> None:
    service = simulate(converted(*chain(*(f"t{i}" for i in range(5)))), one_second)
    everything = list(service.events)
    service.pages = 4
    sleep = growing(service, [3, 10, 19])
    answer = service._GetExecutionHistory

    def by_position(params: Any) -> Any:
        """Answer as a service would whose tokens count from the newest event, and add an event each time."""
        if not params.get("reverseOrder"):
            return answer(params)
        newest_first = service.events[::-1]
        begin = int(params.get("nextToken", 0))
        page = newest_first[begin : begin + 4]
        service.events = everything[: len(service.events) + 1]
        return {"events": page, "nextToken": str(begin + 4)}

    service._GetExecutionHistory = by_position

    results = list(follow(service.client(), ARN, sleep=sleep))

    assert results[-1].status == "SUCCEEDED"
    assert results[-1].events == len(everything) == 32


def test_an_execution_that_is_over_gives_one_result(converted: Any, simulate: Any) -> None:
    service = simulate(converted(*chain("a")), one_second)

    def sleep(_: float) -> None:
        raise AssertionError("nothing to wait for")

    assert [result.status for result in follow(service.client(), ARN, sleep=sleep)] == ["SUCCEEDED"]
