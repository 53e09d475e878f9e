"""Operator, companion DAG and comparison in a running Airflow 2.10 or 2.11.

DAG2SFN_AIRFLOW_2_PYTHON names a Python that has it, with its Amazon provider.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow_2 import Airflow2
from waiting import wait_for_airflow

from converter.local import LocalAws
from playground import both

PYTHON = os.environ.get("DAG2SFN_AIRFLOW_2_PYTHON", "")
pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(
        not PYTHON, reason="needs DAG2SFN_AIRFLOW_2_PYTHON, a Python with Airflow 2.10 or 2.11"
    ),
]

ETL = """
from airflow.decorators import task
from airflow.models.dag import DAG

with DAG("etl", schedule=None, params={"rows": 3}):

    @task
    def count(params=None):
        return {"rows": params["rows"], "share": 0.5}

    @task
    def add(counted):
        return counted["rows"] + 1

    add(count())
"""
SLOW = """
from airflow.models.dag import DAG
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator

with DAG("slow", schedule=None):
    GlueJobOperator(task_id="load", job_name="slow_job")
"""
WAITING = """
from airflow.models.dag import DAG
from dag2sfn_airflow import StepFunctionsDagOperator

with DAG("waiting", schedule=None):
    StepFunctionsDagOperator(task_id="run", target_dag_id="etl", conf={"rows": 7}, poll_interval=1)
"""
FAILING = """
from airflow.decorators import task
from airflow.models.dag import DAG

with DAG("failing", schedule=None):

    @task
    def check():
        raise ValueError("no rows")

    check()
"""


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory, local_aws: LocalAws) -> Iterator[Airflow2]:
    home = tmp_path_factory.mktemp("airflow_2")
    settings = {**local_aws.environment(), "AIRFLOW_CONN_AWS_DEFAULT": "aws://"}
    airflow = Airflow2(home, settings, python=Path(PYTHON))
    airflow.dags.mkdir(parents=True)
    for name, text in {"etl": ETL, "slow": SLOW, "failing": FAILING}.items():
        (airflow.dags / f"{name}.py").write_text(text)
    for bundle in both.convert(airflow.dags, airflow.bundles, local_aws, "--companion"):
        both.deploy(local_aws, bundle, {"slow_job": 600})
        both.add_dags(airflow, bundle.glob("*__step_functions.py"))
    (airflow.dags / "waiting.py").write_text(WAITING)
    with airflow:
        wait_for_airflow(
            lambda: airflow.has_dags("etl", "etl__step_functions", "failing__step_functions", "waiting")
        )
        yield airflow


def _trigger(airflow: Airflow2, dag_id: str, conf: Any = None) -> str:
    """Start a DAG of one task, ``run``; return the path of its instance."""
    status, answer = airflow.request(
        "POST", f"/api/v1/dags/{dag_id}/dagRuns", {"dag_run_id": "r", "conf": conf or {}}
    )
    assert status == 200, answer
    return f"/api/v1/dags/{dag_id}/dagRuns/r/taskInstances/run"


def _end(airflow: Airflow2, instance: str) -> str:
    return str(
        wait_for_airflow(lambda: (it := airflow.get(instance)["state"]) in ("success", "failed") and it)
    )


def _xcom(airflow: Airflow2, instance: str, key: str) -> Any:
    return json.loads(airflow.get(f"{instance}/xcomEntries/{key}")["value"].replace("'", '"'))


def test_the_companion_defers_and_brings_each_tasks_output_back(airflow: Airflow2) -> None:
    instance = _trigger(airflow, "etl__step_functions", {"rows": 5})
    assert _end(airflow, instance) == "success"
    assert _xcom(airflow, instance, "count") == {"rows": 5, "share": 0.5}
    assert _xcom(airflow, instance, "add") == 6
    links = airflow.get(f"{instance}/links")
    assert "executions/details" in links["Step Functions execution"]
    assert links["State machine"].endswith("dag2sfn-etl")


def test_the_operator_waits_in_a_worker(airflow: Airflow2) -> None:
    instance = _trigger(airflow, "waiting")
    assert _end(airflow, instance) == "success"
    assert _xcom(airflow, instance, "add") == 8


def test_a_failed_execution_fails_the_companion(airflow: Airflow2) -> None:
    instance = _trigger(airflow, "failing__step_functions")
    assert _end(airflow, instance) == "failed"
    (log,) = (airflow.home / "logs").glob("dag_id=failing__step_functions/*/task_id=run/attempt=1.log")
    assert "task check failed: ValueError: no rows" in log.read_text()


def test_killing_a_deferred_companion_stops_the_execution(airflow: Airflow2, local_aws: LocalAws) -> None:
    instance = _trigger(airflow, "slow__step_functions")
    wait_for_airflow(lambda: airflow.get(instance)["state"] == "deferred")
    arn = airflow.get(f"{instance}/xcomEntries/execution_arn")["value"].strip('"')
    client = local_aws.client("stepfunctions")
    # The trigger has to be at work before there is anything that could be told.
    wait_for_airflow(lambda: airflow.get(instance)["trigger"]["triggerer_id"])
    assert client.describe_execution(executionArn=arn)["status"] == "RUNNING"
    status, answer = airflow.request("PATCH", instance, {"dry_run": False, "new_state": "failed"})
    assert status == 200, answer
    wait_for_airflow(lambda: client.describe_execution(executionArn=arn)["status"] == "ABORTED")


def test_a_run_of_airflow_2_is_compared_with_an_execution(airflow: Airflow2, local_aws: LocalAws) -> None:
    done = both.dag2sfn(
        local_aws, "compare", "etl", "--conf", '{"rows": 4}', "--format", "json", more=airflow.login()
    )
    assert done.returncode == 0, done.stdout + done.stderr
    compared = json.loads(done.stdout)
    assert (compared["verdict"], [task["verdict"] for task in compared["tasks"]]) == ("equal", ["equal"] * 2)
    assert {task["airflow"]["state"] for task in compared["tasks"]} == {"success"}
