"""Definitions that AWS has run: no false alarm.

The recordings are not part of this repository: DAG2SFN_AWS_RECORDED names their folder.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from converter.checks import problems_of
from converter.diagnostics import Diagnostic, Severity

FOLDER = os.environ.get("DAG2SFN_AWS_RECORDED")
CASES = [json.loads(path.read_text()) for path in sorted(Path(FOLDER).glob("**/*.json"))] if FOLDER else []

#: What a check says → the error with which AWS ended the execution for it.
FORESEEN = {
    "D512": "States.QueryEvaluationError",
    "D542": "States.DataLimitExceeded",
}


def alarms(case: dict[str, Any]) -> list[Diagnostic]:
    # The recorder put a name in the place of an activity's ARN.
    arn = '"arn:aws:states:us-east-1:111111111111:activity:recorded"'
    definition = json.loads(json.dumps(case["definition"]).replace('"activity_arn"', arn))
    return [item for item in problems_of(definition) if item.code.severity is not Severity.NOTE]


@pytest.mark.skipif(FOLDER is None, reason="DAG2SFN_AWS_RECORDED names no folder of recordings")
def test_the_recordings_are_where_the_variable_says() -> None:
    assert len(CASES) > 50


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_only_what_failed_for_it_is_alarmed_about(case: dict[str, Any]) -> None:
    for alarm in alarms(case):
        assert FORESEEN[alarm.code.id] == case["error"], str(alarm)


@pytest.mark.skipif(FOLDER is None, reason="DAG2SFN_AWS_RECORDED names no folder of recordings")
def test_some_failures_are_foreseen() -> None:
    assert sum(bool(alarms(case)) for case in CASES if case["status"] == "FAILED") >= 5
