"""Variables and Connections while a DAG file is read: given values, else placeholders, never a database.

A Variable has, in this order: the value that the caller gave for it, that of the environment
(``AIRFLOW_VAR_NAME``, as in Airflow), its default in the file, or a :class:`Placeholder`. A Connection has
that of the environment (``AIRFLOW_CONN_ID``) or a placeholder.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Mapping
from typing import Any

from converter.loading.child.airflow_names import BaseHook, Connection, Variable
from converter.loading.child.stand_ins.missing import Missing
from converter.loading.child.stand_ins.placeholders import Placeholder, member
from converter.loading.child.stand_ins.unknown import shown
from converter.workflow import StandInKind

_NO_DEFAULT = object()
_LONGEST_DEFAULT = 60


class Variables:
    """Stands in for Airflow's Variable and Connection. ``values`` are given ones, as JSON values by name."""

    def __init__(self, values: Mapping[str, Any], missing: Missing) -> None:
        self._values = values
        self._missing = missing

    def install(self) -> None:
        """Make Airflow's own classes answer from here, for the rest of this process."""
        import airflow.models

        # Its own would ask a database. Set, so that they are not looked up.
        vars(airflow.models).update(Variable=Variable, Connection=Connection)
        Variable.get = self.get
        Variable.set = self._set
        # Airflow 2 had this one too.
        Variable.setdefault = self._setdefault
        Connection.get = BaseHook.get_connection = self.get_connection
        Connection.get_connection_from_secrets = self.get_connection
        Connection.__init__ = _with_extra_as_text(Connection.__init__)

    def get(
        self,
        key: str,
        default: Any = _NO_DEFAULT,
        deserialize_json: bool = False,
        *,
        default_var: Any = _NO_DEFAULT,
    ) -> Any:
        """Return the value of a Variable, decoded from JSON if that is asked for. Airflow's signature, old
        or new.

        Raises ValueError if the value is to be decoded, and is no JSON.
        """
        given = self._values.get(key, os.environ.get(f"AIRFLOW_VAR_{str(key).upper()}"))
        if given is not None:
            return _decoded(given) if deserialize_json else _as_text(given)
        default = default_var if default is _NO_DEFAULT else default
        if default is not _NO_DEFAULT:
            self._missing.ledger.note(
                StandInKind.VARIABLE_DEFAULT, str(key), shown(default)[:_LONGEST_DEFAULT]
            )
            return default
        found = self._placeholder("var.json" if deserialize_json else "var.value", key)
        self._missing.ledger.note(StandInKind.VARIABLE, str(key), str.__str__(found))
        return found

    def get_connection(self, conn_id: str) -> Any:
        """Return a Connection."""
        if uri := os.environ.get(f"AIRFLOW_CONN_{str(conn_id).upper()}"):
            from_text = Connection.from_json if uri.lstrip().startswith("{") else Connection.from_uri
            return from_text(uri, conn_id=conn_id)
        found = self._placeholder("conn", conn_id)
        self._missing.ledger.note(StandInKind.CONNECTION, str(conn_id), str.__str__(found))
        return found

    def _placeholder(self, expression: str, name: str) -> Placeholder:
        return Placeholder(member(expression, str(name)), self._missing.ledger, self._missing.is_authors)

    def _set(self, key: str, value: Any, *args: Any, **kwargs: Any) -> None:
        """Set nothing: a DAG file that is read must not change anything."""

    def _setdefault(
        self, key: str, default: Any, description: Any = None, deserialize_json: bool = False
    ) -> Any:
        return self.get(key, default, deserialize_json)


def _with_extra_as_text(construct: Callable[..., None]) -> Callable[..., None]:
    """Return a constructor that takes a dict as ``extra``, too, as that of Airflow's model does."""

    @functools.wraps(construct)
    def construct_connection(connection: Any, *args: Any, **given: Any) -> None:
        if isinstance(given.get("extra"), Mapping):
            given["extra"] = json.dumps(given["extra"], default=str)
        construct(connection, *args, **given)

    return construct_connection


def _as_text(value: Any) -> str:
    """Return a given value as Airflow stores it, and as ``airflow variables import`` does: text or JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def _decoded(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
