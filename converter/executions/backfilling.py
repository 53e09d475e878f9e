"""Starts the runs of a time past, a few at a time. What has been started before is not started again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from converter import diagnostics as d
from converter.diagnostics import Dag2SfnError, Diagnostic
from converter.executions.results import RUNNING

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

SUCCEEDED = "SUCCEEDED"


@dataclass(frozen=True)
class BackfilledRun:
    """One run: its logical date, its execution and how that ended; ``is_new`` if this call started it."""

    logical_date: str
    execution_arn: str
    status: str
    is_new: bool


def runs_between(
    functions: Any, starter_arn: str, first: datetime, last: datetime
) -> Iterator[dict[str, str]]:
    """Yield name and input of each run whose logical date is from ``first`` to ``last``, as the starter says.

    ``functions`` is a client of Lambda. Raises Dag2SfnError (D419) if the starter does not answer.
    """
    begin: str | None = first.isoformat()
    while begin is not None:
        event = json.dumps({"from": begin, "to": last.isoformat()})
        answer = functions.invoke(FunctionName=starter_arn, Payload=event.encode())
        told = json.loads(answer["Payload"].read())
        if answer.get("FunctionError"):
            problem = f"the starter {starter_arn} failed: {told.get('errorMessage', told)}"
            raise Dag2SfnError(Diagnostic(d.STARTER_FAILED, problem, "look into its log"))
        yield from told["runs"]
        begin = told["more"]


def backfill(
    client: SFNClient,
    machine_arn: str,
    runs: Iterator[dict[str, str]],
    *,
    parallel: int,
    interval: float = 5.0,
    on_progress: Callable[[str], object] | None = None,
) -> list[BackfilledRun]:
    """Start runs in order, at most ``parallel`` of them at once, and wait for their ends.

    A run whose execution exists is not started again, however it ended: so who was interrupted begins anew,
    and an interval that its schedule has started counts as well. Step Functions forgets names after 90 days.
    """
    tell = on_progress or (lambda message: None)
    work = _Work(client, machine_arn, tell)
    for run in runs:
        work.wait_for(parallel - 1, interval)
        work.start(run)
    work.wait_for(0, interval)
    return list(work.found.values())


class _Work:
    def __init__(self, client: SFNClient, machine_arn: str, tell: Callable[[str], object]) -> None:
        self._client, self._machine, self._tell = client, machine_arn, tell
        self._running: list[str] = []
        self.found: dict[str, BackfilledRun] = {}

    def start(self, run: dict[str, str]) -> None:
        arn = self._execution_arn(run["name"])
        status = self._status(arn)
        is_new = status is None
        if is_new:
            # Somebody else may be as fast: with the same name and input, it is the same execution.
            self._client.start_execution(stateMachineArn=self._machine, name=run["name"], input=run["input"])
            status = RUNNING
        date = json.loads(run["input"])["logical_date"]
        self.found[arn] = BackfilledRun(date, arn, status or RUNNING, is_new)
        if status == RUNNING:
            self._running.append(arn)
        self._tell(f"{date}: started" if is_new else f"{date}: {status} already, not started again")

    def wait_for(self, most: int, interval: float) -> None:
        """Wait until no more than so many run."""
        while len(self._running) > most:
            for arn in tuple(self._running):
                status = self._status(arn) or "GONE"
                if status != RUNNING:
                    self._running.remove(arn)
                    run = self.found[arn]
                    self.found[arn] = BackfilledRun(run.logical_date, arn, status, run.is_new)
                    self._tell(f"{run.logical_date}: {status}")
            if len(self._running) > most:
                time.sleep(interval)

    def _execution_arn(self, name: str) -> str:
        parts = self._machine.split(":")
        return ":".join([*parts[:5], "execution", parts[6], name])

    def _status(self, arn: str) -> str | None:
        try:
            return self._client.describe_execution(executionArn=arn)["status"]
        except self._client.exceptions.ExecutionDoesNotExist:
            return None
