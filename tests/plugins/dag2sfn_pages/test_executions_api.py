"""The routes that start, stop and show executions, against the local AWS, as users with different roles."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from converter.executions import RunResult, TaskResult
from converter.identity import machine_name

ROLE = "arn:aws:iam::123456789012:role/x"
LONG = {
    "QueryLanguage": "JSONata",
    "StartAt": "load",
    "States": {
        "load": {"Type": "Wait", "Seconds": 60, "Comment": "task load: GlueJobOperator", "Next": "end"},
        "end": {"Type": "Succeed"},
    },
}


@pytest.fixture
def machine(folder: Path, aws: Any) -> Any:
    """The DAG orders, deployed."""
    client = aws.client("stepfunctions")
    client.create_state_machine(name=machine_name("orders"), definition=json.dumps(LONG), roleArn=ROLE)
    return client


def start(call: Callable[..., Any], **body: Any) -> Any:
    return call("POST", "dags/orders/executions", 201, json=body)


def test_a_deployed_dag_is_shown_as_such(machine: Any, call: Callable[..., Any]) -> None:
    states = {dag["dag_id"]: dag["state"] for dag in call("GET", "dags", 200)["dags"]}
    assert (states["orders"], states["invoices"]) == ("deployed", "not_converted")
    shown = call("GET", "dags/orders", 200)
    assert (shown["is_deployed"], shown["can_trigger"]) == (True, True)


def test_an_execution_is_started_shown_and_stopped_and_the_audit_log_says_by_whom(
    machine: Any, call: Callable[..., Any]
) -> None:
    started = start(call, conf={"day": "2026-01-01"}, logical_date="2026-01-01T00:00:00Z")
    (listed,) = call("GET", "dags/orders/executions", 200)
    assert (listed["name"], listed["status"]) == (started["name"], "RUNNING")
    shown = call("GET", f"dags/orders/executions/{started['name']}", 200)
    assert (shown["conf"], shown["tasks"]["load"]["state"]) == ({"day": "2026-01-01"}, "running")
    assert shown["logical_date"] == "2026-01-01T00:00:00+00:00"
    stopped = call("POST", f"dags/orders/executions/{started['name']}/stop", 200)
    assert stopped["stopped"]
    assert "anna" in machine.describe_execution(executionArn=started["execution_arn"])["cause"]
    assert [entry[:3] for entry in _audit_log()] == [
        ("dag2sfn_start", "anna", "orders"),
        ("dag2sfn_stop", "anna", "orders"),
    ]
    assert call("GET", "executions?dag_ids=orders&dag_ids=invoices", 200)["orders"][0]["status"] == "ABORTED"


def _audit_log() -> list[Any]:
    from airflow.models.log import Log
    from airflow.utils.session import create_session
    from sqlalchemy import delete, select

    columns = (Log.event, Log.owner, Log.dag_id, Log.extra)
    with create_session() as session:
        entries = list(session.execute(select(*columns).where(Log.event.like("dag2sfn%")).order_by(Log.id)))
        session.execute(delete(Log))
        return [tuple(entry) for entry in entries]


@pytest.mark.parametrize(
    "path", ["executions", "executions/any/stop", "executions/any/resume", "runs/r/execution"]
)
def test_a_viewer_reads_and_starts_nothing(machine: Any, call: Callable[..., Any], path: str) -> None:
    assert call("GET", "dags/orders", 200, role="viewer")["can_trigger"] is False
    call("POST", f"dags/orders/{path}", 403, role="viewer", json={})
    assert call("GET", "dags/orders/executions", 200, role="viewer") == []
    assert _audit_log() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin"},
        {"X-Dag2sfn": "1", "Sec-Fetch-Site": "cross-site"},
        {"X-Dag2sfn": "1", "Sec-Fetch-Site": "same-site"},
        {"X-Dag2sfn": "1", "Origin": "https://evil.example.com"},
    ],
)
def test_writes_of_other_sites_are_refused(
    machine: Any, call: Callable[..., Any], headers: dict[str, str]
) -> None:
    call("POST", "dags/orders/executions", 403, json={}, headers=headers)
    assert call("GET", "dags/orders/executions", 200) == []


@pytest.mark.parametrize(
    "path",
    [
        "dags/orders",
        "dags/orders/executions",
        "dags/orders/definition",
        "dags/orders/runs/r",
        "dags/orders/runs/r/xcoms",
        "dags/orders/report",
    ],
)
def test_a_dag_that_the_user_may_not_read_shows_nothing(
    machine: Any, call: Callable[..., Any], airflow: Any, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    allowed = airflow.is_authorized_dag

    def refuse(*, details: Any, **request: Any) -> bool:
        return details.id != "orders" and bool(allowed(details=details, **request))

    monkeypatch.setattr(airflow, "is_authorized_dag", refuse)
    call("GET", path, 403)
    assert call("GET", "executions?dag_ids=orders", 200) == {}


@pytest.mark.parametrize("dag_id", ["~", "..", "%2e%2e", "a b", "a%0Ab"])
def test_ids_that_can_be_none_are_not_looked_up(folder: Path, call: Callable[..., Any], dag_id: str) -> None:
    call("GET", f"dags/{dag_id}/report", 404)


@pytest.mark.parametrize("body", [{"conf": []}, {"logical_date": "soon"}, {"other": 1}, {"conf": 3}])
def test_input_is_validated(machine: Any, call: Callable[..., Any], body: Any) -> None:
    call("POST", "dags/orders/executions", 422, json=body)
    call("POST", "dags/orders/executions/no%20name/stop", 404)


@pytest.mark.parametrize(
    ("conf", "refused"),
    [
        ({}, "day: a value is required"),
        ({"day": "soon"}, "day: 'soon' is not a 'date'"),
        ({"day": "2026-01-01", "rows": 0}, "rows: 0 is less than the minimum of 1"),
        ({"day": "2026-01-01", "rows": "1"}, "rows: '1' is not of type 'integer'"),
        ({"day": "2026-01-01", "rows": 2, "other": [1]}, None),
    ],
)
def test_a_conf_that_airflow_would_refuse_starts_nothing(
    folder: Path, aws: Any, call: Callable[..., Any], conf: Any, refused: str | None
) -> None:
    client = aws.client("stepfunctions")
    name = machine_name("with_params")
    arn = client.create_state_machine(name=name, definition=json.dumps(LONG), roleArn=ROLE)["stateMachineArn"]
    answer = call("POST", "dags/with_params/executions", 422 if refused else 201, json={"conf": conf})
    assert len(client.list_executions(stateMachineArn=arn)["executions"]) == (0 if refused else 1)
    if refused:
        assert refused in answer["detail"]


def test_params_come_with_their_defaults_and_with_markdown_as_safe_html(
    folder: Path, aws: Any, call: Callable[..., Any]
) -> None:
    params = call("GET", "dags/with_params", 200)["params"]
    # Without a default there is none, and the form asks for a value.
    assert {one["name"]: one["value"] for one in params} == {"day": None, "rows": 10, "plain": "x"}
    assert {one["name"]: one["description_html"] for one in params} == {
        "day": None,
        "rows": "<p>At <em>least</em> 1: "
        '<a href="http://www.example.org" target="_blank" rel="noreferrer">www.example.org</a> '
        "&lt;b&gt;x&lt;/b&gt; [y](javascript:alert(1))</p>\n",
        "plain": None,
    }


def test_of_another_machine_nothing_is_stopped(machine: Any, call: Callable[..., Any]) -> None:
    other = machine.create_state_machine(name="other", definition=json.dumps(LONG), roleArn=ROLE)
    arn = machine.start_execution(stateMachineArn=other["stateMachineArn"], name="theirs")["executionArn"]
    call("POST", "dags/orders/executions/theirs/stop", 404)
    assert machine.describe_execution(executionArn=arn)["status"] == "RUNNING"


def test_without_its_connection_aws_is_not_asked_with_other_credentials(
    machine: Any, call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__DAG2SFN__AWS_CONN_ID", "aws_prod")
    assert "no connection 'aws_prod'" in call("GET", "dags", 200)["aws_problem"]
    assert "Admin, Connections" in call("GET", "dags/orders/executions", 503)["detail"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AIRFLOW_CONN_AWS_DEFAULT", "{no connection"),
        ("AIRFLOW_CONN_AWS_DEFAULT", "aws://?region_name=not+a+region"),
        ("AWS_PROFILE", "of_nobody"),
        ("AWS_CONFIG_FILE", "BROKEN"),
        ("AWS_ENDPOINT_URL", "nowhere"),
    ],
)
def test_a_broken_aws_configuration_is_said(
    machine: Any,
    call: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    name: str,
    value: str,
) -> None:
    (tmp_path / "config").write_text("[default\nregion = = none")
    monkeypatch.setenv(name, str(tmp_path / "config") if value == "BROKEN" else value)
    overview = call("GET", "dags", 200)
    assert overview["aws_problem"]
    assert {dag["state"] for dag in overview["dags"]} == {"not_converted"}
    call("GET", "dags/orders/executions", 503)


def test_aws_out_of_reach_is_said_and_got_over(
    machine: Any, call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, aws: Any
) -> None:
    from dag2sfn_pages import api
    from dag2sfn_pages import aws as pages_aws

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    pages_aws._clients.clear()
    assert "http://127.0.0.1:9" in call("GET", "dags", 200)["aws_problem"]
    call("GET", "dags/orders/executions", 503)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint)
    api.machines.forget_all()
    assert call("GET", "dags", 200)["aws_problem"] is None


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("ThrottlingException", "AWS is asked too often, ListStateMachines: no"),
        ("AccessDeniedException", "AWS does not allow ListStateMachines: no"),
        ("ExpiredTokenException", "AWS refuses the credentials: ListStateMachines: no"),
    ],
)
def test_aws_that_throttles_or_denies_is_said_and_got_over(
    machine: Any, call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, code: str, said: str
) -> None:
    from botocore.exceptions import ClientError
    from dag2sfn_pages import api

    def refuse(*_: Any, **__: Any) -> Any:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "ListStateMachines")

    with monkeypatch.context() as patch:
        patch.setattr(api.machines, "arns", refuse)
        remedy = "this page asks again by itself; what it uses is the connection 'aws_default'"
        for problem in (
            call("GET", "dags", 200)["aws_problem"],
            call("GET", "dags/orders", 200)["aws_problem"],
            call("GET", "executions?dag_ids=orders", 503)["detail"],
            call("GET", "dags/orders/executions", 503)["detail"],
            call("POST", "dags/orders/executions", 503, json={})["detail"],
        ):
            assert problem.startswith(f"{said}; {remedy}")
    assert call("GET", "dags", 200)["aws_problem"] is None
    assert call("GET", "dags/orders/executions", 200) == []


def test_500_dags_and_their_executions_take_few_calls() -> None:
    """The overview lists machines once, and asks for executions only of the rows that are shown."""
    from dag2sfn_pages.machines import Machines

    class Counting:
        calls = 0

        def get_paginator(self, name: str) -> Any:
            return self

        def paginate(self, **given: Any) -> Any:
            self.calls += 1
            prefix = "arn:aws:states:us-east-1:1:stateMachine"
            yield {
                "stateMachines": [{"name": f"m{n}", "stateMachineArn": f"{prefix}:m{n}"} for n in range(500)]
            }

        def list_executions(self, **given: Any) -> Any:
            self.calls += 1
            return {"executions": []}

    cache, client = Machines(), Counting()
    for _ in range(3):
        arns = list(cache.arns(client).values())
        cache.last_executions(client, arns[:25])
    assert len(arns) == 500
    assert client.calls == 1 + 25


def test_an_instance_of_a_mapped_task_is_found_by_its_index(folder: Path) -> None:
    from dag2sfn_pages.run_api import _instance
    from fastapi import HTTPException

    instances = (TaskResult("success", output=1), TaskResult("failed"))
    result = RunResult("arn", "FAILED", {"each": TaskResult("failed", instances=instances)})
    assert _instance(result, "each", 1) is instances[1]
    assert _instance(result, "each", -1).instances == instances
    for task_id, index, said in (("each", 2, "has no instance 2"), ("other", -1, "has no task other")):
        with pytest.raises(HTTPException, match=said) as refused:
            _instance(result, task_id, index)
        assert refused.value.status_code == 404
