"""The score of a DAG: its last runs in Airflow, each beside its counterpart.

A run is compared when both sides have ended, by whoever asks for the score next, and once: what is kept
stays, also if the run is cleared in Airflow afterwards. Until then it waits, and the score says for what.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

from converter.comparison import NO_RULES, Rules, Run, Verdict, compare
from converter.comparison.execution_run import read_execution
from converter.comparison.values import parsed_moment
from converter.executions.results import RUNNING
from converter.identity import execution_name
from converter.shadow.machines import Shadow
from converter.shadow.results import Result, result_of
from converter.shadow.store import ResultStore

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

#: How long the listener tries to start a counterpart, and a bit.
_STARTED_BY = timedelta(minutes=15)
_ENDED = ("success", "failed")


class AirflowSide(Protocol):
    """What the score asks of Airflow."""

    def last_runs(self, dag_id: str, count: int) -> Sequence[Mapping[str, Any]]:
        """Return the latest runs, the latest first, as the REST API writes them."""
        ...

    def read_run(self, dag_id: str, run_id: str) -> Run | None:
        """Return a run with its tasks and outputs, None if it is gone."""
        ...


class Standing(str, Enum):
    """How a run stands."""

    EQUAL = "equal"
    DIFFERENT = "different"
    NOT_COMPARABLE = "not comparable"
    WAITING = "waiting"
    NOT_STARTED = "not started"


@dataclass(frozen=True)
class ScoredRun:
    """One run of Airflow's. ``why`` says what it waits for, or why it was not started."""

    run_id: str
    due: datetime
    standing: Standing
    why: str = ""
    result: Result | None = None


@dataclass(frozen=True)
class FirstDifference:
    """A task that differs, the first of the runs in which it did, and with which version of the machine."""

    task: str
    times: int
    run_id: str
    version: str
    source_hash: str | None


@dataclass(frozen=True)
class Score:
    """The last runs of a DAG, the latest first; without ``airflow_asked``, those whose result is kept."""

    dag_id: str
    runs: tuple[ScoredRun, ...]
    airflow_asked: bool = True

    def count(self, *standings: Standing) -> int:
        """Return how many runs stand so."""
        return sum(run.standing in standings for run in self.runs)

    @property
    def compared(self) -> int:
        """How many runs have a verdict."""
        return self.count(Standing.EQUAL, Standing.DIFFERENT, Standing.NOT_COMPARABLE)

    @property
    def is_clear(self) -> bool:
        """Whether runs were compared, all of them are equal, and none was left out."""
        return self.compared > 0 and self.compared == self.count(Standing.EQUAL) and not self.left_out

    @property
    def left_out(self) -> int:
        """How many runs have no counterpart."""
        return self.count(Standing.NOT_STARTED)

    def differences(self) -> list[FirstDifference]:
        """Return which tasks differ, and since when, the most frequent first."""
        found: dict[str, list[Result]] = {}
        for run in reversed(self.runs):
            for name in _different(run.result) if run.result else ():
                found.setdefault(name, []).append(run.result)  # type: ignore[arg-type]
        told = [
            FirstDifference(name, len(results), results[0].run_id, results[0].version, results[0].source_hash)
            for name, results in found.items()
        ]
        return sorted(told, key=lambda one: (-one.times, one.task))


