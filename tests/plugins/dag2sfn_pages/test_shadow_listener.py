"""Airflow's own scheduler, in this process, begins runs, and its listener manager calls the listener."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from shadow_machines import executions, make_shadow
from waiting import wait_until

DAY = datetime(2026, 11, 2, tzinfo=timezone.utc)


@pytest.fixture
def listener(folder: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The listener, registered as Airflow registers those of plugins."""
    import airflow.jobs.scheduler_job_runner  # noqa: F401 - what makes a process a scheduler
    from airflow.listeners.listener import get_listener_manager
    from dag2sfn_plugin import Dag2SfnPlugin

    monkeypatch.setenv("AIRFLOW__DAG2SFN__SHADOW_PREFIX", "shadow-")
    (found,) = Dag2SfnPlugin().listeners
    found._starter.cache_clear()
    get_listener_manager().add_listener(found)
    yield found
    get_listener_manager().pm.unregister(found)
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    with create_session() as database:
        database.query(DagRun).delete()


def _queue(run_id: str, dag_id: str, **more: Any) -> None:
    from airflow.models.dag import DagModel
    from airflow.models.dag_version import DagVersion
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunType

    with create_session() as session:
        session.get(DagModel, dag_id).is_paused = False
        run = DagRun(
            dag_id=dag_id, run_id=run_id, run_type=DagRunType.MANUAL, state=DagRunState.QUEUED,
            logical_date=DAY, run_after=DAY, data_interval=(DAY, DAY), **more,
        )  # fmt: skip
        run.created_dag_version = DagVersion.get_latest_version(dag_id, session=session)
        session.add(run)


def _begin_runs() -> None:
    """Have the scheduler begin what is queued, as in each of its rounds."""
    from airflow.jobs.job import Job
    from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
    from airflow.utils.session import create_session

    runner = SchedulerJobRunner(Job())
    with create_session() as session:
        runner._start_queued_dagruns(session)


def test_a_run_that_the_scheduler_begins_starts_its_counterpart_once(listener: Any, session: Any) -> None:
    machine = make_shadow(session, "orders")
    _queue("manual__a", "orders", conf={"table": "x"})
    _queue("manual__b", "invoices")  # it has no machine
    _begin_runs()
    assert listener._starter().drain(60)
    (execution,) = executions(session.client("stepfunctions"), machine)
    given = json.loads(execution["input"])
    assert (given["run_id"], given["conf"], given["logical_date"]) == (
        "manual__a",
        {"table": "x"},
        DAY.isoformat(),
    )
    # Cleared, it begins again; its counterpart does not.
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState

    with create_session() as database:
        run = database.query(DagRun).filter_by(run_id="manual__a").one()
        assert run.state == DagRunState.RUNNING
        run.state = DagRunState.QUEUED
    _begin_runs()
    assert listener._starter().drain(60)
    assert len(executions(session.client("stepfunctions"), machine)) == 1


def test_the_scheduler_goes_on_whatever_is_the_matter_with_aws(
    listener: Any, session: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_AWS_DEFAULT")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    released, was_released = threading.Event(), []

    def connect() -> Any:
        was_released.append(released.wait(20))
        return listener._client()

    starter = listener.Starter(connect, "shadow-", pauses=(0.05,))
    monkeypatch.setattr(listener, "_starter", lambda: starter)
    _queue("manual__down", "orders")
    _begin_runs()
    released.set()
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    with create_session() as database:
        assert database.query(DagRun).filter_by(run_id="manual__down").one().state == "running"
    wait_until(lambda: "manual__down has to wait" in caplog.text, "the run waits")
    assert was_released[0], "the scheduler has waited for AWS"
    starter._patience = 0
    assert starter.drain(60)
    assert "manual__down is not started" in caplog.text
    caplog.clear()
    monkeypatch.setattr(listener, "_starter", lambda: 1 / 0)
    listener.on_dag_run_running(dag_run=SimpleNamespace(dag_id="orders"))
    listener.on_dag_run_running(dag_run=None)
    assert caplog.text.count("on Step Functions is not started") == 2


def test_only_schedulers_get_the_listener_and_only_with_a_prefix(
    listener: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a listener, Airflow refuses DAGs with tasks that end from their trigger."""
    from dag2sfn_plugin import BEGIN_RUNS, Dag2SfnPlugin

    assert Dag2SfnPlugin().listeners == [listener]
    monkeypatch.delenv("AIRFLOW__DAG2SFN__SHADOW_PREFIX")
    assert Dag2SfnPlugin().listeners == []
    monkeypatch.setenv("AIRFLOW__DAG2SFN__SHADOW_PREFIX", "shadow-")
    for module in BEGIN_RUNS:
        monkeypatch.delitem(sys.modules, module, raising=False)
    assert Dag2SfnPlugin().listeners == []


def test_what_a_scheduler_forks_does_not_listen(listener: Any) -> None:
    from airflow.listeners.listener import get_listener_manager

    assert get_listener_manager().pm.is_registered(listener)
    child = os.fork()
    if child == 0:
        os._exit(get_listener_manager().pm.is_registered(listener))
    assert os.waitpid(child, 0)[1] == 0
    assert get_listener_manager().pm.is_registered(listener)


@pytest.mark.parametrize("kind", ["scheduled", "backfill", "manual"])
def test_a_run_is_the_latest_as_long_as_airflows_operator_says(listener: Any, kind: str) -> None:
    from airflow.providers.standard.operators.latest_only import LatestOnlyOperator
    from airflow.sdk import DAG, CronDataIntervalTimetable
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.utils.types import DagRunType

    with DAG("latest", schedule=CronDataIntervalTimetable("0 3 * * 1-5", timezone="Europe/Berlin")) as dag:
        operator = LatestOnlyOperator(task_id="latest")
    friday = datetime(2026, 11, 6, 2, tzinfo=timezone.utc)
    run = SimpleNamespace(
        dag=DagSerialization.from_dict(DagSerialization.to_dict(dag)),
        run_type=DagRunType(kind),
        data_interval_start=friday,
        data_interval_end=friday + timedelta(days=3),
        logical_date=friday,
        run_after=friday + timedelta(days=3),
    )
    _, until = operator._get_compare_dates(run)
    assert listener._latest_until(run) == (None if kind == "manual" else until)
    run.dag.task_dict.clear()
    assert listener._latest_until(run) is None
