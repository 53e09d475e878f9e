from __future__ import annotations

import json
import time
from datetime import datetime, timedelta, timezone
from typing import Any

from scripted_runs import ARN

from converter.executions import read_back

HERE = {f"task_{i}": {"state": "success", "at": 1, "output": "jr_" + "0" * 64} for i in range(100)}
OWN = json.dumps(HERE)
WAITING = json.dumps({"here": HERE, "records": {}})


def poll(first: int, second: int) -> list[dict[str, Any]]:
    """The nine events of one round of a poller, numbered from ``first``."""
    steps = [
        ("TaskStateEntered", "b: ask for a", {"input": OWN}),
        ("TaskScheduled", None, {}),
        ("TaskStarted", None, {}),
        ("TaskSucceeded", None, {"output": "{}"}),
        ("TaskStateExited", "b: ask for a", {"output": WAITING}),
        ("ChoiceStateEntered", "b: a finished?", {"input": WAITING}),
        ("ChoiceStateExited", "b: a finished?", {"output": WAITING}),
        ("WaitStateEntered", "b: wait for a", {"input": WAITING}),
        ("WaitStateExited", "b: wait for a", {"output": OWN}),
    ]
    events = []
    for position, (kind, name, details) in enumerate(steps):
        shared = next((s for s in ("stateEntered", "stateExited") if kind.lower().endswith(s.lower())), None)
        key = f"{shared or kind[0].lower() + kind[1:]}EventDetails"
        event = {
            "id": first + position,
            "previousEventId": first + position - 1,
            "type": kind,
            "timestamp": datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=second),
            key: {**details, **({"name": name} if name else {})},
        }
        events.append(event)
    return events


def test_the_longest_history_is_read_in_a_second_and_in_the_fewest_pages(service: Any) -> None:
    states = {name: {"Type": "Pass", "Comment": f"task {name}: EmptyOperator"} for name in [*HERE, "a", "b"]}
    service.definition = {"StartAt": "a", "States": {**states, "b: ask for a": {"Type": "Task"}}}
    service.events = [event for round in range(2777) for event in poll(1 + 9 * round, round)]
    assert len(service.events) == 24_993

    begin = time.process_time()
    result = read_back(service.client(), ARN)
    seconds = time.process_time() - begin

    assert result.status_calls == 2777
    assert result.transitions == 3 * 2777
    assert result.tasks["task_99"].state == "success"
    assert len([request for request in service.requests if request[0] == "GetExecutionHistory"]) == 25
    # Of its own time, with room for a busy machine; it is about half a second on a quiet one.
    assert seconds < 5
