"""The score on the local AWS, with runs of an Airflow that is made up."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.exceptions import ClientError
from runs import airflow, task
from shadow_machines import BUCKET, ROLE, definition, make_shadow
from waiting import ended

from converter.comparison import Rules, Run, Verdict
from converter.comparison.rules import Place
from converter.identity import execution_name
from converter.shadow.machines import Shadow, by_dag, shadows
from converter.shadow.results import Result, result_from
from converter.shadow.scoring import Score, Standing, score
from converter.shadow.store import ResultStore


class MadeUp:
    """Airflow, as a list of runs; each has one task with the output 3."""

    def __init__(self) -> None:
        self.runs: list[dict[str, Any]] = []
        self.reads = 0

    def add(self, day: int, state: str = "success", started: datetime | None = None, **conf: Any) -> str:
        due = datetime(2026, 11, day, tzinfo=timezone.utc)
        run_id = f"scheduled__{due.isoformat()}"
        self.runs.insert(
            0,
            {
                "dag_run_id": run_id,
                "state": state,
                "conf": conf,
                "run_after": due.isoformat(),
                "logical_date": due.isoformat(),
                "start_date": (started or datetime.now(timezone.utc)).isoformat(),
            },
        )
        return run_id

    def last_runs(self, dag_id: str, count: int) -> Sequence[Mapping[str, Any]]:
        assert dag_id == "sales"
        return self.runs[:count]

    def read_run(self, dag_id: str, run_id: str) -> Run | None:
        self.reads += 1
        (run,) = (one for one in self.runs if one["dag_run_id"] == run_id)
        now = datetime.now(timezone.utc)
        date = datetime.fromisoformat(run["logical_date"])
        given = {"dag_id": dag_id, "name": run_id, "run_id": run_id, "conf": run["conf"]}
        return airflow(task("load", output=3), begin=now, state=run["state"], logical_date=date, **given)


@pytest.fixture
def their() -> MadeUp:
    return MadeUp()


@pytest.fixture
def machine(session: Any) -> str:
    return make_shadow(session, "sales")


@pytest.fixture
def shadow(session: Any, machine: str) -> Shadow:
    return by_dag(shadows(session.client("stepfunctions"), "shadow-"))["sales"]


@pytest.fixture
def run_beside(session: Any, shadow: Shadow) -> Any:
    def run(run_id: str, *, waits: bool = False, **conf: Any) -> str:
        client = session.client("stepfunctions")
        day = run_id.removeprefix("scheduled__")
        given = {"conf": {**conf, **({"wait": True} if waits else {})}, "run_id": run_id, "logical_date": day}
        arn = client.start_execution(
            stateMachineArn=shadow.alias_arn, name=execution_name(run_id), input=json.dumps(given)
        )["executionArn"]
        if not waits:
            ended(client, arn)
        return arn

    return run


def scored(session: Any, shadow: Shadow, their: MadeUp | None, last: int = 30, **more: Any) -> Score:
    store = ResultStore(session.client("s3"), shadow)
    return score(shadow, session.client("stepfunctions"), store, their, last, **more)


def test_runs_are_compared_once_and_what_differs_is_told_with_the_version(
    session: Any, shadow: Shadow, their: MadeUp, run_beside: Any
) -> None:
    for day in (1, 2):
        run_beside(their.add(day))
    assert [run.standing for run in scored(session, shadow, their).runs] == [Standing.EQUAL] * 2
    client = session.client("stepfunctions")
    new = client.update_state_machine(
        stateMachineArn=shadow.machine_arn, definition=definition(4, "2e"), publish=True
    )["stateMachineVersionArn"]
    client.update_state_machine_alias(
        stateMachineAliasArn=shadow.alias_arn,
        routingConfiguration=[{"stateMachineVersionArn": new, "weight": 100}],
    )
    for day in (3, 4):
        run_beside(their.add(day))
    found = scored(session, shadow, their)
    equal, different = Standing.EQUAL, Standing.DIFFERENT
    assert [run.standing for run in found.runs] == [different, different, equal, equal]
    assert (found.compared, found.count(equal), found.is_clear) == (4, 2, False)
    (since,) = found.differences()
    assert (since.task, since.times, since.run_id) == ("load", 2, "scheduled__2026-11-03T00:00:00+00:00")
    assert (since.version, since.source_hash) == ("2", "2e" * 32)
    kept = found.runs[0].result
    assert kept is not None
    (told,) = kept.different
    (difference,) = told["differences"]
    assert (difference["what"], difference["airflow"], difference["step_functions"]) == ("output", 3, 4)
    assert their.reads == 4  # each run was read once
    # What is kept stays, also where Airflow's run is cleared, has gone, or cannot be asked.
    their.runs[0]["state"] = "running"
    assert scored(session, shadow, their).runs == found.runs
    assert scored(session, shadow, None).runs == found.runs
    assert scored(session, shadow, None, 2).runs == found.runs[:2]
    assert their.reads == 4


def test_what_has_not_ended_or_not_begun_waits_and_says_for_what(
    session: Any, shadow: Shadow, their: MadeUp, run_beside: Any
) -> None:
    long_ago = datetime.now(timezone.utc) - timedelta(hours=2)
    old = replace(shadow, created=long_ago - timedelta(days=1))
    their.add(1, started=long_ago - timedelta(days=2))  # before there was a shadow
    their.add(2, started=long_ago)
    their.add(3)
    run_beside(their.add(4, "running"))
    arn = run_beside(their.add(5, wait=True), waits=True)
    their.runs.insert(0, {**their.runs[0], "dag_run_id": "queued", "state": "queued", "start_date": None})
    found = scored(session, old, their)
    assert {run.due.day: (run.standing, run.why.split(":")[0]) for run in found.runs} == {
        2: (Standing.NOT_STARTED, "no execution is named after it"),
        3: (Standing.WAITING, "its execution has not been started yet"),
        4: (Standing.WAITING, "the run in Airflow is running"),
        5: (Standing.WAITING, found.runs[0].why.split(":")[0]),
    }
    assert "has run since" in found.runs[0].why
    assert (found.compared, found.left_out, found.is_clear) == (0, 1, False)
    session.client("stepfunctions").stop_execution(executionArn=arn)
    stopped = scored(session, old, their).runs[0]
    assert (stopped.standing, stopped.result.reasons) == (
        Standing.DIFFERENT,
        ("the run ended as success in Airflow, as failed on Step Functions",),
    )


def test_a_run_with_another_conf_is_not_comparable(
    session: Any, shadow: Shadow, their: MadeUp, run_beside: Any
) -> None:
    run_beside(their.add(1, table="a"), table="b")
    found = scored(session, shadow, their)
    assert found.runs[0].standing is Standing.NOT_COMPARABLE
    assert "different confs" in found.runs[0].why
    assert not found.is_clear


def test_rules_of_the_user_are_applied(session: Any, shadow: Shadow, their: MadeUp, run_beside: Any) -> None:
    session.client("stepfunctions").update_state_machine(
        stateMachineArn=shadow.machine_arn, definition=definition(4)
    )
    run_id = their.add(1)
    client = session.client("stepfunctions")
    arn = client.start_execution(
        stateMachineArn=shadow.machine_arn, name=execution_name(run_id),
        input=json.dumps({"conf": {}, "run_id": run_id, "logical_date": "2026-11-01T00:00:00+00:00"}),
    )["executionArn"]  # fmt: skip
    ended(client, arn)
    found = scored(session, shadow, their, rules=Rules(ignore=(Place("load"),)))
    assert (found.runs[0].standing, found.is_clear) == (Standing.EQUAL, True)
    assert found.runs[0].result.version == "?"  # it was started without a version


def test_a_result_is_written_once(session: Any, shadow: Shadow) -> None:
    store = ResultStore(session.client("s3"), shadow)
    due = datetime(2026, 11, 1, tzinfo=timezone.utc)
    first = Result("sales", "r", due, shadow.execution_arn("r"), None, None, Verdict.EQUAL)
    assert store.put(first)
    assert not store.put(replace(first, run_id="another"))
    assert [result.run_id for result in store.last(5)] == ["r"]


def test_results_are_listed_by_the_time_at_which_runs_were_due(session: Any, shadow: Shadow) -> None:
    store = ResultStore(session.client("s3"), shadow)
    for year, name in ((2024, "b"), (2027, "a"), (2026, "c")):
        due = datetime(year, 1, 1, tzinfo=timezone(timedelta(hours=9)))
        store.put(Result("sales", name, due, shadow.execution_arn(name), None, None, Verdict.EQUAL))
    session.client("s3").put_object(Bucket=BUCKET, Key=store.key(due, "broken"), Body=b"{}")
    assert [result.run_id for result in store.last(10)] == ["a", "c", "b"]


def test_a_bucket_of_another_account_is_not_trusted(session: Any, shadow: Shadow) -> None:
    foreign = replace(
        shadow,
        machine_arn=shadow.machine_arn.replace("123456789012", "210987654321"),
        bucket="dag2sfn-210987654321-us-east-1",
    )
    requests: list[dict[str, Any]] = []
    s3 = session.client("s3")
    s3.meta.events.register("provide-client-params.s3", lambda params, **_: requests.append(params))
    with pytest.raises(ClientError):
        ResultStore(s3, foreign).last(1)
    assert requests[0]["ExpectedBucketOwner"] == "210987654321"


def test_only_machines_that_say_so_may_be_started(session: Any, machine: str) -> None:
    client, strangers = session.client("stepfunctions"), []
    for name in ("shadow-other", "dag2sfn-sales"):
        client.create_state_machine(name=name, definition=definition(3), roleArn=ROLE)
    found = shadows(client, "shadow-", on_stranger=strangers.append)
    assert list(by_dag(found)) == ["sales"]
    assert strangers == ["shadow-other"]
    # The second time nothing is asked about what is known, and nothing is told again.
    asked = []
    client.meta.events.register(
        "provide-client-params.stepfunctions.ListTagsForResource", lambda **_: asked.append(1)
    )
    assert shadows(client, "shadow-", known=found, on_stranger=strangers.append) == found
    assert (len(asked), strangers) == (1, ["shadow-other"])  # it may have got its tags by now


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"format": 2}', b'{"format": 1, "due": "x"}', b"\xff"])
def test_what_is_no_result_is_passed_over(text: bytes) -> None:
    assert result_from(text) is None
