"""Airflow's connections: from the function's environment, else from AWS Secrets Manager.

The names are those that Airflow itself uses: ``AIRFLOW_CONN_<ID>``, and ``airflow/connections/<id>`` (the
default prefix of the Amazon provider's SecretsManagerBackend); each is a URI, or JSON with the same fields.
"""

import json
import os
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from .exceptions import AirflowException

SECRET_PREFIX = "airflow/connections/"  # noqa: S105 - a name


@dataclass(frozen=True)
class Connection:
    """What a connection says."""

    conn_id: str
    host: str | None = None
    schema: str | None = None
    login: str | None = None
    password: str | None = None
    port: int | None = None
    extra: dict[str, Any] = field(default_factory=dict)


def connection_of(conn_id: str) -> Connection:
    """Return a connection. Raises AirflowException if there is none."""
    text = os.environ.get(f"AIRFLOW_CONN_{conn_id.upper()}") or _secret(conn_id)
    if text is None:
        raise AirflowException(
            f"The connection {conn_id} does not exist: set AIRFLOW_CONN_{conn_id.upper()} in the function's "
            f"environment, or the secret {SECRET_PREFIX}{conn_id} in Secrets Manager, to its URI or JSON"
        )
    return from_json(conn_id, text) if text.lstrip().startswith("{") else from_uri(conn_id, text)


def from_json(conn_id: str, text: str) -> Connection:
    """Return the connection that a JSON text describes."""
    given = json.loads(text)
    extra = given.get("extra") or {}
    return Connection(
        conn_id,
        given.get("host"),
        given.get("schema"),
        given.get("login") or given.get("user") or given.get("username"),
        given.get("password"),
        int(given["port"]) if given.get("port") else None,
        json.loads(extra) if isinstance(extra, str) else extra,
    )


def from_uri(conn_id: str, text: str) -> Connection:
    """Return the connection of a URI, whose first part is Airflow's type of connection.

    >>> from_uri("api", "http://me:pw@api.example.com:8080/https").schema
    'https'
    """
    _, _, behind = text.partition("://")
    # As in Airflow, http://https://host names the protocol of the host itself.
    has_protocol = "://" in behind.partition("?")[0]
    parts = urlsplit(behind if has_protocol else text)
    host = unquote(parts.hostname) if parts.hostname else None
    if has_protocol:
        host = f"{parts.scheme}://{host}"
    extra: dict[str, Any] = dict(parse_qsl(parts.query))
    if "__extra__" in extra:
        extra = json.loads(extra["__extra__"])
    login, password = parts.username, parts.password
    return Connection(
        conn_id,
        host,
        unquote(parts.path.removeprefix("/")) or None,
        unquote(login) if login else None,
        unquote(password) if password else None,
        parts.port,
        extra,
    )


@cache
def _secret(conn_id: str) -> str | None:
    """Return the secret's text, None if there is none; asked once for the life of the process."""
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        return None  # not in Lambda: its runtime has boto3

    try:
        found = boto3.client("secretsmanager").get_secret_value(SecretId=SECRET_PREFIX + conn_id)
    except (BotoCoreError, ClientError) as error:
        if "ResourceNotFound" in str(error):
            return None
        raise AirflowException(
            f"The connection {conn_id} cannot be read from Secrets Manager: {error}"
        ) from error
    return str(found["SecretString"])
