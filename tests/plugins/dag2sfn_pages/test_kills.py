"""What the API server does when a user ends a deferred task that no triggerer has taken up."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

LONG = {
    "QueryLanguage": "JSONata",
    "StartAt": "load",
    "States": {"load": {"Type": "Wait", "Seconds": 60, "Next": "end"}, "end": {"Type": "Succeed"}},
}


@pytest.fixture
def execution(aws: Any) -> Any:
    """A running execution: its ARN, and a function that tells its status."""
    client = aws.client("stepfunctions")
    role = "arn:aws:iam::123456789012:role/x"
    machine = client.create_state_machine(name="slow", definition=json.dumps(LONG), roleArn=role)
    arn = client.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
    return arn, lambda: client.describe_execution(executionArn=arn)["status"]


@pytest.fixture
def listeners(client: Any) -> Any:
    """Airflow's listeners, after the API server has loaded the pages."""
    from airflow.listeners.listener import get_listener_manager

    return get_listener_manager().hook


@pytest.fixture
def deferred(folder: Path, execution: Any) -> Iterator[Callable[..., Any]]:
    """Put a run of the DAG orders into Airflow's database whose only task is deferred; return its run id."""
    from airflow.models.dagrun import DagRun
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.models.trigger import Trigger
    from airflow.utils import timezone
    from airflow.utils.session import create_session
    from airflow.utils.types import DagRunTriggeredByType, DagRunType
    from sqlalchemy import delete

    from dag2sfn_airflow.trigger import ExecutionEndTrigger

    def make(**more: Any) -> str:
        arn, _ = execution
        waiting = ExecutionEndTrigger(execution_arn=arn, **{"aws_conn_id": "aws_default", **more})
        with create_session() as session:
            trigger = Trigger.from_object(waiting)
            session.add(trigger)
            session.flush()
            run = SerializedDagModel.get_dag("orders", session=session).create_dagrun(
                run_id="r",
                run_after=timezone.utcnow(),
                run_type=DagRunType.MANUAL,
                triggered_by=DagRunTriggeredByType.TEST,
                state="running",
                session=session,
            )
            (instance,) = run.get_task_instances(session=session)
            instance.state, instance.trigger_id = "deferred", trigger.id
        return "r"

    yield make
    with create_session() as session:
        session.execute(delete(DagRun))
        session.execute(delete(Trigger))


def _mark(listeners: Any, what: str, *, kept: bool = True) -> None:
    """Do as Airflow's API does when a user marks the task, or its run, as failed."""
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        instance = session.scalar(select(TaskInstance).filter_by(dag_id="orders", run_id="r"))
        run = session.scalar(select(DagRun).filter_by(dag_id="orders", run_id="r"))
        instance.set_state("failed", session=session)
        if what == "task":
            listeners.on_task_instance_failed(previous_state=None, task_instance=instance, error="marked")
        else:
            listeners.on_dag_run_failed(dag_run=run, msg="marked")
        if not kept:
            session.rollback()


def _all_looked_at() -> None:
    """Wait until all requests so far are done with: they are taken one after another."""
    from dag2sfn_pages import kills

    done = threading.Event()

    def stop_on_kill() -> bool:
        done.set()
        return False

    kills._waiting.put(kills._Ended(identity={}, trigger=defaultdict(stop_on_kill), since=0.0))
    kills._worker()
    assert done.wait(60)


@pytest.mark.parametrize("what", ["task", "run"])
def test_the_execution_is_stopped(listeners: Any, execution: Any, deferred: Any, what: str) -> None:
    deferred()
    _mark(listeners, what)
    _all_looked_at()
    assert execution[1]() == "ABORTED"


def test_one_that_is_to_go_on_goes_on(listeners: Any, execution: Any, deferred: Any) -> None:
    deferred(stop_on_kill=False)
    _mark(listeners, "task")
    _all_looked_at()
    assert execution[1]() == "RUNNING"


def test_a_request_that_came_to_nothing_stops_nothing(
    listeners: Any, execution: Any, deferred: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dag2sfn_pages import kills

    monkeypatch.setattr(kills, "_LOOKS", (0.1, 0.2))
    deferred()
    _mark(listeners, "task", kept=False)
    _all_looked_at()
    assert execution[1]() == "RUNNING"


def test_without_its_connection_the_users_request_goes_on_and_the_log_says_what_does(
    listeners: Any, execution: Any, deferred: Any, caplog: pytest.LogCaptureFixture
) -> None:
    deferred(aws_conn_id="of_nobody")
    _mark(listeners, "task")
    _all_looked_at()
    assert "goes on" in caplog.text
    assert "no connection 'of_nobody'" in caplog.text
    assert execution[1]() == "RUNNING"


def test_other_processes_have_no_listener(airflow: Any) -> None:
    """With one, Airflow refuses DAGs with tasks that end from their trigger."""
    from plugins.dag2sfn_plugin import Dag2SfnPlugin

    assert Dag2SfnPlugin().listeners == []
