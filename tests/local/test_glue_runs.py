from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from converter.local.glue_runs import (
    ConcurrentRunsExceeded,
    JobRun,
    JobRuns,
    LocalArgumentError,
    RunNotStoppable,
    RunPlan,
)

NINE = datetime(2026, 1, 1, 9, tzinfo=timezone.utc)


class Clock:
    def __init__(self) -> None:
        self.moment = NINE

    def __call__(self) -> datetime:
        return self.moment

    def move(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def runs(clock: Clock) -> JobRuns:
    return JobRuns(clock)


def start(runs: JobRuns, at_once: int = 10, **arguments: str) -> JobRun:
    given = {f"--local-{key}": value for key, value in arguments.items()}
    plan = RunPlan.from_arguments(given)
    return runs.start("job", given, plan=plan, max_concurrent_runs=at_once, settings={})


def test_a_run_succeeds_after_a_second_unless_told_otherwise() -> None:
    assert RunPlan.from_arguments({"--day": "2026-01-01"}) == RunPlan(1.0, "SUCCEEDED", None)


def test_the_state_follows_from_the_time(runs: JobRuns, clock: Clock) -> None:
    run = start(runs, seconds="10", outcome="failed", error="out of memory")
    states = []
    for moment in (0, 0.05, 0.2, 9.9, 10):
        states.append(run.state(NINE + timedelta(seconds=moment)))
    assert states == ["STARTING", "STARTING", "RUNNING", "RUNNING", "FAILED"]

    clock.move(12)
    described = run.describe(clock())
    assert described["CompletedOn"] == NINE + timedelta(seconds=10)
    assert described["ErrorMessage"] == "out of memory"
    assert described["ExecutionTime"] == 10


def test_a_running_run_has_no_end_and_no_error(runs: JobRuns, clock: Clock) -> None:
    run = start(runs, seconds="10", outcome="FAILED")
    clock.move(3)
    described = run.describe(clock())
    assert described["JobRunState"] == "RUNNING"
    assert described["ExecutionTime"] == 3
    assert "CompletedOn" not in described
    assert "ErrorMessage" not in described


def test_glues_own_timeout_ends_a_longer_run() -> None:
    plan = RunPlan.from_arguments({"--local-seconds": "150"}, timeout_minutes=2)
    assert (plan.seconds, plan.outcome) == (120, "TIMEOUT")
    assert RunPlan.from_arguments({"--local-seconds": "119"}, timeout_minutes=2).outcome == "SUCCEEDED"


@pytest.mark.parametrize(
    "arguments",
    [
        {"--local-seconds": "soon"},
        {"--local-seconds": "-1"},
        {"--local-seconds": "nan"},
        {"--local-seconds": "inf"},
        {"--local-outcome": "RUNNING"},
    ],
)
def test_arguments_that_say_nothing_are_refused(arguments: dict[str, str]) -> None:
    with pytest.raises(LocalArgumentError, match=next(iter(arguments))):
        RunPlan.from_arguments(arguments)


def test_only_unfinished_runs_count_against_the_limit(runs: JobRuns, clock: Clock) -> None:
    start(runs, at_once=2, seconds="5")
    start(runs, at_once=2, seconds="10")
    with pytest.raises(ConcurrentRunsExceeded):
        start(runs, at_once=2)
    clock.move(5)
    start(runs, at_once=2)


def test_a_stopped_run_stops_a_little_later_and_for_good(runs: JobRuns, clock: Clock) -> None:
    run = start(runs, seconds="10")
    clock.move(4)
    stopping = runs.stop("job", run.id)
    assert stopping is not None
    assert stopping.state(clock()) == "STOPPING"
    clock.move(20)
    assert stopping.state(clock()) == "STOPPED"
    assert "ErrorMessage" not in stopping.describe(clock())
    with pytest.raises(RunNotStoppable):
        runs.stop("job", run.id)


def test_asking_twice_to_stop_does_not_put_the_end_off(runs: JobRuns, clock: Clock) -> None:
    run = start(runs, seconds="10")
    first = runs.stop("job", run.id)
    clock.move(0.2)
    assert runs.stop("job", run.id) == first


def test_runs_come_newest_first(runs: JobRuns, clock: Clock) -> None:
    started = []
    for _ in range(3):
        started.append(start(runs).id)
        clock.move(1)
    assert [run.id for run in runs.newest_first("job")] == started[::-1]
