"""A deployed schedule: EventBridge Scheduler calls the starter, and each interval runs once."""

from __future__ import annotations

import json
import urllib.request
from datetime import datetime, timezone

import pytest
from shadow_machines import executions as executions_of
from waiting import wait_until
from workflows import empty, machine_of, workflow

from converter import executions
from converter.asl.options import Options
from converter.deployment import deploy, rollback, starter_of, switch_schedule, undeploy
from converter.diagnostics import Dag2SfnError
from converter.packaging import write_bundle
from converter.schedules.dag2sfn_starter.handler import execution_name
from converter.workflow import Schedule

DAILY = Schedule("CronDataIntervalTimetable", "30 2 * * *", "Europe/Berlin")


@pytest.fixture
def deployed(tmp_path, session):
    def make(*tasks, schedule=DAILY, **fields):
        flow = workflow(
            *(tasks or (empty("a"),)), dag_id="nightly", source_hash="0" * 64, schedule=schedule, **fields
        )
        options = Options()
        return deploy(write_bundle(tmp_path / "nightly", flow, machine_of(flow, options), options), session)

    return make


def clock(aws, **moment):
    request = urllib.request.Request(  # noqa: S310 - the local AWS
        f"{aws.endpoint}/dag2sfn-local/clock", json.dumps(moment).encode(), method="POST"
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return json.load(answer)["fired"]


def runs_of(session, deployment, count):
    client = session.client("stepfunctions")
    machine = deployment.state_machine_arn
    wait_until(lambda: len(executions_of(client, machine)) >= count, f"{count} executions")
    return [json.loads(one["input"]) for one in executions_of(client, machine)]


def call(session, event):
    arn = starter_of("nightly", session).function_arn
    answer = session.client("lambda").invoke(FunctionName=arn, Payload=json.dumps(event).encode())
    told = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, told
    return told


def test_a_schedule_starts_nothing_until_it_is_switched_on(deployed, session, aws):
    deployment = deployed()
    assert clock(aws, to="2027-03-26T12:00:00Z") == []
    assert switch_schedule("nightly", session, on=True) is True
    assert switch_schedule("nightly", session, on=True) is False
    # Clocks are put forward on March 28: 2:30 is 3:30 on that day, in Airflow and so here.
    assert clock(aws, to="2027-03-28T12:00:00Z")
    found = {run["logical_date"]: run for run in runs_of(session, deployment, 2)}
    assert sorted(found) == ["2027-03-26T01:30:00+00:00", "2027-03-27T01:30:00+00:00"]
    assert found["2027-03-27T01:30:00+00:00"] == {
        "conf": {},
        "run_id": "scheduled__2027-03-28T01:30:00+00:00",
        "logical_date": "2027-03-27T01:30:00+00:00",
        "data_interval_start": "2027-03-27T01:30:00+00:00",
        "data_interval_end": "2027-03-28T01:30:00+00:00",
        "latest_until": "2027-03-29T00:30:00+00:00",
    }
    # A new deployment leaves it on, and its function's version is still there to be called.
    deployed(empty("a"), empty("b", "a"))
    clock(aws, to="2027-03-30T12:00:00Z")
    assert len(runs_of(session, deployment, 4)) == 4
    rollback("nightly", session)
    switch_schedule("nightly", session, on=False)
    assert clock(aws, to="2027-04-10T12:00:00Z") == []
    assert undeploy("nightly", session)
    assert session.client("iam").list_roles()["Roles"] == []
    assert session.client("scheduler").list_schedules()["Schedules"] == []


def test_an_interval_runs_once_however_often_and_in_whatever_order_the_starter_is_called(deployed, session):
    deployment = deployed()
    moments = ["2026-10-24T00:30:00Z", "2026-10-22T00:30:00Z", "2026-10-23T00:30:11Z", "2026-10-24T00:30:59Z"]
    first = [call(session, {"scheduled": moment}) for moment in moments]
    again = [call(session, {"scheduled": moment}) for moment in reversed(moments)]
    assert all("started" in told for told in first[:3])
    assert all(told.keys() <= {"started", "exists"} for told in [*first, *again])
    assert sorted(run["logical_date"][:10] for run in runs_of(session, deployment, 3)) == [
        "2026-10-21",
        "2026-10-22",
        "2026-10-23",
    ]
    assert call(session, {"scheduled": "2026-10-24T00:31:00Z"}) == {
        "nothing": "no run is due at 2026-10-24T00:31:00Z"
    }
    assert "80 days" in call(session, {"scheduled": "2020-10-24T00:30:00Z"})["nothing"]


def test_a_backfill_starts_what_has_not_run_and_goes_on_where_it_was(deployed, session):
    deployed()
    starter = starter_of("nightly", session)
    call(session, {"scheduled": "2026-10-24T00:30:00Z"})
    first, last = (datetime(2026, 10, day, tzinfo=timezone.utc) for day in (20, 27))

    def backfill(**more):
        runs = executions.runs_between(session.client("lambda"), starter.function_arn, first, last)
        client = session.client("stepfunctions")
        return executions.backfill(
            client, starter.state_machine_alias_arn, runs, parallel=2, interval=0.05, **more
        )

    def interrupted(line: str) -> None:
        if "started" in line and "22T" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backfill(on_progress=interrupted)
    done = backfill()
    assert [run.logical_date[8:16] for run in done] == [
        *("20T00:30", "21T00:30", "22T00:30", "23T00:30", "24T00:30", "25T01:30", "26T01:30")
    ]
    assert [run.is_new for run in done] == [False, False, False, False, True, True, True]
    assert {run.status for run in done} == {"SUCCEEDED"}


def test_a_dag_without_a_schedule_says_so(deployed, session):
    deployed(schedule=None)
    with pytest.raises(Dag2SfnError, match=r"D418.*no schedule"):
        switch_schedule("nightly", session, on=True)
    with pytest.raises(Dag2SfnError, match="D418"):
        starter_of("nightly", session)
    with pytest.raises(Dag2SfnError, match="D451"):
        switch_schedule("other", session, on=True)


def test_continuous_runs_follow_each_other(deployed, session):
    deployed(schedule=Schedule("ContinuousTimetable"))
    assert "started" in call(session, {"scheduled": "2026-12-01T00:00:00Z"})
    assert call(session, {"scheduled": "2026-12-01T00:01:00Z"}).keys() <= {"started", "nothing"}


@pytest.mark.parametrize("run_id", ["scheduled__2026-01-01T00:00:00+00:00", "x" * 99, "plain"])
def test_the_starter_names_executions_as_everybody_does(run_id):
    from converter.identity import execution_name as named

    assert execution_name(run_id) == named(run_id)
