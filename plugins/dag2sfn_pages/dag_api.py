"""The routes of one DAG: what it became, its executions, starting, stopping and resuming them."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.common.db.common import SessionDep
from airflow.api_fastapi.core_api.security import GetUserDep, get_user
from fastapi import APIRouter, Depends, HTTPException, Response
from pydantic import BaseModel, ConfigDict, Field

from converter import executions
from converter.executions.addresses import execution_url, machine_url

from . import audit, aws
from .airflow_dags import in_airflow, source_hashes
from .airflow_runs import params_of, refusals
from .api import bundles_folder, deployed_machines, described, machine_of, machines
from .bundles import read_bundle
from .guards import READ, TRIGGER

router = APIRouter(prefix="/api/v1/dags/{dag_id}", dependencies=[Depends(get_user)])

_EXECUTIONS_SHOWN = 25
_PLAN = re.compile(r"<svg[^>]*class=\"dag2sfn-plan\".*?</svg>", re.DOTALL)
#: The report is a page of its own, with scripts of its own at most: it gets no origin to act in.
_SANDBOX = {"Content-Security-Policy": "sandbox allow-scripts allow-popups"}


class Wanted(BaseModel):
    """What to start an execution with."""

    model_config = ConfigDict(extra="forbid")
    conf: dict[str, Any] = Field(default_factory=dict)
    logical_date: datetime | None = None


@router.get("", dependencies=READ)
def show_dag(dag_id: str, user: GetUserDep, session: SessionDep) -> dict[str, Any]:
    """Return how a DAG stands, its params, and whether the user may start it."""
    known = in_airflow(session)
    bundle = read_bundle(_folder(dag_id))
    arns, problem = deployed_machines()
    hashes = source_hashes([dag_id], session).get(dag_id)
    row = described(dag_id, dag_id in known, bundle, hashes, arns)
    return {
        **row.model_dump(mode="json"),
        "aws_problem": problem,
        "has_bundle": bundle is not None,
        "params": params_of(dag_id, session),
        "can_trigger": get_auth_manager().is_authorized_dag(
            method="POST", access_entity=DagAccessEntity.RUN, details=DagDetails(id=dag_id), user=user
        ),
    }


@router.get("/plan.svg", dependencies=READ)
def show_plan(dag_id: str) -> Response:
    """Return the picture of the plan. 404 if there is no bundle, or none with a picture."""
    picture = _PLAN.search(_file(dag_id, "report.html"))
    if picture is None:
        raise HTTPException(404, "The bundle has no picture of the plan: convert the DAG again.")
    return Response(picture[0], media_type="image/svg+xml", headers={"Content-Security-Policy": "sandbox"})


@router.get("/report", dependencies=READ)
def show_report(dag_id: str) -> Response:
    """Return the conversion's report, a page."""
    return Response(_file(dag_id, "report.html"), media_type="text/html", headers=_SANDBOX)


@router.get("/definition", dependencies=READ)
def show_definition(dag_id: str) -> dict[str, Any]:
    """Return the machine's definition: that of the bundle, else the deployed one."""
    try:
        return {"from": "bundle", "definition": json.loads(_file(dag_id, "definition.asl.json"))}
    except HTTPException:
        with aws.answered():
            client = aws.step_functions()
            found = client.describe_state_machine(stateMachineArn=machine_arn(dag_id))
            return {"from": "aws", "definition": json.loads(found["definition"])}


@router.get("/executions", dependencies=READ)
def list_executions(dag_id: str) -> list[dict[str, Any]]:
    """Return the last executions, newest first."""
    with aws.answered():
        arn = machine_arn(dag_id)
        return machines.last_executions(aws.step_functions(), [arn], _EXECUTIONS_SHOWN)[arn]


@router.get("/executions/{name}", dependencies=READ)
def show_execution(dag_id: str, name: str) -> dict[str, Any]:
    """Return an execution with all of its tasks."""
    with aws.answered():
        result = executions.read_back(aws.step_functions(), execution_arn(dag_id, name))
    return {**result.to_json(), **_about(result)}