def score(
    shadow: Shadow,
    client: SFNClient,
    store: ResultStore,
    airflow: AirflowSide | None,
    last: int,
    rules: Rules = NO_RULES,
    *,
    compare_at_most: int | None = None,
    now: datetime | None = None,
) -> Score:
    """Compare what has ended and was not compared, keep it, and return the last runs.

    Without ``airflow``, only what is kept. No more than ``compare_at_most`` runs are compared in this call.
    Raises Dag2SfnError: D701 if Airflow cannot be used; and what boto3 raises.
    """
    kept = store.last(last)
    by_name = {result.execution_name: _of(result) for result in kept}
    if airflow is None:
        return Score(shadow.dag_id, tuple(by_name.values()), airflow_asked=False)
    work = _Work(shadow, client, store, airflow, rules, now or datetime.now(timezone.utc))
    work.left = compare_at_most
    for run in airflow.last_runs(shadow.dag_id, last):
        name = execution_name(str(run["dag_run_id"]))
        if name not in by_name and (scored := work.scored(run, name)) is not None:
            by_name[name] = scored
    runs = sorted(by_name.values(), key=lambda run: run.due, reverse=True)
    return Score(shadow.dag_id, tuple(runs[:last]))


@dataclass
class _Work:
    shadow: Shadow
    client: SFNClient
    store: ResultStore
    airflow: AirflowSide
    rules: Rules
    now: datetime
    left: int | None = None
    """How many runs may still be compared; None: all."""

    def scored(self, run: Mapping[str, Any], name: str) -> ScoredRun | None:
        """Return how a run stands, None if it was not to have a counterpart."""
        start, due = _moment(run.get("start_date")), due_of(run)
        if start is None or due is None:  # it is queued
            return None
        run_id = str(run["dag_run_id"])
        arn = self.shadow.execution_arn(name)
        try:
            execution: Mapping[str, Any] = self.client.describe_execution(executionArn=arn)
        except self.client.exceptions.ExecutionDoesNotExist:
            if start < self.shadow.created:
                return None
            return self._without_execution(run_id, start, due)
        if run["state"] not in _ENDED:
            return ScoredRun(run_id, due, Standing.WAITING, f"the run in Airflow is {run['state']}")
        if execution["status"] == RUNNING:
            since = execution["startDate"].astimezone(timezone.utc).isoformat(timespec="minutes")
            return ScoredRun(run_id, due, Standing.WAITING, f"its execution has run since {since}")
        return self._compared(run_id, due, arn, execution.get("stateMachineVersionArn"))

    def _without_execution(self, run_id: str, start: datetime, due: datetime) -> ScoredRun:
        if self.now - start < _STARTED_BY:
            return ScoredRun(run_id, due, Standing.WAITING, "its execution has not been started yet")
        why = "no execution is named after it: the scheduler's log says why it was not started"
        return ScoredRun(run_id, due, Standing.NOT_STARTED, why)

    def _compared(self, run_id: str, due: datetime, arn: str, version: str | None) -> ScoredRun | None:
        if self.left is not None:
            if self.left == 0:
                return ScoredRun(run_id, due, Standing.WAITING, "it has ended, and is compared soon")
            self.left -= 1
        theirs = self.airflow.read_run(self.shadow.dag_id, run_id)
        if theirs is None:
            return None
        ours = read_execution(self.client, self.shadow.dag_id, arn)
        if not theirs.has_ended:  # it was cleared this very moment
            return ScoredRun(run_id, due, Standing.WAITING, f"the run in Airflow is {theirs.state}")
        result = result_of(compare(theirs, ours, self.rules), due, version)
        self.store.put(result)
        return _of(result)


def due_of(run: Mapping[str, Any]) -> datetime | None:
    """Return when a run was due. It stays the same if the run is cleared, as its other dates need not."""
    return _moment(run.get("run_after") or run.get("logical_date") or run.get("execution_date"))


def _of(result: Result) -> ScoredRun:
    standing = {
        Verdict.EQUAL: Standing.EQUAL,
        Verdict.DIFFERENT: Standing.DIFFERENT,
        Verdict.NOT_COMPARABLE: Standing.NOT_COMPARABLE,
    }[result.verdict]
    return ScoredRun(result.run_id, result.due, standing, "; ".join(result.reasons), result)


def _different(result: Result) -> Iterator[str]:
    yield from dict.fromkeys(str(task["task_id"]) for task in result.different)


def _moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    return parsed_moment(value) if isinstance(value, str) else None
