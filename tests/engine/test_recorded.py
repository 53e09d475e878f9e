"""The engine against executions recorded from AWS.

The recordings are not part of this repository: DAG2SFN_AWS_RECORDED names their folder. Both sides are
normalised as the recorder did it (its README, points 1 to 5) and must then be equal: status, output, error,
cause, and every event with its id, link and details.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from converter.engine import Execution, TaskCall, TaskFailure, VirtualClock, parse_definition

FOLDER = os.environ.get("DAG2SFN_AWS_RECORDED")

DISAGREEMENTS = {
    "scenarios-base_scenarios--map_item_batching_base_json_max_per_batch_jsonata": "distributed Map",
}
"""Case id → why the engine does not agree with AWS there (docs/engine.md)."""


def load_cases() -> list[Any]:
    if FOLDER is None:
        return []
    cases = [json.loads(path.read_text()) for path in sorted(Path(FOLDER).glob("*.json"))]
    return [
        pytest.param(
            case,
            id=case["id"],
            marks=[pytest.mark.xfail(strict=True, reason=DISAGREEMENTS[case["id"]])]
            if case["id"] in DISAGREEMENTS
            else [],
        )
        for case in cases
        if case["query_language"] == "JSONata"
    ]


CASES = load_cases()


class RecordedFunctions:
    """Lambda functions that behave as a case says, and an S3 bucket without objects."""

    def __init__(self, behaviours: dict[str, Any]) -> None:
        self.behaviours = behaviours
        self.requests = 0

    async def run(self, call: TaskCall, submitted: Any) -> Any:
        if call.resource.endswith(":aws-sdk:s3:getObject"):
            raise TaskFailure(
                "S3.NoSuchKeyException",
                "The specified key does not exist. (Service: S3, Status Code: 404, Request ID: <request_id>,"
                " Extended Request ID: <extended_request_id>)",
            )
        if call.resource.endswith(":lambda:invoke"):
            payload = self.invoke(call.arguments["FunctionName"], call.arguments["Payload"])
            return invocation_result(payload)
        return self.invoke(call.resource, call.arguments)

    def invoke(self, function: str, event: Any) -> Any:
        self.requests += 1
        behaviour = self.behaviours[function.rsplit(":", 1)[-1]]
        if behaviour == "returns its event unchanged":
            return event
        error, message = behaviour["raises"], behaviour["message"]
        trace = f'  File "/var/task/handler.py", line 2, in handler\n    raise {error}("{message}")\n'
        report = {
            "errorMessage": message,
            "errorType": error,
            "requestId": f"<uuid:{self.requests}>",
            "stackTrace": [trace],
        }
        raise TaskFailure(error, json.dumps(report, separators=(",", ":")))


def invocation_result(payload: Any) -> dict[str, Any]:
    headers = {
        "Connection": "keep-alive",
        "Content-Length": str(len(json.dumps(payload))),  # Lambda's Python runtime writes blanks
        "Content-Type": "application/json",
        "Date": "date",
        "X-Amz-Executed-Version": "$LATEST",
        "x-amzn-Remapped-Content-Length": "0",
        "x-amzn-RequestId": "x-amzn-RequestId",
        "X-Amzn-Trace-Id": "X-Amzn-Trace-Id",
    }
    unlisted = ("Date", "x-amzn-RequestId", "X-Amzn-Trace-Id")
    return {
        "ExecutedVersion": "$LATEST",
        "Payload": payload,
        "SdkHttpMetadata": {
            "AllHttpHeaders": {k: v if k in unlisted else [v] for k, v in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": 200,
        },
        "SdkResponseMetadata": {"RequestId": "RequestId"},
        "StatusCode": 200,
    }


def run_case(case: dict[str, Any]) -> Execution:
    clock = VirtualClock(datetime(2026, 1, 1, tzinfo=timezone.utc))
    execution = Execution(
        parse_definition(json.dumps(case["definition"])),
        json.dumps(case["input"]),
        backend=RecordedFunctions(case.get("lambda_behaviour", {})),
        clock=clock,
        arn="arn:<partition>:states:<region>:111111111111:execution:<ArnPart_0idx>:<ExecArnPart_0idx>",
        state_machine_arn="arn:<partition>:states:<region>:111111111111:stateMachine:<ArnPart_0idx>",
        name="<ExecArnPart_0idx>",
        role_arn="snf_role_arn",
    )
    clock.run(execution.run())
    return execution


INSTANT = re.compile(r"\d{4}-(0\d|1[0-2])-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")


def normalised(value: Any, *, parse_texts: bool = True) -> Any:
    """Change a value as the recorder changed it."""
    if isinstance(value, dict):
        return {key: normalised_member(key, item, parse_texts) for key, item in value.items()}
    if isinstance(value, list):
        return [normalised(item, parse_texts=parse_texts) for item in value]
    if isinstance(value, str):
        if parse_texts and value.startswith("{"):
            try:
                return normalised(json.loads(value), parse_texts=False)
            except ValueError:
                pass
        return INSTANT.sub("date", value)
    return value


def normalised_member(key: str, value: Any, parse_texts: bool) -> Any:
    if re.search("timestamp", key, re.IGNORECASE) and isinstance(value, str) and not INSTANT.fullmatch(value):
        return "timestamp"
    return normalised(value, parse_texts=parse_texts)


def comparable_events(execution: Execution, *, parallel: bool) -> list[Any]:
    events = []
    for event in execution.history:
        content = event.to_api()
        del content["timestamp"]
        events.append(normalised(content))
    return without_parallel_order(events) if parallel else events


def comparable_recording(case: dict[str, Any]) -> list[Any]:
    """Drop what only the recorder's tooling added: the name and time beside each event's details."""
    recorded = [
        {k: v for k, v in event.items() if k not in ("name", "timestamp")} for event in case["events"]
    ]
    return without_parallel_order(recorded) if case.get("parallel_events_normalised") else recorded


def without_parallel_order(events: list[Any]) -> list[Any]:
    """Turn what lies between a Parallel's start and its exit into a multiset, as the recorder did."""
    first = next(i for i, event in enumerate(events) if event["type"] == "ParallelStateStarted") + 1
    last = next(i for i, event in enumerate(events) if event["type"] == "ParallelStateExited")
    inner = Counter(
        json.dumps({k: v for k, v in event.items() if k not in ("id", "previousEventId")}, sort_keys=True)
        for event in events[first:last]
        if event["type"] not in ("ParallelStateFailed", "ParallelStateSucceeded")  # the recorder lost these
    )
    return [*events[:first], inner, *events[last:]]


@pytest.mark.skipif(FOLDER is None, reason="DAG2SFN_AWS_RECORDED names no folder of recordings")
def test_the_recordings_are_where_the_variable_says() -> None:
    assert len(CASES) > 50


@pytest.mark.parametrize("case", CASES)
def test_an_execution_agrees_with_its_recording(case: dict[str, Any]) -> None:
    execution = run_case(case)

    assert execution.status == case["status"]
    assert normalised(execution.error) == case.get("error")
    assert normalised(execution.cause) == case.get("cause")
    assert normalised(json.loads(execution.output or "null"), parse_texts=False) == case.get("output")
    ours = comparable_events(execution, parallel=case.get("parallel_events_normalised", False))
    assert ours == comparable_recording(case)
