"""The operator against the local AWS, with a context as Airflow gives it."""

from __future__ import annotations

import asyncio
import json
import threading
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from waiting import wait_until

from converter.identity import machine_name

pytest.importorskip("airflow")

DATE = datetime(2026, 1, 1, tzinfo=timezone.utc)


@pytest.fixture
def connection(session, aws, monkeypatch, tmp_path):
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", "aws://")
    return aws.client("stepfunctions")


@pytest.fixture
def deploy(connection):
    def create(definition):
        connection.create_state_machine(
            name=machine_name("etl"),
            definition=json.dumps({"QueryLanguage": "JSONata", **definition}),
            roleArn="arn:aws:iam::123456789012:role/x",
        )
        return connection

    return create


def machine_that(**state):
    """One task, as the converter writes it."""
    return {
        "StartAt": "load",
        "States": {"load": {"Comment": "task load: PythonOperator", "Next": "end", **state},
                   "end": {"Type": "Succeed"}},
    }  # fmt: skip


SUCCEEDS = machine_that(
    Type="Pass", Output={"load": {"state": "success", "at": 0, "output": {"rows": 3}, "xcom": {"key": [1]}}}
)
WAITS = machine_that(Type="Wait", Seconds=60)
FAILS = {
    "StartAt": "load",
    "States": {
        "load": {
            "Type": "Pass",
            "Comment": "task load: PythonOperator",
            "Output": {"load": {"state": "failed", "at": 0, "error": "ValueError", "cause": "no rows"}},
            "Next": "end",
        },
        "end": {"Type": "Fail", "Error": "TaskFailed", "Cause": "load"},
    },
}


class Pushed(dict):
    def xcom_push(self, key, value):
        self[key] = value


@pytest.fixture
def context():
    run = SimpleNamespace(
        conf={"day": 1}, run_id="manual__1",
        logical_date=DATE, data_interval_start=DATE, data_interval_end=DATE,
    )  # fmt: skip
    return {"dag_run": run, "ti": Pushed()}


def operator(**given):
    from dag2sfn_airflow import StepFunctionsDagOperator

    return StepFunctionsDagOperator(task_id="run", target_dag_id="etl", poll_interval=0.1, **given)


def test_it_starts_with_the_runs_own_conf_and_dates_and_brings_outputs_back(deploy, context):
    client = deploy(SUCCEEDS)
    returned = operator().execute(context)
    assert returned["tasks"] == {"load": "success"}
    assert context["ti"] == {
        "execution_arn": returned["execution_arn"],
        "load": {"rows": 3},
        "load[key]": [1],
    }
    given = json.loads(client.describe_execution(executionArn=returned["execution_arn"])["input"])
    assert given == {
        "conf": {"day": 1},
        "run_id": "manual__1",
        "logical_date": DATE.isoformat(),
        "data_interval_start": DATE.isoformat(),
        "data_interval_end": DATE.isoformat(),
    }


def test_conf_and_date_can_be_others(deploy, context):
    client = deploy(SUCCEEDS)
    arn = operator(
        conf={"day": 2}, run_id="mine", logical_date="2026-02-01T00:00:00Z", wait_for_completion=False
    ).execute(context)
    given = json.loads(client.describe_execution(executionArn=arn)["input"])
    assert (given["conf"], given["run_id"]) == ({"day": 2}, "mine")
    assert (given["logical_date"], given["data_interval_start"]) == ("2026-02-01T00:00:00+00:00", None)


def test_it_fails_with_the_failed_tasks_and_their_causes(deploy, context):
    deploy(FAILS)
    with pytest.raises(Exception, match="task load failed: ValueError: no rows"):
        operator().execute(context)


def test_a_stopped_execution_is_a_failure_that_says_so(deploy, context):
    client = deploy(WAITS)

    def stop():
        wait_until(lambda: "execution_arn" in context["ti"], "it is started")
        client.stop_execution(executionArn=context["ti"]["execution_arn"], error="E", cause="by anna")

    thread = threading.Thread(target=stop)
    thread.start()
    with pytest.raises(Exception, match="was stopped: by anna"):
        operator().execute(context)
    thread.join()


