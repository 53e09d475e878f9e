"""A deferred task that is ended before a triggerer holds its trigger: the API server stops the execution."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from waiting import wait_for_airflow

pytestmark = pytest.mark.full

COMPANION = "/api/v2/dags/slow__step_functions/dagRuns"


@contextmanager
def _no_triggerer(beside: Any) -> Iterator[None]:
    """Halt Airflow's triggerer meanwhile."""
    commands = {}
    for pid in beside.airflow.processes():
        with suppress(OSError):  # tasks' processes end meanwhile
            commands[pid] = Path(f"/proc/{pid}/cmdline").read_bytes()
    halted = [pid for pid, command in commands.items() if b"triggerer" in command]
    assert halted

    def tell(number: signal.Signals) -> None:
        for pid in halted:
            os.kill(pid, number)

    def halt() -> bool:
        """Whether they are halted; not while they write into the database, which nobody else could then."""
        tell(signal.SIGSTOP)
        if _is_locked(beside.airflow.home / "airflow.db"):
            tell(signal.SIGCONT)
            return False
        return True

    try:
        wait_for_airflow(halt)
        yield
    finally:
        tell(signal.SIGCONT)


def _is_locked(database: Path) -> bool:
    """Whether a process holds Airflow's database for longer than a transaction takes."""
    with closing(sqlite3.connect(database, timeout=2)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        return False


def test_ending_its_task_or_its_run_stops_the_execution(beside: Any, comparisons: Mapping[str, Any]) -> None:
    assert all(comparisons.values())  # nothing else needs the triggerer any more
    airflow, client = beside.airflow, beside.aws.client("stepfunctions")
    ended = {"by_task": "/taskInstances/run", "by_run": ""}
    with _no_triggerer(beside):
        for run_id in ended:
            body = {"dag_run_id": run_id, "logical_date": None}
            assert airflow.request("POST", COMPANION, body)[0] == 200
        for run_id, marked in ended.items():
            run = f"{COMPANION}/{run_id}"
            instance = f"{run}/taskInstances/run"
            wait_for_airflow(lambda path=instance: airflow.get(path)["state"] == "deferred")
            arn = airflow.get(f"{instance}/xcomEntries/execution_arn")["value"].strip('"')
            assert client.describe_execution(executionArn=arn)["status"] == "RUNNING"
            body = {"new_state": "failed"} if marked else {"state": "failed"}
            assert airflow.request("PATCH", f"{run}{marked}", body)[0] == 200
            wait_for_airflow(
                lambda arn=arn: client.describe_execution(executionArn=arn)["status"] == "ABORTED"
            )
