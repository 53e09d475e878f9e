"""Map Runs: what the API tells of a distributed Map and of its executions, while they run and afterwards."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def start(sfn: Any, create_machine: Any) -> Any:
    """Start a Map whose items wait as many seconds each; returns its execution and Map Run."""

    def started(*seconds: float, **fields: Any) -> tuple[str, str]:
        given = "$append($states.input.Items, $states.input)"  # an item, or a batch of them
        wait = {"Type": "Wait", "Seconds": f"{{% $max({given}.wait) %}}", "Next": "Odd?"}
        odd = {"Type": "Choice", "Choices": [{"Condition": f"{{% true in {given}.odd %}}", "Next": "Fail"}]}
        states = {
            "Wait": wait,
            "Odd?": {**odd, "Default": "Pass"},
            "Fail": {"Type": "Fail", "Error": "Odd", "Cause": "it is odd"},
            "Pass": {"Type": "Pass", "Output": "{% $states.input.wait %}", "End": True},
        }
        items = [{"wait": each, "odd": index == 1} for index, each in enumerate(seconds)]
        processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
        state = {
            "Type": "Map",
            "Label": "each",
            "Items": items,
            "ToleratedFailureCount": 1,
            "ItemProcessor": {**processor, "StartAt": "Wait", "States": states},
            "End": True,
            **fields,
        }
        machine = create_machine({"Map": {name: value for name, value in state.items() if value is not None}})
        arn = sfn.start_execution(stateMachineArn=machine)["executionArn"]
        deadline = time.monotonic() + 10
        while not (runs := sfn.list_map_runs(executionArn=arn)["mapRuns"]):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return arn, runs[0]["mapRunArn"]

    return started


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


def test_who_stops_the_execution_stops_those_of_its_map_run(sfn: Any, start: Any, finish: Any) -> None:
    arn, map_run = start(60, 60, 60)
    assert sfn.describe_map_run(mapRunArn=map_run)["itemCounts"]["running"] == 3
    sfn.stop_execution(executionArn=arn)
    assert sfn.describe_map_run(mapRunArn=map_run)["status"] == "ABORTED"
    executions = sfn.list_executions(mapRunArn=map_run)["executions"]
    assert {one["status"] for one in executions} == {"ABORTED"}


def test_an_execution_of_a_map_run_is_not_stopped_by_itself(sfn: Any, start: Any) -> None:
    arn, map_run = start(60)
    (one,) = sfn.list_executions(mapRunArn=map_run)["executions"]
    with pytest.raises(ClientError, match="Stop the execution around it") as refused:
        sfn.stop_execution(executionArn=one["executionArn"])
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert sfn.describe_execution(executionArn=one["executionArn"])["status"] == "RUNNING"
    sfn.stop_execution(executionArn=arn)
    assert sfn.describe_execution(executionArn=one["executionArn"])["status"] == "ABORTED"


def test_items_that_come_in_batches_are_counted_apart_from_executions(sfn: Any, start: Any) -> None:
    fields = {"ItemBatcher": {"MaxItemsPerBatch": 2}, "MaxConcurrency": 1, "ToleratedFailurePercentage": 50}
    arn, map_run = start(0, 0, 60, 0, 0, **fields)
    deadline = time.monotonic() + 10
    while len(found := sfn.list_executions(mapRunArn=map_run)["executions"]) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert [one["itemCount"] for one in found] == [2, 2]
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