@pytest.mark.parametrize(("stop_on_kill", "status"), [(True, "ABORTED"), (False, "RUNNING")])
def test_killing_the_task_stops_the_execution(deploy, context, stop_on_kill, status):
    client = deploy(WAITS)
    task = operator(wait_for_completion=False, stop_on_kill=stop_on_kill)
    arn = task.execute(context)
    task.on_kill()
    assert client.describe_execution(executionArn=arn)["status"] == status


def test_without_its_connection_nothing_is_started(deploy, context):
    client = deploy(SUCCEEDS)
    with pytest.raises(Exception, match="there is no connection 'aws_prod' to AWS"):
        operator(aws_conn_id="aws_prod").execute(context)
    (listed,) = client.list_state_machines()["stateMachines"]
    assert client.list_executions(stateMachineArn=listed["stateMachineArn"])["executions"] == []


def deferred(task, context):
    from airflow.sdk.exceptions import TaskDeferred

    with pytest.raises(TaskDeferred) as caught:
        task.execute(context)
    return caught.value


def fired(trigger):
    async def first():
        async for event in trigger.run():
            return event.payload

    return asyncio.run(first())


def test_deferred_it_goes_on_when_the_trigger_has_seen_the_end(deploy, context):
    deploy(SUCCEEDS)
    task = operator(deferrable=True)
    waiting = deferred(task, context)
    event = fired(waiting.trigger)
    assert event["status"] == "SUCCEEDED"
    assert getattr(operator(), waiting.method_name)(context, event)["tasks"] == {"load": "success"}


def test_the_trigger_is_made_again_from_what_it_serializes(deploy, context):
    deploy(WAITS)
    trigger = deferred(operator(deferrable=True), context).trigger
    path, given = trigger.serialize()
    assert path == "dag2sfn_airflow.trigger.ExecutionEndTrigger"
    assert vars(type(trigger)(**given))["execution_arn"] == trigger.execution_arn
    assert json.loads(json.dumps(given)) == given


def test_deferred_too_its_execution_timeout_stops_the_execution(deploy, context):
    client = deploy(WAITS)
    task = operator(deferrable=True, execution_timeout=timedelta(seconds=0.2))
    event = fired(deferred(task, context).trigger)
    assert event["status"] == "OVERDUE"
    with pytest.raises(Exception, match="was not over within this task's execution_timeout"):
        task.execute_complete(context, event)
    assert client.describe_execution(executionArn=event["execution_arn"])["status"] == "ABORTED"


def test_a_deferred_task_that_is_killed_stops_the_execution(deploy, context):
    client = deploy(WAITS)
    trigger = deferred(operator(deferrable=True), context).trigger
    asyncio.run(trigger.on_kill())
    assert client.describe_execution(executionArn=trigger.execution_arn)["status"] == "ABORTED"


def test_a_triggerer_that_ends_stops_nothing(deploy, context, monkeypatch):
    client = deploy(WAITS)
    trigger = deferred(operator(deferrable=True), context).trigger
    monkeypatch.setattr("dag2sfn_airflow.trigger.state_of", lambda ti: "deferred")
    trigger.task_instance = SimpleNamespace(task_id="run")
    _cancelled_after_a_look(trigger)
    assert client.describe_execution(executionArn=trigger.execution_arn)["status"] == "RUNNING"
    # Before Airflow 3.3, the task's state is all that tells a kill from that.
    monkeypatch.setattr("dag2sfn_airflow.trigger.state_of", lambda ti: "failed")
    _cancelled_after_a_look(trigger)
    assert client.describe_execution(executionArn=trigger.execution_arn)["status"] == "ABORTED"


def _cancelled_after_a_look(trigger):
    async def cancelled():
        running = asyncio.ensure_future(anext(trigger.run()))
        await asyncio.sleep(0.5)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(cancelled())


def test_aws_out_of_reach_is_waited_for_and_then_told(deploy, context, monkeypatch):
    deploy(SUCCEEDS)
    trigger = deferred(operator(deferrable=True), context).trigger
    trigger.poll_interval = 0

    def broken(*given):
        raise OSError("no route")

    monkeypatch.setattr("dag2sfn_airflow.trigger.step_functions", broken)
    event = fired(trigger)
    assert (event["status"], event["message"]) == ("UNREACHABLE", "no route")
    with pytest.raises(Exception, match=r"cannot be asked about .*: no route"):
        operator().execute_complete(context, event)
