"""The routes of one run of Airflow's: its counterpart on Step Functions, found by name, and both compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from airflow.api_fastapi.common.db.common import SessionDep
from airflow.api_fastapi.core_api.security import GetUserDep, get_user
from fastapi import APIRouter, Depends, HTTPException, Path, Query, Response

from converter import executions
from converter.comparison import Comparison, compare
from converter.comparison.documents import to_json
from converter.comparison.execution_run import read_execution
from converter.comparison.page import page
from converter.comparison.pairing import latest_named, start_counterpart
from converter.executions import RunResult, TaskResult

from . import audit, aws
from .airflow_runs import find_run, read_run, xcoms_of
from .api import machines
from .dag_api import machine_arn, started
from .guards import READ, TRIGGER

router = APIRouter(prefix="/api/v1/dags/{dag_id}/runs/{run_id}", dependencies=[Depends(get_user)])
RunId = Annotated[str, Path(max_length=250)]
_PAGE_HEADERS = {"Content-Security-Policy": "sandbox allow-scripts allow-popups"}


@router.get("", dependencies=READ)
def show_counterpart(dag_id: str, run_id: RunId, session: SessionDep) -> dict[str, Any]:
    """Return the latest execution that is named after the run, or null, and how far both are."""
    run = _run(dag_id, run_id, session)
    with aws.answered():
        client = aws.step_functions()
        arn = latest_named(client, machine_arn(dag_id), run_id)
        status = client.describe_execution(executionArn=arn)["status"] if arn else None
    return {
        "run": {"state": run["state"], "conf": run["conf"], "logical_date": run["logical_date"]},
        "execution": {**started(arn), "status": status} if arn else None,
    }


@router.get("/xcoms", dependencies=READ)
def list_xcoms(dag_id: str, run_id: RunId, session: SessionDep) -> dict[str, Any]:
    """Return all XComs of the run at once, for ``dag2sfn compare``: Airflow's API gives a value a request."""
    return {"xcom_entries": xcoms_of(dag_id, run_id, session)}


@router.post("/execution", dependencies=TRIGGER, status_code=201)
def run_too(dag_id: str, run_id: RunId, user: GetUserDep, session: SessionDep) -> dict[str, str]:
    """Start an execution with the run's conf, id and dates."""
    run = _run(dag_id, run_id, session)
    with aws.answered():
        machine = machine_arn(dag_id)
        arn = start_counterpart(aws.step_functions(), machine, run)
    machines.forget(machine)
    audit.record(session, user, "start", dag_id, run_id=run_id, execution_arn=arn)
    return started(arn)


@router.get("/comparison", dependencies=READ)
def show_comparison(dag_id: str, run_id: RunId, session: SessionDep) -> dict[str, Any]:
    """Return the comparison of the run with its counterpart."""
    return to_json(_comparison(dag_id, run_id, session))


@router.get("/comparison.html", dependencies=READ)
def show_comparison_page(
    dag_id: str,
    run_id: RunId,
    session: SessionDep,
    theme: Annotated[str, Query(pattern="^(light|dark|auto)$")] = "auto",
    zone: Annotated[str, Query(pattern=r"^[\w+/-]{0,64}$")] = "",
) -> Response:
    """Return the comparison as a page, with times in a zone, by default that of the browser."""
    text = page(_comparison(dag_id, run_id, session), theme, zone or None)
    return Response(text, media_type="text/html", headers=_PAGE_HEADERS)


@router.get("/tasks/{task_id}", dependencies=READ)
def show_task(
    dag_id: str, run_id: RunId, task_id: str, map_index: Annotated[int, Query(ge=-1)] = -1
) -> dict[str, Any]:
    """Return a task of the run's counterpart: state, tries with their input, output, error, poller waits.

    With ``map_index``, of that instance of a mapped task; without, a mapped task has ``instances``.
    """
    with aws.answered():
        client = aws.step_functions()
        arn = _counterpart(dag_id, run_id)
        result = executions.read_back(client, arn, inputs_of=(task_id,))
    task = _instance(result, task_id, map_index)
    return {
        "execution": {**started(arn), "status": result.status},
        "task": {**task.to_json(), "xcom": dict(task.xcom)},
        "tries": [
            {
                "start": one.start.isoformat(),
                "end": one.end.isoformat() if one.end else None,
                "error": one.error,
                "cause": one.cause,
                "input": one.parameters,
            }
            for one in task.tries
        ],
        "waits": [
            {
                "awaited": list(one.awaited),
                "start": one.start.isoformat(),
                "end": one.end.isoformat() if one.end else None,
                "asked": one.asked,
            }
            for one in result.pollings
            if one.consumer == task_id
        ],
    }


def _instance(result: RunResult, task_id: str, map_index: int) -> TaskResult:
    task = result.tasks.get(task_id)
    if task is None:
        raise HTTPException(
            404,
            f"The execution has no task {task_id}: the DAG may have got it after it was converted and "
            "deployed. Convert and deploy it again.",
        )
    if map_index < 0:
        return task
    if map_index >= len(task.instances):
        raise HTTPException(
            404,
            f"In the execution, {task_id} has no instance {map_index}: so far it has {len(task.instances)}.",
        )
    return task.instances[map_index]


def _comparison(dag_id: str, run_id: str, session: SessionDep) -> Comparison:
    run = read_run(dag_id, run_id, session)
    if run is None:
        raise HTTPException(404, f"Airflow has no run {run_id}.")
    with aws.answered():
        return compare(run, read_execution(aws.step_functions(), dag_id, _counterpart(dag_id, run_id)))


def _counterpart(dag_id: str, run_id: str) -> str:
    arn = latest_named(aws.step_functions(), machine_arn(dag_id), run_id)
    if arn is None:
        raise HTTPException(
            404,
            f"No execution is named after the run {run_id}. Start one on the run's own tab: "
            "Run on Step Functions too.",
        )
    return arn


def _run(dag_id: str, run_id: str, session: SessionDep) -> Mapping[str, Any]:
    run = find_run(dag_id, run_id, session)
    if run is None:
        raise HTTPException(404, f"Airflow has no run {run_id}.")
    return run
