"""AWS through an Airflow connection: for the pages, and for the listener. Knows no web framework."""

from __future__ import annotations

from typing import Any

from airflow.configuration import conf
from airflow.exceptions import AirflowNotFoundException
from airflow.models.connection import Connection


class ConnectionUnusable(Exception):
    """There is no such connection, or nothing can be done with it; the message says what to do."""


def connection_id() -> str:
    """Return the connection that ``[dag2sfn] aws_conn_id`` names."""
    return str(conf.get("dag2sfn", "aws_conn_id", fallback="aws_default"))


def shadow_prefix() -> str:
    """Return what the names of machines begin with that runs start, ``[dag2sfn] shadow_prefix``."""
    return str(conf.get("dag2sfn", "shadow_prefix", fallback="")).strip()


def client_of(
    conn_id: str | None,
    service: str,
    region_name: str | None = None,
    *,
    seconds: float = 10,
    attempts: int = 3,
) -> Any:
    """Return a client that waits ``seconds`` for an answer. Raises ConnectionUnusable.

    Airflow's hook would take whatever credentials the process has instead of a connection that is missing.
    Without ``conn_id`` these are meant; without ``region_name``, the connection's region.
    """
    connection = None if conn_id is None else _connection(conn_id)
    try:
        return _hook(connection, service, region_name, seconds, attempts).get_client_type()
    except Exception as error:  # whatever is wrong with it, the user has to be told
        raise ConnectionUnusable(f"The connection {conn_id!r} cannot be used: {error}") from error


def _connection(wanted: str) -> Connection:
    try:
        return Connection.get_connection_from_secrets(wanted)
    except AirflowNotFoundException:
        raise ConnectionUnusable(
            f"Airflow has no connection {wanted!r} to AWS. Add one under Admin, Connections (type: "
            "Amazon Web Services), or name another as aws_conn_id in section [dag2sfn] of Airflow's "
            "configuration."
        ) from None


def _hook(
    connection: Connection | None, service: str, region_name: str | None, seconds: float, attempts: int
) -> Any:
    from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
    from botocore.config import Config

    class Hook(AwsBaseHook):  # type: ignore[misc]  # mypy does not follow imports into Airflow
        """It has looked its connection up already: here, and not through a worker's channel."""

        def get_connection(self, conn_id: str) -> Connection:
            return connection

    patient = Config(
        connect_timeout=3, read_timeout=seconds, retries={"mode": "standard", "max_attempts": attempts}
    )
    return Hook(
        aws_conn_id=connection.conn_id if connection else None,
        client_type=service,
        region_name=region_name,
        config=patient,
    )
