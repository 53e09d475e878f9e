"""The file with Airflow's connections (``--connections``); what is secret in it is left out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from converter import diagnostics as d
from converter.diagnostics import Dag2SfnError, Diagnostic
from converter.loading.variables import read_mapping
from converter.workflow import Location

_FIELDS = ("conn_type", "host", "schema", "login", "port")
#: What says where a database of Redshift is, or where and as which role AWS is called; other extras may be
#: secrets.
_EXTRAS = frozenset(
    {"cluster_identifier", "database", "db_user", "region_name", "role_arn", "serverless_work_group"}
)
#: The extra that says that AWS is called with an external id; the id itself stays out.
EXTERNAL_ID = "external_id"
_WHAT = "ids of connections to their fields or URIs"
_REMEDY = "write {id: {host: …, schema: …, login: …}}, as `airflow connections export` does"


def read_connections(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return connection → fields of a JSON or YAML file, as ``airflow connections export`` writes it.

    Raises Dag2SfnError (D135) if it cannot be read.
    """
    found = {name: _fields(value) for name, value in read_mapping(path, _WHAT, _REMEDY).items()}
    if bad := [name for name, fields in found.items() if fields is None]:
        problem = f"the connection '{bad[0]}' has neither fields nor a URI"
        location = Location(path.as_posix())
        raise Dag2SfnError(Diagnostic(d.VARIABLES_UNREADABLE, problem, _REMEDY, location))
    return {name: fields for name, fields in found.items() if fields is not None}


def _fields(value: Any) -> dict[str, Any] | None:
    if isinstance(value, str) and "://" in value:
        return _of_uri(value)
    if not isinstance(value, dict):
        return None
    extra = value.get("extra") or value.get("extra_dejson") or {}
    if isinstance(extra, str):
        try:
            extra = json.loads(extra)
        except ValueError:
            return None
    fields = {name: value[name] for name in _FIELDS if value.get(name) is not None}
    return {**fields, "extra": _known(extra)} if isinstance(extra, dict) else None


def _known(extra: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in extra.items() if name in _EXTRAS}
    return {**known, EXTERNAL_ID: True} if _has_external_id(extra) else known


def _has_external_id(extra: Mapping[str, Any]) -> bool:
    if extra.get("external_id"):
        return True
    more = extra.get("assume_role_kwargs")
    if isinstance(more, str):  # in a URI
        try:
            more = json.loads(more)
        except ValueError:
            return False
    return isinstance(more, dict) and bool(more.get("ExternalId"))


def _of_uri(text: str) -> dict[str, Any]:
    parts = urlsplit(text)
    found = {
        "conn_type": parts.scheme,
        "host": unquote(parts.hostname or ""),
        "schema": unquote(parts.path.removeprefix("/")),
        "login": unquote(parts.username or ""),
        "port": parts.port,
    }
    return {
        **{name: value for name, value in found.items() if value},
        "extra": _known(dict(parse_qsl(parts.query))),
    }
