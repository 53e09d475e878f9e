"""Who may do what. Airflow leaves plugins' routes open to anybody, and its cookie goes along unasked."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import Depends, HTTPException, Request

#: A form on another site cannot set it, and a script there may not without being allowed to.
WRITE_HEADER = "X-Dag2sfn"
#: As Airflow has it; and no "~", which is "all DAGs" to Airflow's own guards.
_DAG_ID = re.compile(r"(?!\.+$)[\w.-]{1,250}")
_EXECUTION_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")


def known_form(request: Request) -> None:
    """Refuse ids that can be none (404), before anything is asked about them."""
    dag_id, name = request.path_params.get("dag_id"), request.path_params.get("name")
    if dag_id is not None and not _DAG_ID.fullmatch(dag_id):
        raise HTTPException(404, "There is no DAG of this id.")
    if name is not None and not _EXECUTION_NAME.fullmatch(name):
        raise HTTPException(404, "There is no execution of this name.")


def same_site(request: Request) -> None:
    """Refuse a write that another site may have caused (403)."""
    if request.headers.get(WRITE_HEADER) is None:
        raise HTTPException(403, f"Writes need the header {WRITE_HEADER}.")
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    foreign = site not in (None, "same-origin") or (
        origin is not None and urlsplit(origin).netloc != request.headers.get("Host")
    )
    # A reverse proxy may rewrite Host; then a browser's own word counts.
    if foreign and not (site == "same-origin"):
        raise HTTPException(403, "This request comes from another site.")


#: To see a DAG's executions and their outputs is to see its runs and XComs.
READ = [
    Depends(known_form),
    Depends(requires_access_dag("GET")),
    Depends(requires_access_dag("GET", DagAccessEntity.RUN)),
    Depends(requires_access_dag("GET", DagAccessEntity.XCOM)),
]
#: To start or stop an execution is to trigger the DAG.
TRIGGER = [Depends(same_site), *READ, Depends(requires_access_dag("POST", DagAccessEntity.RUN))]
