"""The overview that the page in the navigation reads. Shows to each user only the DAGs that they may read."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

from airflow.api_fastapi.common.db.common import SessionDep
from airflow.api_fastapi.core_api.security import GetUserDep, get_user
from airflow.configuration import AIRFLOW_HOME, conf
from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel

from converter.executions.addresses import machine_url
from converter.identity import PREFIX, companion_id, machine_name

from . import aws
from .airflow_dags import in_airflow, readable, source_hashes
from .bundles import Bundle, UnreadableBundle, read_bundles
from .connection import shadow_prefix
from .machines import Machines

#: Airflow leaves the routes of plugins open to anybody: the guard is the router's, so that none goes without.
router = APIRouter(prefix="/api/v1", dependencies=[Depends(get_user)])
machines = Machines()
#: Rows of the overview for which one request may ask for executions.
_MOST_ROWS = 50


class State(str, Enum):
    """How a DAG stands to Step Functions."""

    NOT_CONVERTED = "not_converted"
    BESIDE_AIRFLOW = "beside_airflow"
    CONVERTED = "converted"
    DEPLOYED = "deployed"
    SOURCE_CHANGED = "source_changed"
    UNKNOWN = "unknown"
    UNREADABLE = "unreadable"


class OverviewDag(BaseModel):
    """A DAG of Airflow's, or a bundle. ``reason`` tells people why the state is one to do something about.

    ``in_airflow``: Airflow has the DAG now, so that its page can be linked to. The machine of one that is
    ``beside_airflow`` is the one that its runs in Airflow start, and not deployed to run in their place.
    """

    dag_id: str
    in_airflow: bool
    state: State
    is_deployed: bool = False
    reason: str | None = None
    machine_name: str | None = None
    machine_url: str | None = None
    tasks: int | None = None
    converter_version: str | None = None
    source_file: str | None = None


class Overview(BaseModel):
    """The DAGs that the user may see, by id; the bundles folder; why AWS could not be asked, if so."""

    folder: str
    folder_exists: bool
    aws_problem: str | None
    dags: list[OverviewDag]


@router.get("/dags")
def list_dags(user: GetUserDep, session: SessionDep) -> Overview:
    """Return the DAGs that the user may read. 503 if the bundles folder cannot be listed."""
    folder = bundles_folder()
    bundles, folder_exists = _bundles(folder)
    known = in_airflow(session)
    visible = readable({*known, *(bundle.dag_id for bundle in bundles)}, user, session)
    # They belong to their DAG, and are found in Airflow's own list.
    visible -= {companion_id(dag_id) for dag_id in visible}
    arns, problem = deployed_machines()
    hashes = source_hashes([bundle.dag_id for bundle in bundles if bundle.dag_id in visible], session)
    by_id = {bundle.dag_id: bundle for bundle in bundles}
    return Overview(
        folder=str(folder),
        folder_exists=folder_exists,
        aws_problem=problem,
        dags=[
            described(dag_id, dag_id in known, by_id.get(dag_id), hashes.get(dag_id), arns)
            for dag_id in sorted(visible)
        ],
    )


@router.get("/executions")
def list_executions(
    user: GetUserDep, session: SessionDep, dag_ids: Annotated[list[str], Query(max_length=_MOST_ROWS)]
) -> dict[str, list[dict[str, Any]]]:
    """Return the last executions of the deployed ones of these DAGs, newest first."""
    visible = readable(set(dag_ids), user, session)
    with aws.answered():
        client = aws.step_functions()
        arns = machines.arns(client)
        wanted = {dag_id: arns[name] for dag_id in visible if (name := machine_of(dag_id)) in arns}
        found = machines.last_executions(client, wanted.values())
    return {dag_id: found[arn] for dag_id, arn in wanted.items()}


def bundles_folder() -> Path:
    """Return the folder of ``[dag2sfn] bundles_folder`` in Airflow's configuration."""
    configured = conf.get("dag2sfn", "bundles_folder", fallback="")
    return Path(configured).expanduser() if configured else Path(AIRFLOW_HOME) / "dag2sfn"


def machine_of(dag_id: str) -> str:
    """Return the name of a DAG's machine; it begins with ``[dag2sfn] prefix`` of Airflow's configuration."""
    return machine_name(dag_id, conf.get("dag2sfn", "prefix", fallback=PREFIX))


def shadow_machine_of(dag_id: str) -> str | None:
    """Return the name of a DAG's machine beside Airflow, None without ``[dag2sfn] shadow_prefix``."""
    prefix = shadow_prefix()
    return machine_name(dag_id, prefix) if prefix else None


def deployed_machines() -> tuple[dict[str, str], str | None]:
    """Return the ARN of each state machine by name, and what kept AWS from being asked, if anything."""
    try:
        with aws.answered():
            return dict(machines.arns(aws.step_functions())), None
    except HTTPException as error:
        return {}, str(error.detail)


def described(
    dag_id: str,
    is_in_airflow: bool,
    bundle: Bundle | UnreadableBundle | None,
    hashes: Collection[str] | None,
    arns: dict[str, str],
) -> OverviewDag:
    """Return a DAG beside its bundle and its machine; ``hashes`` are those of the file that Airflow has."""
    arn = arns.get(machine_of(dag_id))
    known: dict[str, Any] = {
        "dag_id": dag_id,
        "in_airflow": is_in_airflow,
        "is_deployed": arn is not None,
        "machine_name": machine_of(dag_id) if arn else None,
        "machine_url": machine_url(arn) if arn else None,
    }
    if bundle is None and arn is None:
        shadow = shadow_machine_of(dag_id)
        if shadow is None or shadow not in arns:
            return OverviewDag(**known, state=State.NOT_CONVERTED)
        known |= {"machine_name": shadow, "machine_url": machine_url(arns[shadow])}
        return OverviewDag(**known, state=State.BESIDE_AIRFLOW)
    if bundle is None:
        return OverviewDag(**known, state=State.DEPLOYED)
    if isinstance(bundle, UnreadableBundle):
        reason = f"{bundle.problem}; convert the DAG again."
        return OverviewDag(**known, state=State.UNREADABLE, reason=reason)
    state, why = _state(bundle, hashes if is_in_airflow else None, arn is not None)
    known |= {"machine_name": bundle.machine_name}
    return OverviewDag(
        **known,
        state=state,
        reason=why,
        tasks=bundle.tasks,
        converter_version=bundle.converter_version,
        source_file=bundle.source_file,
    )


def _bundles(folder: Path) -> tuple[list[Bundle | UnreadableBundle], bool]:
    try:
        return read_bundles(folder), True
    except FileNotFoundError:
        return [], False
    except OSError as error:
        problem = f"The bundles folder {folder} cannot be read: {error.strerror}"
        raise HTTPException(status_code=503, detail=problem) from None


def _state(bundle: Bundle, hashes: Collection[str] | None, is_deployed: bool) -> tuple[State, str | None]:
    if hashes is None:
        return State.UNKNOWN, "Airflow has no DAG of this id, or has not read its file yet."
    if bundle.source_sha256 not in hashes:
        return State.SOURCE_CHANGED, "The DAG file is no longer the one that was converted: convert it again."
    return (State.DEPLOYED if is_deployed else State.CONVERTED), None
