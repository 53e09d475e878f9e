"""The score on the plugin's API: runs of Airflow's database, counterparts on the local AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from shadow_machines import BUCKET, ROLE, definition, make_shadow
from waiting import ended

from converter.identity import machine_name

DAY = datetime(2026, 11, 2, tzinfo=timezone.utc)
RUN_ID = "manual__beside"


@pytest.fixture
def run(folder: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A run in Airflow that has succeeded."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunType

    monkeypatch.setenv("AIRFLOW__DAG2SFN__SHADOW_PREFIX", "shadow-")
    now = datetime.now(timezone.utc) + timedelta(minutes=1)  # after the machine is there
    with create_session() as database:
        database.add(
            DagRun(
                dag_id="orders",
                run_id=RUN_ID,
                run_type=DagRunType.MANUAL,
                state=DagRunState.SUCCESS,
                logical_date=DAY,
                run_after=DAY,
                data_interval=(DAY, DAY),
                start_date=now,
            )
        )
    with create_session() as database:
        database.query(DagRun).filter_by(run_id=RUN_ID).one().end_date = now + timedelta(seconds=1)
    yield
    with create_session() as database:
        database.query(DagRun).delete()


def test_a_run_is_compared_and_shown(
    run: None, call: Any, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = make_shadow(session, "orders")
    states = session.client("stepfunctions")
    found = call("GET", "dags/orders/score", 200)
    assert (found["is_shadowed"], [one["standing"] for one in found["runs"]]) == (True, ["waiting"])
    given = {"conf": {}, "run_id": RUN_ID, "logical_date": DAY.isoformat()}
    arn = states.start_execution(stateMachineArn=f"{machine}:live", name=RUN_ID, input=json.dumps(given))
    ended(states, arn["executionArn"])
    found = call("GET", "dags/orders/score", 200)
    ((standing, why),) = ((one["standing"], one["why"]) for one in found["runs"])
    # Airflow's DAG has another task than the machine.
    assert (standing, why) == ("not comparable", "the runs have no task in common")
    (result,) = (one["result"] for one in found["runs"])
    assert (result["version"], result["execution_arn"]) == ("1", arn["executionArn"])
    # The team's rules may say otherwise, and the page does not know them: nothing is written.
    s3 = session.client("s3")
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET)
    from dag2sfn_pages import score_api

    reads: list[str] = []
    monkeypatch.setattr(score_api, "read_run", lambda *given: reads.append("a run"))
    assert call("GET", "dags/orders/score", 200) == found  # remembered, as long as somebody looks
    assert reads == []


def test_a_dag_without_a_machine_beside_airflow_has_no_score(run: None, call: Any) -> None:
    assert call("GET", "dags/orders/score", 200) == {"is_shadowed": False}


def test_a_dag_that_has_nothing_but_a_machine_beside_airflow_says_so(
    folder: Any, call: Any, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_shadow(session, "orders")
    monkeypatch.setenv("AIRFLOW__DAG2SFN__SHADOW_PREFIX", "shadow-")
    for shown in (call("GET", "dags/orders", 200), _overview(call)["orders"]):
        assert (shown["state"], shown["is_deployed"]) == ("beside_airflow", False)
        assert shown["machine_name"] == "shadow-orders"
        assert shown["machine_url"].endswith(":stateMachine:shadow-orders")
    assert _overview(call)["invoices"]["state"] == "not_converted"
    # Who starts nothing beside Airflow has a machine of another name there.
    monkeypatch.delenv("AIRFLOW__DAG2SFN__SHADOW_PREFIX")
    assert _overview(call)["orders"]["state"] == "not_converted"


def test_a_machine_in_airflows_place_goes_before_one_beside_it(
    folder: Any, call: Any, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_shadow(session, "orders")
    monkeypatch.setenv("AIRFLOW__DAG2SFN__SHADOW_PREFIX", "shadow-")
    client = session.client("stepfunctions")
    client.create_state_machine(name=machine_name("orders"), definition=definition(1), roleArn=ROLE)
    shown = call("GET", "dags/orders", 200)
    assert (shown["state"], shown["machine_name"]) == ("deployed", "dag2sfn-orders")


def _overview(call: Any) -> dict[str, Any]:
    return {dag["dag_id"]: dag for dag in call("GET", "dags", 200)["dags"]}
