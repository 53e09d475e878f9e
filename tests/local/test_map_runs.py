"""Map Runs: what the API tells of a distributed Map and of its executions, while they run and afterwards."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from waiting import wait_until


def distributed(label: str, states: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A distributed Map whose executions have these states; without a field that is None."""
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    processor |= {"StartAt": next(iter(states)), "States": states}
    state = {"Type": "Map", "Label": label, "ItemProcessor": processor, "End": True, **fields}
    return {name: value for name, value in state.items() if value is not None}


@pytest.fixture
def start(sfn: Any, create_machine: Any) -> Any:
    """Start a Map whose items wait as many seconds each; returns its execution and Map Run."""

    def started(*seconds: float, **fields: Any) -> tuple[str, str]:
        given = "$append($states.input.Items, $states.input)"  # an item, or a batch of them
        odd = {"Type": "Choice", "Choices": [{"Condition": f"{{% true in {given}.odd %}}", "Next": "Fail"}]}
        states = {
            "Wait": {"Type": "Wait", "Seconds": f"{{% $max({given}.wait) %}}", "Next": "Odd?"},
            "Odd?": {**odd, "Default": "Pass"},
            "Fail": {"Type": "Fail", "Error": "Odd", "Cause": "it is odd"},
            "Pass": {"Type": "Pass", "Output": "{% $states.input.wait %}", "End": True},
        }
        items = [{"wait": each, "odd": index == 1} for index, each in enumerate(seconds)]
        state = distributed("each", states, **{"Items": items, "ToleratedFailureCount": 1, **fields})
        arn = sfn.start_execution(stateMachineArn=create_machine({"Map": state}))["executionArn"]
        (run,) = wait_until(lambda: sfn.list_map_runs(executionArn=arn)["mapRuns"], "the Map Run has begun")
        return arn, run["mapRunArn"]

    return started


@pytest.fixture
def begun(sfn: Any) -> Any:
    """Wait until a Map Run has so many executions; returns them, the last started first."""

    def listed(map_run: str, count: int) -> Any:
        def found() -> Any:
            executions = sfn.list_executions(mapRunArn=map_run)["executions"]
            return executions if len(executions) == count else None

        return wait_until(found, f"{count} executions have begun")

    return listed


def nonzero(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}


def test_what_has_ended_is_told_execution_by_execution(sfn: Any, start: Any, finish: Any) -> None:
    arn, map_run = start(0, 0, 0)
    assert json.loads(finish(arn)["output"]) == [0, 0]
    machine = arn.replace(":execution:", ":stateMachine:").rsplit(":", 1)[0]
    assert map_run.startswith(machine.replace(":stateMachine:", ":mapRun:") + "/each:")
    told = sfn.describe_map_run(mapRunArn=map_run)
    assert (told["status"], nonzero(told["itemCounts"])) == (
        "SUCCEEDED",
        {"succeeded": 2, "failed": 1, "total": 3},
    )
    assert (told["toleratedFailureCount"], told["toleratedFailurePercentage"]) == (1, 0)
    executions = sfn.list_executions(mapRunArn=map_run)["executions"]
    assert {one["mapRunArn"] for one in executions} == {map_run}
    (failed,) = sfn.list_executions(mapRunArn=map_run, statusFilter="FAILED")["executions"]
    told = sfn.describe_execution(executionArn=failed["executionArn"])
    assert (told["error"], json.loads(told["input"])) == ("Odd", {"wait": 0, "odd": True})
    assert told["stateMachineArn"] == f"{machine}/each"
    events = sfn.get_execution_history(executionArn=failed["executionArn"])["events"]
    assert [events[0]["type"], events[-1]["type"]] == ["ExecutionStarted", "ExecutionFailed"]
    with pytest.raises(ClientError, match="Resource not found"):
        sfn.describe_map_run(mapRunArn=map_run + "0")


