"""What Airflow calls when a run begins: in the scheduler, in the middle of its work.

So it only writes down what the counterpart needs; AWS is asked by another thread. Whatever goes wrong stands
in the scheduler's log, and nowhere else.
"""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import Any

from airflow.listeners import hookimpl
from airflow.listeners.listener import get_listener_manager

from converter.shadow.begun import Begun

from .shadow_starter import NoClient, Starter

log = logging.getLogger(__name__)


@hookimpl  # type: ignore[untyped-decorator]  # mypy does not follow imports into Airflow
def on_dag_run_running(dag_run: Any) -> None:
    """Have the counterpart of a run started. Takes microseconds, and never raises."""
    try:
        _starter().begin(
            Begun(
                dag_id=str(dag_run.dag_id),
                run_id=str(dag_run.run_id),
                conf=dict(dag_run.conf or {}),
                logical_date=_moment(dag_run, "logical_date", "execution_date"),
                data_interval_start=_moment(dag_run, "data_interval_start"),
                data_interval_end=_moment(dag_run, "data_interval_end"),
                latest_until=_latest_until(dag_run),
                # Airflow 3.2 and later.
                partition_key=getattr(dag_run, "partition_key", None),
                partition_date=_moment(dag_run, "partition_date"),
            )
        )
    except Exception:
        # The run must begin, whatever is the matter here.
        log.exception("The counterpart of %s on Step Functions is not started", dag_run)


def _stop_listening() -> None:
    """Leave a process that a scheduler has forked: an executor's tasks read DAG files, and begin no runs."""
    with suppress(Exception):
        get_listener_manager().pm.unregister(sys.modules[__name__])


os.register_at_fork(after_in_child=_stop_listening)


@cache
def _starter() -> Starter:
    from .connection import shadow_prefix

    return Starter(_client, shadow_prefix())


def _client() -> Any:
    from .connection import ConnectionUnusable, client_of, connection_id

    try:
        return client_of(connection_id(), "stepfunctions", seconds=5, attempts=2)
    except ConnectionUnusable as error:
        raise NoClient(str(error)) from error


def _moment(dag_run: Any, *names: str) -> datetime | None:
    found = (getattr(dag_run, name, None) for name in names)
    return next((moment for moment in found if isinstance(moment, datetime)), None)


def _latest_until(dag_run: Any) -> datetime | None:
    """Return until when a LatestOnlyOperator takes the run for the latest; None: for ever, or nobody asks."""
    dag = getattr(dag_run, "dag", None)
    if dag is None or str(getattr(dag_run.run_type, "value", dag_run.run_type)) == "manual":
        return None
    if not any(task.task_type == "LatestOnlyOperator" for task in dag.tasks):
        return None
    from airflow.timetables.base import DataInterval, TimeRestriction

    date = dag_run.data_interval_start, dag_run.data_interval_end
    if None in date:
        return None
    following = dag.timetable.next_dagrun_info(
        last_automated_data_interval=DataInterval(*date),
        restriction=TimeRestriction(earliest=None, latest=None, catchup=True),
    )
    return following.data_interval.end if following else None
