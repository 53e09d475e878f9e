"""The API that the pages read. Every route requires a logged-in user and shows only what they may read."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum
from pathlib import Path

from airflow.api_fastapi.common.db.common import SessionDep
from airflow.api_fastapi.core_api.security import GetUserDep, get_user
from airflow.configuration import AIRFLOW_HOME, conf
from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel

from .airflow_dags import readable, source_hashes
from .bundles import Bundle, UnreadableBundle, read_bundles

#: Airflow leaves the routes of plugins open to anybody: the guard is the router's, so that none goes without.
router = APIRouter(prefix="/api/v1", dependencies=[Depends(get_user)])


class State(str, Enum):
    """How a bundle stands to the DAG in Airflow."""

    CONVERTED = "converted"
    SOURCE_CHANGED = "source_changed"
    UNKNOWN = "unknown"
    UNREADABLE = "unreadable"


class ConvertedDag(BaseModel):
    """A bundle. ``reason`` tells people why the state is not *converted*; of an unreadable one, that is all.

    ``in_airflow``: Airflow has the DAG now, so that its page can be linked to.
    """

    dag_id: str
    in_airflow: bool
    state: State
    reason: str | None = None
    machine_name: str | None = None
    tasks: int | None = None
    converter_version: str | None = None
    source_file: str | None = None


class ConvertedDags(BaseModel):
    """The bundles that the user may see, by DAG id, and the folder in which the API server looks for them."""

    folder: str
    folder_exists: bool
    bundles: list[ConvertedDag]


@router.get("/bundles")
def list_bundles(user: GetUserDep, session: SessionDep) -> ConvertedDags:
    """Return the bundles of those DAGs that the user may read. 503 if the folder cannot be listed."""
    folder = bundles_folder()
    try:
        bundles = read_bundles(folder)
    except FileNotFoundError:
        return ConvertedDags(folder=str(folder), folder_exists=False, bundles=[])
    except OSError as error:
        problem = f"The bundles folder {folder} cannot be read: {error.strerror}"
        raise HTTPException(status_code=503, detail=problem) from None
    visible = readable({bundle.dag_id for bundle in bundles}, user, session)
    hashes = source_hashes(visible, session)
    return ConvertedDags(
        folder=str(folder),
        folder_exists=True,
        bundles=[
            _described(bundle, hashes.get(bundle.dag_id)) for bundle in bundles if bundle.dag_id in visible
        ],
    )


def bundles_folder() -> Path:
    """Return the folder of ``[dag2sfn] bundles_folder`` in Airflow's configuration."""
    configured = conf.get("dag2sfn", "bundles_folder", fallback="")
    return Path(configured).expanduser() if configured else Path(AIRFLOW_HOME) / "dag2sfn"


def _described(bundle: Bundle | UnreadableBundle, hashes: Collection[str] | None) -> ConvertedDag:
    """Return a bundle beside its DAG; ``hashes``: those of the DAG file as Airflow has it, if at all."""
    in_airflow = hashes is not None
    if isinstance(bundle, UnreadableBundle):
        return ConvertedDag(
            dag_id=bundle.dag_id,
            in_airflow=in_airflow,
            state=State.UNREADABLE,
            reason=f"{bundle.problem}; convert the DAG again.",
        )
    state, reason = _state(bundle, hashes)
    return ConvertedDag(
        dag_id=bundle.dag_id,
        in_airflow=in_airflow,
        state=state,
        reason=reason,
        machine_name=bundle.machine_name,
        tasks=bundle.tasks,
        converter_version=bundle.converter_version,
        source_file=bundle.source_file,
    )


def _state(bundle: Bundle, hashes: Collection[str] | None) -> tuple[State, str | None]:
    if hashes is None:
        return State.UNKNOWN, "Airflow has no DAG of this id, or has not read its file yet."
    if bundle.source_sha256 not in hashes:
        return State.SOURCE_CHANGED, "The DAG file is no longer the one that was converted: convert it again."
    return State.CONVERTED, None
