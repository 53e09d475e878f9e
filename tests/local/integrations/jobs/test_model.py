from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from converter.local.glue_runs import RunPlan
from converter.local.integrations.jobs.model import Job, Phase

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)
JOB = Job("id", "arn", {}, NOON, NOON, RunPlan(seconds=10))


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_a_job_waits_runs_and_ends() -> None:
    assert [JOB.phase(after(seconds)) for seconds in (0, 0.1, 9.9, 10)] == [
        Phase.QUEUED,
        Phase.RUNNING,
        Phase.RUNNING,
        Phase.SUCCEEDED,
    ]


def test_outcomes_have_phases() -> None:
    def end(outcome: str) -> Phase:
        return replace(JOB, plan=RunPlan(10, outcome)).phase(after(11))

    outcomes = {outcome: end(outcome) for outcome in ("FAILED", "ERROR", "TIMEOUT", "STOPPED")}
    assert outcomes == {
        "FAILED": Phase.FAILED,
        "ERROR": Phase.FAILED,
        "TIMEOUT": Phase.TIMED_OUT,
        "STOPPED": Phase.STOPPED,
    }


def test_a_stopped_job_ends_when_it_is_stopped() -> None:
    stopped = replace(JOB, stopped_on=after(3), stop_reason="enough")
    assert (stopped.phase(after(3)), stopped.ends_on) == (Phase.STOPPED, after(3))
    assert stopped.problem(after(4)) == "enough"
    assert stopped.has_run(after(4))


def test_a_job_stopped_in_the_queue_has_never_run() -> None:
    assert not replace(JOB, stopped_on=after(0.05)).has_run(after(20))


def test_a_job_behind_another_waits_for_it() -> None:
    later = replace(JOB, begins_on=after(60))
    assert later.phase(after(59)) is Phase.QUEUED
    assert later.ends_on == after(70)
