"""Map Runs as the API shows them, and the executions in them. They are there as long as the process is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from converter.engine import ChildExecution, Execution, HistoryEvent, MapRun

if TYPE_CHECKING:
    from converter.local.executions import LocalExecution

#: Executions here have no time limit of their own.
_COUNTED = ("pending", "running", "succeeded", "failed", "timedOut", "aborted")


@dataclass(frozen=True)
class ItemRun:
    """What the engine's Execution is to the API, for an execution of a Map Run."""

    child: ChildExecution
    map_run: MapRun

    @property
    def history(self) -> Sequence[HistoryEvent]:
        """The events so far, in order."""
        return self.child.history.events

    @property
    def start_date(self) -> datetime:
        """When it started."""
        return self.child.started

    @property
    def stop_date(self) -> datetime | None:
        """When it ended; None while it runs."""
        return self.child.stopped

    @property
    def status(self) -> str:
        """RUNNING, SUCCEEDED, FAILED or ABORTED."""
        return self.child.status

    @property
    def output(self) -> str | None:
        """The output as JSON text, if it succeeded."""
        return None if self.child.output is None else self.child.output.text

    @property
    def error(self) -> str | None:
        """The error, if it failed."""
        return None if self.child.failure is None else self.child.failure.error

    @property
    def cause(self) -> str | None:
        """The cause, if it failed."""
        return None if self.child.failure is None else self.child.failure.cause

    def waits_for(self, token: str) -> bool:
        """Tokens are answered by the execution around it."""
        return False

    def stop(self, error: str | None = None, cause: str | None = None) -> None:
        """Do nothing: it ends with its Map Run."""


def machine_around(arn: str) -> str:
    """Return the ARN of the machine to which a Map Run belongs, or an execution of one.

    >>> machine_around("arn:aws:states:r:1:mapRun:m/load:0f")
    'arn:aws:states:r:1:stateMachine:m'
    """
    parts = arn.split(":")
    return ":".join([*parts[:5], "stateMachine", parts[6].split("/")[0]])


def is_in_map_run(arn: str) -> bool:
    """Whether an ARN is that of a Map Run, or of an execution of one."""
    parts = arn.split(":")
    return len(parts) > 7 and "/" in parts[6]


def map_runs_of(execution: LocalExecution) -> Sequence[MapRun]:
    """Return the Map Runs of an execution; none of one that was only recorded."""
    return execution.engine.map_runs if isinstance(execution.engine, Execution) else ()


def listed_map_run(run: MapRun) -> dict[str, Any]:
    """Return an entry of ListMapRuns."""
    stopped = {} if run.stopped is None else {"stopDate": run.stopped}
    return {
        "executionArn": run.execution_arn,
        "mapRunArn": run.arn,
        "stateMachineArn": machine_around(run.arn),
        "startDate": run.started,
        **stopped,
    }


def described_map_run(run: MapRun) -> dict[str, Any]:
    """Return DescribeMapRun's answer. What has not begun stays pending when the Map Run ends, as in AWS."""
    answer = listed_map_run(run)
    del answer["stateMachineArn"]
    tolerance = run.tolerance
    return {
        **answer,
        "status": run.status,
        "maxConcurrency": run.at_once,
        "toleratedFailurePercentage": float(tolerance.percentage or 0),
        "toleratedFailureCount": tolerance.count or 0,
        "itemCounts": _counts(run, run.item_counts),
        "executionCounts": _counts(run, [1] * len(run.item_counts)),
        "redriveCount": 0,
    }


def _counts(run: MapRun, weights: Sequence[int]) -> dict[str, int]:
    """Count executions by status, each for its weight: one, or the number of its items."""
    counts = dict.fromkeys(_COUNTED, 0)
    begun = 0
    for child, weight in zip(run.children, weights, strict=False):
        counts[child.status.lower()] += weight
        begun += weight
    total = sum(weights)
    counts["pending"] = total - begun
    ended = counts["succeeded"] + counts["failed"]
    return {**counts, "total": total, "resultsWritten": ended if run.results_written else 0}


def executions_of_map_run(around: LocalExecution, run: MapRun) -> Iterator[LocalExecution]:
    """Yield the executions of a Map Run, the last started first."""
    for child in reversed(run.children):
        yield _execution_of(around, run, child)


def execution_of_item(executions: Sequence[LocalExecution], arn: str) -> LocalExecution | None:
    """Return an execution of a Map Run of one of these executions, None if there is none."""
    for execution in executions:
        for run in map_runs_of(execution):
            for child in run.children:
                if child.arn == arn:
                    return _execution_of(execution, run, child)
    return None


def _execution_of(around: LocalExecution, run: MapRun, child: ChildExecution) -> LocalExecution:
    return type(around)(ItemRun(child, run), around.started, child.arn, child.name, child.input.text)
