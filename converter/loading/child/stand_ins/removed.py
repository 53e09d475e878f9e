"""What is gone from Airflow without a successor of its own, and does its work here as it did.

Each function does what Airflow's did, for the way DAG files use it: at their top level, with keyword
arguments or with the first ones by position.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pendulum

_Function = TypeVar("_Function", bound=Callable[..., Any])


def days_ago(
    n: int, hour: int = 0, minute: int = 0, second: int = 0, microsecond: int = 0
) -> pendulum.DateTime:
    """Return the day, at midnight UTC or the time given, that is ``n`` days before today."""
    today = pendulum.now("UTC").replace(hour=hour, minute=minute, second=second, microsecond=microsecond)
    return today.subtract(days=n)


def apply_defaults(function: _Function) -> _Function:
    """Return the constructor as it is: since Airflow 2 every operator applies default_args by itself."""
    return function


def parse_execution_date(text: str) -> Any:
    """Return the date and time that a text in ISO 8601 means."""
    return pendulum.parse(text)


def round_time(
    dt: datetime, delta: str | timedelta, start_date: datetime = datetime(1970, 1, 1, tzinfo=pendulum.UTC)
) -> datetime:
    """Return the last point in time, at or before ``dt``, that is a number of steps after ``start_date``.

    Raises ValueError for a cron expression as the step, which only the scheduler of Airflow 1.10 used.
    """
    if not isinstance(delta, timedelta):
        raise ValueError("round_time takes a timedelta here, no cron expression")
    if start_date.tzinfo is None or dt.tzinfo is None:
        start_date, dt = start_date.replace(tzinfo=None), dt.replace(tzinfo=None)
    return start_date + (dt - start_date) // delta * delta


def is_venv_installed() -> bool:
    """Return whether a PythonVirtualenvOperator could make its environment here."""
    return bool(shutil.which("virtualenv") or importlib.util.find_spec("virtualenv"))


def s3_prefix_sensor(*, prefix: str | list[str], **kwargs: Any) -> Any:
    """Return the S3KeySensor that waits for a key with the prefix, or for one with each of several."""
    from airflow.providers.amazon.aws.sensors.s3 import S3KeySensor

    keys = [f"{one}*" for one in ([prefix] if isinstance(prefix, str) else prefix)]
    kwargs.pop("delimiter", None)  # it only kept the listing short
    return S3KeySensor(bucket_key=keys[0] if isinstance(prefix, str) else keys, wildcard_match=True, **kwargs)


def dataset_or_time_schedule(*, timetable: Any, datasets: Any) -> Any:
    """Return the timetable that starts a run at a time, or when assets were updated."""
    from airflow.timetables.assets import AssetOrTimeSchedule

    return AssetOrTimeSchedule(timetable=timetable, assets=datasets)


def sql_operator(default_conn_id: str) -> Any:
    """Return the operator for any database, with the connection that an operator for one of them had."""
    from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator

    hooks: tuple[type, ...] = (_redshift_hook(),) if default_conn_id == "redshift_default" else ()

    class OfOneDatabase(SQLExecuteQueryOperator, *hooks):  # type: ignore[misc]  # Airflow comes without types here
        def __init__(self, *, conn_id: str = default_conn_id, **kwargs: Any) -> None:
            super().__init__(conn_id=conn_id, **kwargs)

    # For all that follows it is the operator itself: a task shows what to write today.
    OfOneDatabase.__module__, OfOneDatabase.__qualname__ = SQLExecuteQueryOperator.__module__, _SQL_OPERATOR
    OfOneDatabase.__name__ = _SQL_OPERATOR
    return OfOneDatabase


def _redshift_hook() -> type:
    """Return a class that tells, among the bases of an operator, which service its connection leads to."""
    return type("RedshiftSQLHook", (), {"__module__": "airflow.providers.amazon.aws.hooks.redshift_sql"})


_SQL_OPERATOR = "SQLExecuteQueryOperator"

#: The connection that an operator of one database used where none was named.
CONNECTIONS_OF_SQL_OPERATORS: Mapping[str, str] = {
    "JdbcOperator": "jdbc_default",
    "MsSqlOperator": "mssql_default",
    "MySqlOperator": "mysql_default",
    "OracleOperator": "oracle_default",
    "PostgresOperator": "postgres_default",
    "RedshiftSQLOperator": "redshift_default",
    "SnowflakeOperator": "snowflake_default",
    "SqliteOperator": "sqlite_default",
    "TrinoOperator": "trino_default",
    "VerticaOperator": "vertica_default",
}

#: By dotted name: what stands in, None for an operator that is kept as it is; and what to write today.
REMOVED: Mapping[str, tuple[Any, str]] = {
    "airflow.operators.python.is_venv_installed": (is_venv_installed, "nothing: such a task fails by itself"),
    "airflow.operators.subdag.SubDagOperator": (None, "a TaskGroup"),
    "airflow.providers.amazon.aws.sensors.s3.S3KeySizeSensor": (None, "S3KeySensor(check_fn=...)"),
    "airflow.providers.amazon.aws.sensors.s3.S3PrefixSensor": (
        s3_prefix_sensor,
        "S3KeySensor(bucket_key='PREFIX*', wildcard_match=True)",
    ),
    "airflow.timetables.assets.DatasetOrTimeSchedule": (
        dataset_or_time_schedule,
        "AssetOrTimeSchedule(timetable=..., assets=...)",
    ),
    # Not Airflow's own, but in its module until 2.x, and taken from there.
    "airflow.utils.dates.datetime": (datetime, "datetime.datetime"),
    "airflow.utils.dates.days_ago": (days_ago, "a fixed date: with this one, start_date moves every day"),
    "airflow.utils.dates.parse_execution_date": (parse_execution_date, "pendulum.parse"),
    "airflow.utils.dates.round_time": (round_time, "the arithmetic itself"),
    "airflow.utils.dates.timedelta": (timedelta, "datetime.timedelta"),
    "airflow.utils.decorators.apply_defaults": (apply_defaults, "nothing: it has no effect since Airflow 2"),
}
