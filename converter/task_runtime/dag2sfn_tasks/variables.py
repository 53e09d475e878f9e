"""Airflow's Variables: from the function's environment, else from SSM Parameter Store.

The names are those that Airflow itself uses: ``AIRFLOW_VAR_<KEY>``, and ``/airflow/variables/<key>``
(``parameter_store``).
"""

import json
import logging
import os
from functools import cache
from typing import Any

from .inert import inert, is_task_running
from .parameter_store import VARIABLES_PREFIX

_NOT_GIVEN = object()
_log = logging.getLogger(__name__)


class Variable:
    """``Variable.get``; Variables cannot be changed from a task."""

    @classmethod
    def get(
        cls,
        key: str,
        default_var: Any = _NOT_GIVEN,
        deserialize_json: bool = False,
        default: Any = _NOT_GIVEN,
    ) -> Any:
        """Return a Variable's value, or the default. Raises KeyError without both.

        While the DAG file is imported, a Variable that is missing is a stand-in: the file may need it for
        tasks that run elsewhere.
        """
        text = _value(key)
        if text is not None:
            return json.loads(text) if deserialize_json else text
        for given in (default_var, default):
            if given is not _NOT_GIVEN:
                return given
        if not is_task_running():
            return inert(f"airflow.models.Variable {key}")
        raise KeyError(
            f"Variable {key} does not exist: set AIRFLOW_VAR_{key.upper()} in the function's environment, or "
            f"the parameter {VARIABLES_PREFIX}{key} in SSM Parameter Store"
        )


class VariableAccessor:
    """``var.value`` and ``var.json`` of templates."""

    def __init__(self, *, deserialize_json: bool) -> None:
        self._deserialize_json = deserialize_json

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__"):
            raise AttributeError(key)
        return Variable.get(key, deserialize_json=self._deserialize_json)

    def get(self, key: str, default: Any = _NOT_GIVEN, **options: Any) -> Any:
        """Return a Variable's value, or the default."""
        default = options.get("default_var", default)
        return Variable.get(key, default, deserialize_json=self._deserialize_json)


def _value(key: str) -> str | None:
    text = os.environ.get(f"AIRFLOW_VAR_{key.upper()}")
    return text if text is not None else _parameter(key)


@cache
def _parameter(key: str) -> str | None:
    """Return the value in Parameter Store, None if there is none; asked once for the life of the process."""
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        return None  # not in Lambda: its runtime has boto3

    try:
        found = boto3.client("ssm").get_parameter(Name=VARIABLES_PREFIX + key, WithDecryption=True)
    except (BotoCoreError, ClientError) as error:
        if "ParameterNotFound" not in str(error):
            _log.warning("Variable %s is not read from Parameter Store: %s", key, error)
        return None
    return str(found["Parameter"]["Value"])
