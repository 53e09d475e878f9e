"""The route of a DAG's score: its last runs, each beside its counterpart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from airflow.api_fastapi.common.db.common import SessionDep
from airflow.api_fastapi.core_api.security import get_user
from fastapi import APIRouter, Depends, Query

from converter.comparison import Run
from converter.shadow import documents
from converter.shadow.machines import Shadow, by_dag, shadows
from converter.shadow.scoring import score

from . import aws
from .airflow_runs import last_runs, read_run
from .api import machines, shadow_machine_of
from .guards import READ
from .verdicts import PageStore

router = APIRouter(prefix="/api/v1/dags/{dag_id}/score", dependencies=[Depends(get_user)])

#: Runs that one request compares: somebody waits for it, and the next request goes on.
_AT_ONCE = 5


@dataclass(frozen=True)
class _Database:
    """Airflow, as its database has it."""

    session: Any

    def last_runs(self, dag_id: str, count: int) -> Sequence[Mapping[str, Any]]:
        """As in ``converter.shadow.scoring.AirflowSide``."""
        return last_runs(dag_id, count, self.session)

    def read_run(self, dag_id: str, run_id: str) -> Run | None:
        """As in ``converter.shadow.scoring.AirflowSide``."""
        return read_run(dag_id, run_id, self.session)


@router.get("", dependencies=READ)
def show_score(
    dag_id: str, session: SessionDep, last: Annotated[int, Query(ge=1, le=100)] = 14
) -> dict[str, Any]:
    """Return the score, ``{"is_shadowed": false}`` if nothing runs beside Airflow.

    What has ended and was not compared is compared; nothing is written.
    """
    with aws.answered():
        shadow = _shadow(dag_id)
        if shadow is None:
            return {"is_shadowed": False}
        store = PageStore(aws.s3(), shadow)
        found = score(shadow, aws.step_functions(), store, _Database(session), last, compare_at_most=_AT_ONCE)
    return {"is_shadowed": True, **documents.to_json(found)}


def _shadow(dag_id: str) -> Shadow | None:
    """Return the DAG's machine beside Airflow. Its tags are asked for only if there is one of its name."""
    name = shadow_machine_of(dag_id)
    if name is None:
        return None
    client = aws.step_functions()
    if name not in machines.arns(client):
        return None
    return by_dag(shadows(client, name)).get(dag_id)
