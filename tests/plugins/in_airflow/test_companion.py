"""A companion DAG in a real Airflow: Airflow's own API starts the machine, brings it back, and stops it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from waiting import wait_for_airflow

pytestmark = pytest.mark.full


def _trigger(beside: Any, dag_id: str, run_id: str, conf: Any = None) -> str:
    """Trigger a companion; return the path of its only task's instance."""
    dag = f"/api/v2/dags/{dag_id}__step_functions"
    body = {"dag_run_id": run_id, "conf": conf or {}, "logical_date": None}
    status, answer = beside.airflow.request("POST", f"{dag}/dagRuns", body)
    assert status == 200, answer
    return f"{dag}/dagRuns/{run_id}/taskInstances/run"


def test_its_run_shows_each_tasks_output_as_xcom(beside: Any, comparisons: Mapping[str, Any]) -> None:
    instance = _trigger(beside, "rules", "by_companion")
    state = wait_for_airflow(
        lambda: (found := beside.airflow.get(instance)["state"]) in ("success", "failed") and found
    )
    assert state == "success"
    listed = beside.airflow.get(f"{instance}/xcomEntries")["xcom_entries"]
    xcoms = {
        entry["key"]: beside.airflow.get(f"{instance}/xcomEntries/{entry['key']}?stringify=false")["value"]
        for entry in listed
    }
    assert xcoms["count"] == {"rows": 3, "files": ["a", "b"], "share": 0.5, "last": None}
    # A branch leaves no value, in Airflow 3.3 neither: what it chose shows in the states.
    assert "choose" not in xcoms
    assert xcoms["return_value"]["tasks"]["large"] == "skipped"


def test_killing_it_stops_the_execution(beside: Any) -> None:
    instance = _trigger(beside, "slow", "to_be_killed")
    # Before a triggerer has taken it up, Airflow has nothing to cancel, and tells nobody.
    wait_for_airflow(lambda: (beside.airflow.get(instance)["trigger"] or {}).get("triggerer_id") is not None)
    assert beside.airflow.get(instance)["state"] == "deferred"
    arn = beside.airflow.get(f"{instance}/xcomEntries/execution_arn")["value"].strip('"')
    client = beside.aws.client("stepfunctions")
    assert client.describe_execution(executionArn=arn)["status"] == "RUNNING"
    # What the button "Mark as failed" sends.
    status, answer = beside.airflow.request("PATCH", instance, {"new_state": "failed"})
    assert status == 200, answer
    wait_for_airflow(lambda: client.describe_execution(executionArn=arn)["status"] == "ABORTED")
