"""The thread that starts counterparts, on the local AWS."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from shadow_machines import ROLE, definition, executions, make_shadow
from waiting import wait_until

from converter.shadow.begun import Begun
from plugins.dag2sfn_pages.shadow_starter import NoClient, Starter

DAY = datetime(2026, 11, 1, tzinfo=timezone.utc)
RUN = Begun("sales", "scheduled__2026-11-01T00:00:00+00:00", {"table": "a"}, DAY, DAY, DAY)


@pytest.fixture
def client(session: Any) -> Any:
    return session.client("stepfunctions")


@pytest.fixture
def starter(client: Any) -> Starter:
    return Starter(lambda: client, "shadow-")


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What is told, without what boto3 says at a level that another test has set."""
    return [record.message for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_run_starts_its_counterpart_once_with_its_conf_and_dates(
    session: Any, client: Any, starter: Starter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    machine = make_shadow(session, "sales")
    for _ in range(3):
        starter.begin(RUN)
    assert starter.drain(60)
    starter.begin(RUN)  # also when it has ended
    assert starter.drain(60)
    (execution,) = executions(client, machine)
    assert execution["name"].startswith("scheduled__2026-11-01T00-00-00-00-00-")
    assert execution["stateMachineAliasArn"] == f"{machine}:live"
    assert json.loads(execution["input"]) == {
        "conf": {"table": "a"},
        "run_id": RUN.run_id,
        **dict.fromkeys(
            ("logical_date", "data_interval_start", "data_interval_end"), "2026-11-01T00:00:00+00:00"
        ),
    }
    told = [record.message for record in caplog.records if "counterpart" in record.message]
    assert [("was started" in one, "is there already" in one) for one in told[:1]] == [(True, False)]


def test_dags_without_a_machine_are_left_alone_and_strangers_are_refused(
    session: Any, client: Any, starter: Starter, caplog: pytest.LogCaptureFixture
) -> None:
    make_shadow(session, "sales")
    stranger = client.create_state_machine(name="shadow-orders", definition=definition(3), roleArn=ROLE)
    own = client.create_state_machine(name="dag2sfn-users", definition=definition(3), roleArn=ROLE)
    for dag_id in ("orders", "users", "orders"):
        starter.begin(Begun(dag_id, "r"))
    assert starter.drain(60)
    assert not executions(client, stranger["stateMachineArn"]) + executions(client, own["stateMachineArn"])
    (told,) = warnings_of(caplog)
    assert "shadow-orders is not started" in told


def test_nothing_is_asked_of_aws_for_a_run_but_its_start(session: Any, client: Any, starter: Starter) -> None:
    make_shadow(session, "sales")
    asked: list[str] = []
    client.meta.events.register(
        "provide-client-params.stepfunctions.*", lambda model, **_: asked.append(model.name)
    )
    for number in range(3):
        starter.begin(Begun("sales", f"r{number}"))
        starter.begin(Begun("other", f"r{number}"))
    assert starter.drain(60)
    assert asked == ["ListStateMachines", "ListTagsForResource", *["StartExecution"] * 3]


def test_while_aws_is_out_of_reach_runs_wait_and_nobody_waits_for_them(
    session: Any, client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    machine = make_shadow(session, "sales")
    is_down, all_begun = threading.Event(), threading.Event()
    is_down.set()
    was_begun = []

    def connect() -> Any:
        was_begun.append(all_begun.wait(20))
        if is_down.is_set():
            raise NoClient("Airflow has no connection 'aws_default' to AWS")
        return client

    starter = Starter(connect, "shadow-", waiting=3, pauses=(0.05,))
    for number in range(6):
        starter.begin(Begun("sales", f"r{number}"))
    all_begun.set()
    assert not starter.drain(0.2)
    assert was_begun[0], "what begins a run has waited for AWS"
    is_down.clear()
    assert starter.drain(60)
    # Three waited; for the others there was no room, which is told.
    names = sorted(execution["name"] for execution in executions(client, machine))
    refused = [record.message for record in caplog.records if "runs wait already" in record.message]
    assert (len(names), len(refused)) == (3, 3)
    waits = [record.message for record in caplog.records if "has to wait" in record.message]
    assert "aws_default" in waits[0]


def test_a_machine_that_refuses_holds_up_no_other_and_is_tried_again(
    session: Any, client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    machines = {name: make_shadow(session, name) for name in ("sales", "orders")}
    refuses = threading.Event()
    refuses.set()
    refusal = ClientError({"Error": {"Code": "KmsThrottlingException", "Message": "no"}}, "StartExecution")

    def refuse(params: dict[str, Any], **_: Any) -> None:
        if params["name"].startswith("s") and refuses.is_set():
            raise refusal

    client.meta.events.register("provide-client-params.stepfunctions.StartExecution", refuse)
    starter = Starter(lambda: client, "shadow-", pauses=(0.05,), waiting=3)
    for run in (Begun("sales", "s1"), Begun("sales", "s2"), Begun("orders", "o1")):
        starter.begin(run)
    wait_until(lambda: starter._queue.unfinished_tasks == 2, "one is started, two wait")
    assert [one["name"] for one in executions(client, machines["orders"])] == ["o1"]
    assert not executions(client, machines["sales"])
    for name in ("s3", "s4"):  # what is tried again later takes room
        starter.begin(Begun("sales", name))
    assert "s4 is not started: 3 runs wait already" in caplog.text
    refuses.clear()
    assert starter.drain(60)
    assert sorted(one["name"] for one in executions(client, machines["sales"])) == ["s1", "s2", "s3"]


def test_patience_ends(caplog: pytest.LogCaptureFixture) -> None:
    down = _failing(EndpointConnectionError(endpoint_url="https://states.eu-west-1.amazonaws.com"))
    starter = Starter(lambda: down, "shadow-", pauses=(0.01,), patience=0.05)
    starter.begin(RUN)
    assert starter.drain(60)
    assert "is not started: Could not connect" in caplog.records[-1].message


@pytest.mark.parametrize(("code", "again"), [("AccessDeniedException", False), ("ThrottlingException", True)])
def test_only_what_time_may_change_is_tried_again(
    code: str, again: bool, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[int] = []
    down = _failing(
        ClientError({"Error": {"Code": code, "Message": "no"}}, "ListStateMachines"), lambda: calls.append(1)
    )
    starter = Starter(lambda: down, "shadow-", pauses=(0.01,))
    starter.begin(RUN)
    wait_until(lambda: len(calls) > 1 or starter.drain(0), "it is tried again, or given up")
    starter._patience = 0
    assert starter.drain(60)
    assert (len(calls) > 1) is again
    assert code in caplog.records[-1].message


def test_a_machine_that_is_gone_is_told_and_looked_for_again(
    session: Any, client: Any, starter: Starter, caplog: pytest.LogCaptureFixture
) -> None:
    machine = make_shadow(session, "sales")
    starter.begin(Begun("sales", "r1"))
    assert starter.drain(60)
    client.delete_state_machine(stateMachineArn=machine)
    starter.begin(Begun("sales", "r2"))
    starter.begin(Begun("sales", "r3"))  # by now it is a DAG without a machine
    assert starter.drain(60)
    (told,) = warnings_of(caplog)
    assert "r2 is not started" in told
    again = make_shadow(session, "sales")
    starter._machines._asked = float("-inf")  # a minute later
    starter.begin(Begun("sales", "r4"))
    assert starter.drain(60)
    assert [execution["name"] for execution in executions(client, again)] == ["r4"]


def test_what_is_no_json_does_not_end_the_thread(
    session: Any, client: Any, starter: Starter, caplog: pytest.LogCaptureFixture
) -> None:
    machine = make_shadow(session, "sales")
    starter.begin(Begun("sales", "broken", {"object": object()}))
    starter.begin(Begun("sales", "too-long", {"text": "x" * 300_000}))
    starter.begin(Begun("sales", "fine"))
    assert starter.drain(60)
    assert [execution["name"] for execution in executions(client, machine)] == ["fine"]
    assert ["broken" in caplog.text, "too-long" in caplog.text] == [True, True]


def _failing(error: Exception, also: Callable[[], Any] = lambda: None) -> Any:
    def get_paginator(_name: str) -> Any:
        also()
        raise error

    return SimpleNamespace(get_paginator=get_paginator)