@router.post("/executions", dependencies=TRIGGER, status_code=201)
def start_execution(dag_id: str, wanted: Wanted, user: GetUserDep, session: SessionDep) -> dict[str, str]:
    """Start an execution with a conf and a logical date. 422 if the conf breaks the schema of a param."""
    if refused := refusals(dag_id, wanted.conf, session):
        raise HTTPException(422, "The conf is not what the DAG's params ask for: " + "; ".join(refused))
    run_id = f"manual__{datetime.now(timezone.utc).isoformat()}"
    with aws.answered():
        machine = machine_arn(dag_id)
        arn = executions.start(
            aws.step_functions(), machine, conf=wanted.conf, run_id=run_id, logical_date=wanted.logical_date
        )
    machines.forget(machine)
    audit.record(session, user, "start", dag_id, run_id=run_id, execution_arn=arn, conf=wanted.conf)
    return started(arn)


@router.post("/executions/{name}/stop", dependencies=TRIGGER)
def stop_execution(dag_id: str, name: str, user: GetUserDep, session: SessionDep) -> dict[str, Any]:
    """Stop an execution, and the jobs that its tasks wait for."""
    arn = execution_arn(dag_id, name)
    with aws.answered():
        cause = f"stopped by {user.get_name()} in Airflow"
        found = executions.stop(aws.step_functions(), arn, cause=cause)
    machines.forget(machine_arn(dag_id))
    audit.record(session, user, "stop", dag_id, execution_arn=arn, found=found)
    return {"execution_arn": arn, "stopped": found == "RUNNING"}


@router.post("/executions/{name}/resume", dependencies=TRIGGER, status_code=201)
def resume_execution(dag_id: str, name: str, user: GetUserDep, session: SessionDep) -> dict[str, str]:
    """Start an execution that goes on from where this one failed."""
    arn = execution_arn(dag_id, name)
    with aws.answered():
        resumed = executions.resume(aws.step_functions(), arn)
    machines.forget(machine_arn(dag_id))
    audit.record(session, user, "resume", dag_id, execution_arn=resumed.execution_arn, resumed=arn)
    return started(resumed.execution_arn)


def machine_arn(dag_id: str) -> str:
    """Return the ARN of a DAG's machine. Raises HTTPException (404) if it is not deployed."""
    name, client = machine_of(dag_id), aws.step_functions()
    arn = machines.arns(client).get(name) or machines.arns(client, fresh=True).get(name)
    if arn is None:
        raise HTTPException(404, f"{dag_id} is not deployed: dag2sfn deploy BUNDLE")
    return arn


def execution_arn(dag_id: str, name: str) -> str:
    """Return the ARN of an execution of the DAG's own machine: of others, nothing is shown or stopped."""
    with aws.answered():
        return f"{machine_arn(dag_id).replace(':stateMachine:', ':execution:', 1)}:{name}"


def started(arn: str) -> dict[str, str]:
    """Return what a page needs of an execution that was started."""
    return {"execution_arn": arn, "name": arn.rsplit(":", 1)[1], "url": execution_url(arn)}


def _about(result: Any) -> dict[str, Any]:
    arn = result.execution_arn
    given = json.loads(result.input) if result.input.startswith("{") else {}
    return {
        "name": arn.rsplit(":", 1)[1],
        "start": result.start.isoformat() if result.start else None,
        "stop": result.stop.isoformat() if result.stop else None,
        "error": result.error,
        "cause": result.cause,
        "transitions": result.transitions,
        "status_calls": result.status_calls,
        "conf": given.get("conf"),
        "run_id": given.get("run_id"),
        "logical_date": given.get("logical_date"),
        "url": execution_url(arn),
        "machine_url": machine_url(arn),
    }


def _folder(dag_id: str) -> Path:
    return bundles_folder() / dag_id


def _file(dag_id: str, name: str) -> str:
    try:
        return (_folder(dag_id) / name).read_text("utf-8")
    except OSError:
        raise HTTPException(404, f"There is no {name} for {dag_id} in {bundles_folder()}.") from None
