"""The engine against executions recorded from AWS.

The recordings are not part of this repository: DAG2SFN_AWS_RECORDED names their folder. Both sides are
normalised as the recorder did it (its README, points 1 to 5) and must then be equal: status, output, error,
cause, and every event with its id, link and details. Run as a program, this file writes the table of
agreement in docs/engine.md anew.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

# Test files are imported one by one; what only these tests need is beside them.
sys.path.insert(0, str(Path(__file__).parent))
from recorded_world import (
    comparable_events,
    comparable_recording,
    differences,
    normalised,
    run_case,
)

FOLDER = os.environ.get("DAG2SFN_AWS_RECORDED")
PAGE = Path(__file__).parents[2] / "docs" / "engine.md"
TABLE_START = "<!-- table of agreement: written by tests/engine/test_recorded.py -->\n"
TABLE_END = "<!-- end of the table -->\n"

_KEPT = "AWS kept the blanks of an input in every recording that has a date; this one has none"
DISAGREEMENTS: dict[str, str] = {
    "scenarios-base_scenarios--map_state_label": _KEPT,
    "scenarios-base_scenarios--map_state_result_writer": _KEPT,
}
"""Case id → why the engine does not agree with AWS there (docs/engine.md)."""


def load_cases() -> list[dict[str, Any]]:
    if FOLDER is None:
        return []
    paths = [*sorted(Path(FOLDER).glob("*.json")), *sorted(Path(FOLDER).glob("unvalidated/*.json"))]
    return [json.loads(path.read_text()) for path in paths]


def parameters(cases: list[dict[str, Any]]) -> list[Any]:
    return [
        pytest.param(
            case,
            id=case["id"],
            marks=[pytest.mark.xfail(strict=True, reason=DISAGREEMENTS[case["id"]])]
            if case["id"] in DISAGREEMENTS
            else [],
        )
        for case in cases
    ]


CASES = load_cases()


def disagreements(case: dict[str, Any]) -> list[str]:
    execution = run_case(case)
    ours = comparable_events(execution, parallel=case.get("parallel_events_normalised", False))
    theirs = comparable_recording(case)
    output = normalised(json.loads(execution.output or "null"), parse_texts=False)
    return [
        *differences(case["status"], execution.status, case, "status"),
        *differences(case.get("error"), normalised(execution.error), case, "error"),
        *differences(case.get("cause"), normalised(execution.cause), case, "cause"),
        *differences(case.get("output"), output, case, "output"),
        *differences(theirs, ours, case, "events"),
    ]


@pytest.mark.skipif(FOLDER is None, reason="DAG2SFN_AWS_RECORDED names no folder of recordings")
def test_the_recordings_are_where_the_variable_says() -> None:
    assert len(CASES) > 50


@pytest.mark.parametrize("case", parameters(CASES))
def test_an_execution_agrees_with_its_recording(case: dict[str, Any]) -> None:
    assert disagreements(case) == []


FEATURES = {
    "Pass": '"Type": "Pass"',
    "Choice": '"Type": "Choice"',
    "Wait": '"Type": "Wait"',
    "Succeed": '"Type": "Succeed"',
    "Fail": '"Type": "Fail"',
    "Parallel": '"Type": "Parallel"',
    "Map, inline": '"Type": "Map"(?!.*"DISTRIBUTED")',
    "Map, distributed": '"DISTRIBUTED"',
    "ItemReader, ItemBatcher": '"Item(Reader|Batcher)"',
    "Task: function by its ARN": ":function:",
    "Task: service": ":states:::",
    "Task: `.sync`": r"\.sync",
    "Task: `.waitForTaskToken`": r"\.waitForTaskToken",
    "Task: activity": "activity_arn",
    "Task: timeouts, heartbeats": '"(Timeout|Heartbeat)Seconds',
    "Task: Credentials": '"Credentials"',
    "Retry": '"Retry"',
    "Catch": '"Catch"',
    "variables, Assign": '"Assign"',
    "context object": r"\$\$\.|states\.context",
    "Arguments, Output": '"(Arguments|Output)"',
    "InputPath, OutputPath": '"(Input|Output)Path"',
    "Parameters, ItemSelector": '"(Parameters|ItemSelector)"',
    "Result, ResultSelector, ResultPath": '"Result(Selector|Path)?"',
    "intrinsic functions": r"States\.[A-Z]\w+\(",
    "fields named …Path": '"(Seconds|Timestamp|Items|Error|Cause|Max|Timeout|Heartbeat|Tol)\\w*Path"',
}
"""Feature → what a definition that uses it contains."""


def table() -> str:
    """Agreement by feature and query language; a case counts in the row of each feature that it uses."""
    languages = ("JSONPath", "JSONata", "mixed")
    rows = ["| feature | JSONPath | JSONata | both |", "| --- | --- | --- | --- |"]
    for feature, pattern in {**FEATURES, "**all cases**": ""}.items():
        cells = [
            summary(
                [
                    case["id"] not in DISAGREEMENTS
                    for case in CASES
                    if case["query_language"] == language
                    and re.search(pattern, json.dumps(case["definition"]))
                ]
            )
            for language in languages
        ]
        rows.append(f"| {feature} | {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def summary(agreements: list[bool]) -> str:
    return f"{sum(agreements)} of {len(agreements)}" if agreements else ""


@pytest.mark.skipif(FOLDER is None, reason="DAG2SFN_AWS_RECORDED names no folder of recordings")
def test_the_table_in_the_documentation_is_fresh() -> None:
    written = PAGE.read_text().partition(TABLE_START)[2].partition(TABLE_END)[0]
    assert written == table(), "run tests/engine/test_recorded.py as a program"


if __name__ == "__main__":
    before, _, rest = PAGE.read_text().partition(TABLE_START)
    PAGE.write_text(before + TABLE_START + table() + TABLE_END + rest.partition(TABLE_END)[2])
