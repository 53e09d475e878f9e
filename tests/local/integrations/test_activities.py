from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from converter.local.integrations.activities import Activities
from converter.local.loop_thread import LoopThread


@pytest.fixture
def activity(sfn: Any) -> str:
    return str(sfn.create_activity(name="work")["activityArn"])


@pytest.fixture
def start(sfn: Any, create_machine: Any, activity: str) -> Any:
    def begin(name: str = "machine", **fields: Any) -> str:
        task = {"Type": "Task", "Resource": activity, "Arguments": {"n": 1}, "End": True, **fields}
        return str(sfn.start_execution(stateMachineArn=create_machine({"Work": task}, name))["executionArn"])

    return begin


def events(sfn: Any, execution: str) -> list[dict[str, Any]]:
    return list(sfn.get_execution_history(executionArn=execution)["events"])


def test_a_worker_takes_a_task_and_answers_it(sfn: Any, activity: str, start: Any, finish: Any) -> None:
    execution = start()
    task = sfn.get_activity_task(activityArn=activity, workerName="me")
    assert json.loads(task["input"]) == {"n": 1}
    sfn.send_task_heartbeat(taskToken=task["taskToken"])
    sfn.send_task_success(taskToken=task["taskToken"], output='{"done":true}')
    assert finish(execution)["output"] == '{"done":true}'
    # The order of a recorded execution.
    assert [event["type"] for event in events(sfn, execution)][2:5] == [
        "ActivityScheduled",
        "ActivityStarted",
        "ActivitySucceeded",
    ]
    assert events(sfn, execution)[3]["activityStartedEventDetails"] == {"workerName": "me"}


def test_a_worker_that_polls_first_gets_the_task_at_once(sfn: Any, activity: str, start: Any) -> None:
    taken: list[Any] = []
    worker = threading.Thread(target=lambda: taken.append(sfn.get_activity_task(activityArn=activity)))
    worker.start()
    time.sleep(0.2)
    start()
    worker.join(timeout=60)
    assert "taskToken" in taken[0]


def test_a_workers_failure_fails_the_task(sfn: Any, activity: str, start: Any, finish: Any) -> None:
    execution = start()
    token = sfn.get_activity_task(activityArn=activity)["taskToken"]
    sfn.send_task_failure(taskToken=token, error="Broken", cause="why")
    ended = finish(execution)
    assert (ended["error"], ended["cause"]) == ("Broken", "why")


def test_a_task_that_nobody_takes_times_out_and_is_withdrawn(
    sfn: Any, activity: str, start: Any, finish: Any
) -> None:
    assert finish(start(TimeoutSeconds=1))["error"] == "States.Timeout"
    second = start("second")
    token = sfn.get_activity_task(activityArn=activity)["taskToken"]
    sfn.send_task_success(taskToken=token, output='"of the second"')
    assert finish(second)["output"] == '"of the second"'


def test_an_activity_is_described_listed_and_deleted(
    sfn: Any, activity: str, start: Any, finish: Any
) -> None:
    assert sfn.describe_activity(activityArn=activity)["name"] == "work"
    assert [entry["activityArn"] for entry in sfn.list_activities()["activities"]] == [activity]
    sfn.delete_activity(activityArn=activity)
    assert sfn.list_activities()["activities"] == []
    with pytest.raises(sfn.exceptions.ActivityDoesNotExist):
        sfn.get_activity_task(activityArn=activity)
    assert "Activity Does Not Exist" in finish(start())["cause"]


def test_a_poll_without_a_task_ends_empty_handed_and_early_when_all_is_forgotten() -> None:
    loop = LoopThread()
    try:
        activities = Activities(loop)
        assert activities.next_task("arn", "me", seconds=0.05) is None
        threading.Timer(0.1, activities.forget).start()
        began = time.monotonic()
        assert activities.next_task("arn", "me", seconds=30) is None
        assert time.monotonic() - began < 25
    finally:
        loop.close()