def test_the_map_runs_of_an_execution_are_listed(sfn: Any, create_machine: Any) -> None:
    first = distributed("first", {"A": {"Type": "Pass", "End": True}}, Items=[1], Next="Second", End=None)
    second = distributed("second", {"B": {"Type": "Wait", "Seconds": 60, "End": True}}, Items=[1])
    machine = create_machine({"First": first, "Second": second})
    arn = sfn.start_execution(stateMachineArn=machine)["executionArn"]

    def two() -> Any:
        found = sfn.list_map_runs(executionArn=arn)["mapRuns"]
        return found if len(found) == 2 else None

    runs = sorted(wait_until(two, "the second Map has begun"), key=lambda run: run["startDate"])
    label = machine.replace(":stateMachine:", ":mapRun:")
    for run, name in zip(runs, ("first", "second"), strict=True):
        assert run["mapRunArn"].startswith(f"{label}/{name}:")
        assert (run["executionArn"], run["stateMachineArn"]) == (arn, machine)
    assert runs[0]["startDate"] <= runs[0]["stopDate"] <= runs[1]["startDate"]
    assert "stopDate" not in runs[1]
    pages = sfn.get_paginator("list_map_runs").paginate(executionArn=arn, PaginationConfig={"PageSize": 1})
    listed = [[run["mapRunArn"] for run in page["mapRuns"]] for page in pages]
    assert sorted(listed) == sorted([run["mapRunArn"]] for run in runs)
    # Those of other executions are not among them.
    another = sfn.start_execution(stateMachineArn=create_machine({"S": {"Type": "Succeed"}}, "another"))
    assert sfn.list_map_runs(executionArn=another["executionArn"])["mapRuns"] == []
    with pytest.raises(ClientError, match="Execution Does Not Exist"):
        sfn.list_map_runs(executionArn=arn + "0")
    sfn.stop_execution(executionArn=arn)


def test_who_stops_the_execution_stops_those_of_its_map_run(sfn: Any, start: Any, begun: Any) -> None:
    arn, map_run = start(60, 60, 60)
    begun(map_run, 3)
    assert sfn.describe_map_run(mapRunArn=map_run)["itemCounts"]["running"] == 3
    sfn.stop_execution(executionArn=arn)
    assert sfn.describe_map_run(mapRunArn=map_run)["status"] == "ABORTED"
    executions = sfn.list_executions(mapRunArn=map_run)["executions"]
    assert {one["status"] for one in executions} == {"ABORTED"}


def test_an_execution_of_a_map_run_is_not_stopped_by_itself(sfn: Any, start: Any, begun: Any) -> None:
    arn, map_run = start(60)
    (one,) = begun(map_run, 1)
    with pytest.raises(ClientError, match="Stop the execution around it") as refused:
        sfn.stop_execution(executionArn=one["executionArn"])
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert sfn.describe_execution(executionArn=one["executionArn"])["status"] == "RUNNING"
    sfn.stop_execution(executionArn=arn)
    assert sfn.describe_execution(executionArn=one["executionArn"])["status"] == "ABORTED"


def test_items_that_come_in_batches_are_counted_apart_from_executions(
    sfn: Any, start: Any, begun: Any
) -> None:
    fields = {"ItemBatcher": {"MaxItemsPerBatch": 2}, "MaxConcurrency": 1, "ToleratedFailurePercentage": 50}
    arn, map_run = start(0, 0, 60, 0, 0, **fields)
    assert [one["itemCount"] for one in begun(map_run, 2)] == [2, 2]
    told = sfn.describe_map_run(mapRunArn=map_run)
    # The first batch has the odd item, the third has not begun.
    assert nonzero(told["itemCounts"]) == {"failed": 2, "running": 2, "pending": 1, "total": 5}
    assert nonzero(told["executionCounts"]) == {"failed": 1, "running": 1, "pending": 1, "total": 3}
    assert (told["toleratedFailureCount"], told["toleratedFailurePercentage"]) == (1, 50)
    assert "stopDate" not in told
    sfn.stop_execution(executionArn=arn)
    told = sfn.describe_map_run(mapRunArn=map_run)
    # Measured on AWS by others: what has not begun stays pending.
    assert nonzero(told["itemCounts"]) == {"failed": 2, "aborted": 2, "pending": 1, "total": 5}
    assert "stopDate" in told


def test_results_that_were_written_are_counted(aws: Any, sfn: Any, start: Any, finish: Any) -> None:
    aws.client("s3").create_bucket(Bucket="results")
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Arguments": {"Bucket": "results"}}
    arn, map_run = start(0, 0, 0, ResultWriter=writer)
    assert finish(arn)["status"] == "SUCCEEDED"
    told = sfn.describe_map_run(mapRunArn=map_run)
    assert (told["itemCounts"]["resultsWritten"], told["executionCounts"]["resultsWritten"]) == (3, 3)


def test_a_map_run_that_finds_no_items_has_an_end(sfn: Any, start: Any, finish: Any) -> None:
    reader = {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}}
    arn, map_run = start(Items=None, ItemReader={**reader, "Arguments": {"Bucket": "nowhere", "Key": "k"}})
    assert finish(arn)["error"] == "States.ItemReaderFailed"
    told = sfn.describe_map_run(mapRunArn=map_run)
    assert (told["status"], nonzero(told["itemCounts"])) == ("FAILED", {})
    assert told["startDate"] <= told["stopDate"]
