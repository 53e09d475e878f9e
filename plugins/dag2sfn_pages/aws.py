"""AWS through an Airflow connection, and what it refuses as an answer that says what to do."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from airflow.configuration import conf
from airflow.exceptions import AirflowNotFoundException
from airflow.models.connection import Connection
from fastapi import HTTPException

from converter import diagnostics as d
from converter.diagnostics import Dag2SfnError

#: Credentials may be temporary, and connections are edited.
_SECONDS_KEPT = 300.0
_STATUS = {
    d.MACHINE_NOT_DEPLOYED.id: 404,
    d.EXECUTION_UNKNOWN.id: 404,
    d.NOT_RESUMABLE.id: 409,
    d.RUN_INPUT_REFUSED.id: 422,
    d.AIRFLOW_RUN_UNKNOWN.id: 404,
}
_lock = threading.Lock()
_clients: dict[str, tuple[float, Any]] = {}


def connection_id() -> str:
    """Return the connection that ``[dag2sfn] aws_conn_id`` names."""
    return str(conf.get("dag2sfn", "aws_conn_id", fallback="aws_default"))


def step_functions() -> Any:
    """Return a client for Step Functions. Raises HTTPException (503) without its connection.

    Airflow's hook would take whatever credentials the API server has instead of a connection that is missing.
    """
    wanted = connection_id()
    with _lock:
        made, client = _clients.get(wanted, (0.0, None))
        if client is None or time.monotonic() - made > _SECONDS_KEPT:
            client = new_client(wanted)
            _clients[wanted] = (time.monotonic(), client)
        return client


@contextmanager
def answered() -> Iterator[None]:
    """Turn what AWS or the converter refuses into an answer; a message for people is its detail."""
    from converter.deployment import aws_troubles_explained

    try:
        with aws_troubles_explained():
            yield
    except Dag2SfnError as error:
        first = error.diagnostics[0]
        status = _STATUS.get(first.code.id, 503)
        if status == 503:
            _clients.clear()  # other credentials may be there by the next request
        message = "; ".join(filter(None, (first.problem, first.remedy)))
        raise HTTPException(status, message) from None


def new_client(conn_id: str | None, region_name: str | None = None) -> Any:
    """Return a client for Step Functions. Raises HTTPException (503) without its connection.

    ``None`` asks for the API server's own credentials, and for the connection's region.
    """
    connection = None if conn_id is None else _connection(conn_id)
    try:
        return _hook(connection, region_name).get_client_type()
    except Exception as error:  # whatever is wrong with it, the page has to say so
        raise HTTPException(503, f"The connection {conn_id!r} cannot be used: {error}") from error


def _connection(wanted: str) -> Connection:
    try:
        return Connection.get_connection_from_secrets(wanted)
    except AirflowNotFoundException:
        raise HTTPException(
            503,
            f"Airflow has no connection {wanted!r} to AWS. Add one under Admin, Connections (type: "
            "Amazon Web Services), or name another as aws_conn_id in section [dag2sfn] of Airflow's "
            "configuration.",
        ) from None


def _hook(connection: Connection | None, region_name: str | None) -> Any:
    from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
    from botocore.config import Config

    class Hook(AwsBaseHook):  # type: ignore[misc]  # mypy does not follow imports into Airflow
        """It has looked its connection up already: here, and not through a worker's channel."""

        def get_connection(self, conn_id: str) -> Connection:
            return connection

    # A page waits for it.
    patient = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "max_attempts": 3})
    return Hook(
        aws_conn_id=connection.conn_id if connection else None,
        client_type="stepfunctions",
        region_name=region_name,
        config=patient,
    )
