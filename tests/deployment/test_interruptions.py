"""Deployments that are killed, that meet each other, and that meet executions which run."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import boto3
import pytest
from waiting import ended
from workflows import glue, machine_of, partial_fan_in, workflow

from converter import executions
from converter.asl.options import Options
from converter.deployment import deploy, rollback, undeploy
from converter.diagnostics import Dag2SfnError
from converter.packaging import write_bundle

HASH = "0" * 64


@pytest.fixture
def bundle(tmp_path):
    def write(flow, **options) -> Path:
        chosen = Options(**options)
        return write_bundle(tmp_path / flow.dag_id, flow, machine_of(flow, chosen), chosen)

    return write


class Killed(BaseException):
    """Nothing catches it, as nothing catches a kill."""


class Killer:
    """Ends the process, so to say, before its n-th call of AWS, the first being 0."""

    def __init__(self, session: boto3.Session, at: int) -> None:
        self._left = at
        self.calls: list[str] = []
        session.events.register("before-call.*.*", self)

    def __call__(self, model: Any = None, **_: Any) -> None:
        if self._left == 0:
            raise Killed
        self.calls.append(model.name)
        self._left -= 1


def state_of(session) -> dict[str, Any]:
    """What is deployed, without what differs from one deployment to the next by chance."""
    client, iam = session.client("stepfunctions"), session.client("iam")
    [machine] = client.list_state_machines()["stateMachines"]
    arn = machine["stateMachineArn"]
    [route] = client.describe_state_machine_alias(stateMachineAliasArn=f"{arn}:live")["routingConfiguration"]
    version = client.describe_state_machine(stateMachineArn=route["stateMachineVersionArn"])
    role = version["roleArn"].rpartition("/")[2]
    [policy] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    [stack] = session.client("cloudformation").describe_stacks()["Stacks"]
    definition = json.loads(version["definition"])
    return {
        "is the latest": version["definition"]
        == client.describe_state_machine(stateMachineArn=arn)["definition"],
        "states": sorted(definition["States"]),
        "allowed": sorted({action for item in document["Statement"] for action in item["Action"]}),
        "jobs": sorted(str(item["Resource"]) for item in document["Statement"] if "glue" in str(item)),
        "stack": stack["StackStatus"],
        "functions": len(session.client("lambda").list_functions()["Functions"]),
        "tables": len(session.client("dynamodb").list_tables()["TableNames"]),
    }


@pytest.mark.full
def test_a_killed_deployment_is_completed_by_the_next_one(bundle, session, aws):
    first = bundle(workflow(glue("glue1"), dag_id="partial_fan_in", source_hash=HASH))
    points = 0
    expected = None
    while True:
        aws.reset()
        deploy(first, session)
        second = bundle(partial_fan_in(source_hash=HASH))
        doomed = boto3.Session()
        killer = Killer(doomed, points)
        try:
            deploy(second, doomed)
        except Killed:
            deploy(second, session)
            assert state_of(session) == expected or expected is None, killer.calls
            expected = state_of(session)
            points += 1
        else:
            break
        first = bundle(workflow(glue("glue1"), dag_id="partial_fan_in", source_hash=HASH))
    assert state_of(session) == expected
    assert points >= 10


@pytest.mark.full
def test_nothing_that_runs_is_lost_while_versions_come_and_go(bundle, session):
    """Deploy, start, change, deploy, start, roll back, start: each goes on with what it began with."""
    client = session.client("stepfunctions")
    for name in ("old", "new"):
        _create_job(session, name, seconds=12)

    def flow(job):
        return workflow(glue("first", job=job), glue("last", "first", job=job), dag_id="d", source_hash=HASH)

    started = []
    deploy(bundle(flow("old")), session)
    started.append(executions.start(client, "d"))
    deploy(bundle(flow("new")), session)
    started.append(executions.start(client, "d"))
    with pytest.raises(Dag2SfnError, match="D416 2 execution"):
        undeploy("d", session)
    rollback("d", session)
    started.append(executions.start(client, "d"))
    ends = [ended(client, arn) for arn in started]
    assert [end["status"] for end in ends] == ["SUCCEEDED"] * 3
    assert [end["stateMachineVersionArn"][-1] for end in ends] == ["1", "2", "1"]
    assert undeploy("d", session) is True
    assert session.client("iam").list_roles()["Roles"] == []


def test_what_running_executions_use_is_not_taken_away(bundle, session):
    for name in ("glue1", "glue2", "glue3"):
        _create_job(session, name, seconds=300)
    deploy(bundle(partial_fan_in(source_hash=HASH)), session)
    client = session.client("stepfunctions")
    arn = executions.start(client, "partial_fan_in")
    changed = bundle(workflow(glue("glue1"), dag_id="partial_fan_in", source_hash=HASH))
    with pytest.raises(Dag2SfnError, match=r"D416 1 execution.*PollerFunction \(AWS::Lambda::Function\)"):
        deploy(changed, session)
    client.stop_execution(executionArn=arn)
    deploy(changed, session)


def _create_job(session, name, seconds) -> None:
    session.client("glue").create_job(
        Name=name,
        Role="arn:aws:iam::123456789012:role/r",
        Command={"Name": "glueetl", "ScriptLocation": "s3://s/x.py"},
        ExecutionProperty={"MaxConcurrentRuns": 9},
        DefaultArguments={"--local-seconds": str(seconds)},
    )


def test_two_deployments_at_once_leave_one_of_them_and_no_mixture(bundle, session, tmp_path):
    flows = [workflow(glue(name), dag_id="d", source_hash=HASH) for name in ("one", "two")]
    folders = [
        write_bundle(tmp_path / str(number), flow, machine_of(flow, Options()), Options())
        for number, flow in enumerate(flows)
    ]
    ends: list[object] = []

    def run(folder) -> None:
        try:
            ends.append(deploy(folder, boto3.Session()))
        except Dag2SfnError as error:
            ends.append(error)

    threads = [threading.Thread(target=run, args=(folder,)) for folder in folders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ends) == 2
    state = state_of(session)
    assert state["is the latest"]
    assert [name for name in ("one", "two") if f"job/{name}" in str(state["jobs"])] == [
        name for name in ("one", "two") if name in state["states"]
    ]
