"""Waits for what happens in other threads and processes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from converter.executions import RunResult, read_back

Found = TypeVar("Found")


def wait_until(condition: Callable[[], Found], what: str, seconds: float = 60, pause: float = 0.02) -> Found:
    """Return the first true value of ``condition``; fail if there is none within so many seconds.

    The limit is for what never happens: where it does, a busy machine may take its time.
    """
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} seconds: {what}"
        time.sleep(pause)
    return found


def wait_for_airflow(condition: Callable[[], Found]) -> Found:
    """Wait for what a real Airflow does, in processes of its own."""
    return wait_until(condition, "what Airflow does", seconds=300, pause=0.5)


def wait_until_task_runs(client: Any, arn: str, task_id: str) -> None:
    """Wait until a task of an execution has begun."""
    wait_until(lambda: read_back(client, arn).tasks[task_id].state == "running", f"{task_id} runs")


def ended(client: Any, arn: str, seconds: float = 120) -> Any:
    """Wait until an execution has ended; return what DescribeExecution says of it."""

    def end() -> Any:
        found = client.describe_execution(executionArn=arn)
        return found if found["status"] != "RUNNING" else None

    return wait_until(end, f"{arn} has ended", seconds)


def read_when_ended(client: Any, arn: str, seconds: float = 120) -> RunResult:
    """Wait until an execution has ended; return what can be read back of it."""
    ended(client, arn, seconds)
    return read_back(client, arn)
