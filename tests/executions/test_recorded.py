"""Histories recorded from AWS, whose folder DAG2SFN_AWS_RECORDED names."""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from converter.executions import read_back

FOLDER = os.environ.get("DAG2SFN_AWS_RECORDED")
ARN = "arn:aws:states:us-east-1:123456789012:execution:recorded:r"
BEGINS_TRY = ("TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled")


def whole_cases() -> list[dict[str, Any]]:
    """Cases whose histories are as AWS told them: with ids, links and their first and last events."""
    cases = [json.loads(path.read_text()) for path in sorted(Path(FOLDER or ".").glob("*.json"))]
    return [
        case
        for case in cases
        if "definition" in case
        and case["events"]
        and not case.get("parallel_events_normalised")
        and case["events"][0]["type"] == "ExecutionStarted"
        and case["events"][-1]["type"].startswith("Execution")
    ]


def with_comments(block: dict[str, Any]) -> dict[str, Any]:
    """Make every Task and Pass state of the machine itself a task of a DAG."""
    states = {
        name: {**state, "Comment": f"task s{i}: Recorded"} if state["Type"] in ("Task", "Pass") else state
        for i, (name, state) in enumerate(block["States"].items())
    }
    return {**block, "States": states}


@pytest.mark.skipif(FOLDER is None, reason="DAG2SFN_AWS_RECORDED names no folder of recordings")
def test_recorded_executions_are_read_back(service: Any) -> None:
    cases = whole_cases()
    assert len(cases) > 100
    for case in cases:
        service.definition = with_comments(case["definition"])
        service.events = [
            {**event, "timestamp": datetime(2026, 1, 1, tzinfo=timezone.utc)} for event in case["events"]
        ]
        for event in service.events:
            for details in event.values():
                if isinstance(details, dict):
                    details |= {
                        key: json.dumps(details[key])
                        for key in ("input", "output", "cause")
                        if key in details and not isinstance(details[key], str)
                    }

        result = read_back(service.client(), ARN)

        assert result.status == case["status"], case["id"]
        assert result.error == case.get("error"), case["id"]
        kinds = [event["type"] for event in case["events"]]
        entered = [kind for kind in kinds if kind.endswith("StateEntered")]
        if '"Retry"' not in json.dumps(case["definition"]):
            assert result.transitions == len(entered), case["id"]
        else:
            called = [kind for kind in entered if kind == "TaskStateEntered"]
            tries = [kind for kind in kinds if kind in BEGINS_TRY]
            assert result.transitions == len(entered) + len(tries) - len(called), case["id"]
        if case["status"] == "SUCCEEDED":
            assert {task.state for task in result.tasks.values()} <= {"success", "failed", "skipped"}
        else:
            assert "running" not in {task.state for task in result.tasks.values()}
