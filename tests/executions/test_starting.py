from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from converter.diagnostics import Dag2SfnError
from converter.executions import find_machine, start, stop

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:dag2sfn-etl"
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:dag2sfn-etl"


@pytest.fixture
def deployed(service: Any) -> Any:
    service.machines = ["another", "dag2sfn-etl-2", "dag2sfn-etl", "dag2sfn-etl_daily"]
    service.pages = 2  # AWS may return fewer than asked for
    return service


def test_a_dag_is_found_by_the_name_of_its_machine_on_any_page(deployed: Any) -> None:
    assert find_machine(deployed.client(), "etl") == MACHINE
    assert find_machine(deployed.client(), "etl_daily") == MACHINE + "_daily"


def test_the_input_is_the_airflow_run(deployed: Any) -> None:
    day = datetime(2026, 1, 1, tzinfo=timezone.utc)

    arn = start(
        deployed.client(),
        "etl",
        conf={"day": "2026-01-01"},
        run_id="backfill__2026",
        logical_date=day,
        data_interval_start=day,
        data_interval_end=day + timedelta(days=1),
    )

    assert arn == f"{EXECUTION}:backfill__2026"
    assert json.loads(deployed.executions[arn]) == {
        "conf": {"day": "2026-01-01"},
        "run_id": "backfill__2026",
        "logical_date": "2026-01-01T00:00:00+00:00",
        "data_interval_start": "2026-01-01T00:00:00+00:00",
        "data_interval_end": "2026-01-02T00:00:00+00:00",
    }


def test_a_run_without_particulars_is_a_manual_run_of_now(deployed: Any) -> None:
    before = datetime.now(timezone.utc)

    arn = start(deployed.client(), "etl")

    run = json.loads(deployed.executions[arn])
    kind, _, moment = run["run_id"].partition("__")
    assert kind == "manual"
    assert before <= datetime.fromisoformat(moment) <= datetime.now(timezone.utc)
    assert run["conf"] == {}
    assert run["logical_date"] is run["data_interval_start"] is run["data_interval_end"] is None


def test_a_date_without_a_zone_is_in_utc(deployed: Any) -> None:
    arn = start(deployed.client(), MACHINE, run_id="r", logical_date=datetime(2026, 1, 1, 6))

    assert json.loads(deployed.executions[arn])["logical_date"] == "2026-01-01T06:00:00+00:00"


def test_a_run_says_until_when_it_is_the_latest_only_if_it_is_told(deployed: Any) -> None:
    end = datetime(2026, 1, 3, 1, tzinfo=timezone(timedelta(hours=1)))

    arn = start(deployed.client(), MACHINE, run_id="r", latest_until=end)

    assert json.loads(deployed.executions[arn])["latest_until"] == "2026-01-03T00:00:00+00:00"
    assert "latest_until" not in json.loads(deployed.executions[start(deployed.client(), MACHINE)])


def test_a_run_has_the_partition_that_it_is_given(deployed: Any) -> None:
    day = datetime(2026, 1, 3, tzinfo=timezone.utc)
    arn = start(deployed.client(), MACHINE, run_id="r", partition_key="eu|2026-01-03", partition_date=day)
    given = json.loads(deployed.executions[arn])
    assert (given["partition_key"], given["partition_date"]) == ("eu|2026-01-03", "2026-01-03T00:00:00+00:00")


def test_an_arn_is_used_as_it_is(deployed: Any) -> None:
    assert start(deployed.client(), MACHINE, run_id="r") == f"{EXECUTION}:r"
    assert [name for name, _ in deployed.requests] == ["DescribeStateMachineAlias", "StartExecution"]


def test_the_same_run_that_is_still_under_way_is_not_started_twice(deployed: Any) -> None:
    client = deployed.client()

    assert start(client, MACHINE, run_id="r") == start(client, MACHINE, run_id="r") == f"{EXECUTION}:r"


def test_runs_of_a_run_id_that_has_ended_are_numbered(deployed: Any) -> None:
    client = deployed.client()
    arns = []
    for _ in range(3):
        arns.append(start(client, MACHINE, run_id="r"))
        deployed.closed.add(arns[-1])

    assert arns == [f"{EXECUTION}:r", f"{EXECUTION}:r-2", f"{EXECUTION}:r-3"]


def test_a_run_with_another_conf_is_another_run(deployed: Any) -> None:
    client = deployed.client()

    start(client, MACHINE, run_id="r", conf={"day": 1})

    assert start(client, MACHINE, run_id="r", conf={"day": 2}) == f"{EXECUTION}:r-2"


@pytest.mark.parametrize("wanted", ["unheard_of", MACHINE + "-unheard-of"])
def test_what_is_not_deployed_is_named_with_the_remedy(deployed: Any, wanted: str) -> None:
    with pytest.raises(Dag2SfnError, match=r"D451 .*unheard.*us-east-1; deploy") as caught:
        start(deployed.client(), wanted)

    assert caught.value.exit_code == 2


def test_an_input_that_is_too_large_is_refused(deployed: Any) -> None:
    with pytest.raises(Dag2SfnError, match=r"D453 .*too long"):
        start(deployed.client(), MACHINE, conf={"text": "x" * 300_000})


def test_a_run_id_that_was_used_before_is_told_of_with_the_name_instead(deployed: Any) -> None:
    client = deployed.client()
    told: list[str] = []
    for day in (1, 2, 2):
        start(client, MACHINE, run_id="daily:2026", conf={"day": day}, on_progress=told.append)

    # A hash keeps names apart that differ in characters that no execution may have in its name.
    name = f"daily-2026-{hashlib.sha256(b'daily:2026').hexdigest()[:6]}-2"
    # The third is the second again, which still goes on.
    assert told == [f"run id 'daily:2026' was used before: started as {name}"] * 2
    assert list(deployed.executions)[-1] == f"{EXECUTION}:{name}"


def test_stopping_tells_step_functions_why(service: Any) -> None:
    found = stop(service.client(), f"{EXECUTION}:r", "Stopped", "no more needed")

    assert found == "RUNNING"
    assert service.requests[-1] == (
        "StopExecution",
        {"executionArn": f"{EXECUTION}:r", "error": "Stopped", "cause": "no more needed"},
    )


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"])
def test_an_execution_that_has_ended_is_left_as_it_is(service: Any, status: str) -> None:
    service.status = status

    assert stop(service.client(), f"{EXECUTION}:r") == status
    assert [name for name, _ in service.requests] == ["DescribeExecution"]


def test_an_unknown_execution_cannot_be_stopped(service: Any) -> None:
    with pytest.raises(Dag2SfnError, match="D452"):
        stop(service.client(), f"{EXECUTION}:unknown")


def test_a_machine_with_an_alias_is_started_by_it(deployed: Any) -> None:
    machine = find_machine(deployed.client(), "etl")
    deployed.aliases.append(f"{machine}:live")
    start(deployed.client(), "etl")
    name, request = deployed.requests[-1]
    assert (name, request["stateMachineArn"]) == ("StartExecution", f"{machine}:live")
