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

    def started(*seconds: float) -> tuple[str, str]:
        wait = {"Type": "Wait", "Seconds": "{% $states.input.wait %}", "Next": "Odd?"}
        odd = {"Type": "Choice", "Choices": [{"Condition": "{% $states.input.odd %}", "Next": "Fail"}]}
        states = {
            "Wait": wait,
            "Odd?": {**odd, "Default": "Pass"},
            "Fail": {"Type": "Fail", "Error": "Odd", "Cause": "it is odd"},
            "Pass": {"Type": "Pass", "Output": "{% $states.input.wait %}", "End": True},
        }
        items = [{"wait": each, "odd": index == 1} for index, each in enumerate(seconds)]
        processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
        machine = create_machine(
            {
                "Map": {
                    "Type": "Map",
                    "Label": "each",
                    "Items": items,
                    "ToleratedFailureCount": 1,
                    "ItemProcessor": {**processor, "StartAt": "Wait", "States": states},
                    "End": True,
                }
            }
        )
        arn = sfn.start_execution(stateMachineArn=machine)["executionArn"]
        deadline = time.monotonic() + 10
        while not (runs := sfn.list_map_runs(executionArn=arn)["mapRuns"]):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return arn, runs[0]["mapRunArn"]

    return started


def test_what_has_ended_is_told_execution_by_execution(sfn: Any, start: Any, finish: Any) -> None:
    arn, map_run = start(0, 0, 0)
    assert json.loads(finish(arn)["output"]) == [0, 0]
    machine = arn.replace(":execution:", ":stateMachine:").rsplit(":", 1)[0]
    assert map_run.startswith(machine.replace(":stateMachine:", ":mapRun:") + "/each:")
    told = sfn.describe_map_run(mapRunArn=map_run)
    counts = {name: count for name, count in told["itemCounts"].items() if count}
    assert (told["status"], counts) == ("SUCCEEDED", {"succeeded": 2, "failed": 1, "total": 3})
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
