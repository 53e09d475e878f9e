"""AWS through an Airflow connection, and what it refuses as an answer that says what to do."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import HTTPException

from converter import diagnostics as d
from converter.diagnostics import Dag2SfnError

from .connection import ConnectionUnusable, client_of, connection_id

#: Credentials may be temporary, and connections are edited.
_SECONDS_KEPT = 300.0
_STATUS = {
    d.MACHINE_NOT_DEPLOYED.id: 404,
    d.EXECUTION_UNKNOWN.id: 404,
    d.NOT_RESUMABLE.id: 409,
    d.RUN_INPUT_REFUSED.id: 422,
    d.AIRFLOW_RUN_UNKNOWN.id: 404,
}
_REMEDY = "this page asks again by itself; what it uses is the connection {!r} (Admin, Connections)"
_lock = threading.Lock()
_clients: dict[tuple[str, str], tuple[float, Any]] = {}


def step_functions() -> Any:
    """Return a client for Step Functions. Raises HTTPException (503) without its connection."""
    return _client("stepfunctions")


def s3() -> Any:
    """Return a client for S3. Raises HTTPException (503) without its connection."""
    return _client("s3")


def _client(service: str) -> Any:
    wanted = (connection_id(), service)
    with _lock:
        made, client = _clients.get(wanted, (0.0, None))
        if client is None or time.monotonic() - made > _SECONDS_KEPT:
            client = new_client(*wanted)
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
        # The command line's remedies are of no use to somebody who looks at a page.
        remedy = _REMEDY.format(connection_id()) if first.code is d.AWS_UNUSABLE else first.remedy
        message = "; ".join(filter(None, (first.problem, remedy)))
        raise HTTPException(status, message) from None


def new_client(conn_id: str | None, service: str = "stepfunctions", region_name: str | None = None) -> Any:
    """Return a client that is not kept, as ``client_of`` does. Raises HTTPException (503)."""
    try:
        return client_of(conn_id, service, region_name)
    except ConnectionUnusable as error:
        raise HTTPException(503, str(error)) from error
