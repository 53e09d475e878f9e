"""Stops an execution whose deferred task is ended in Airflow before a triggerer holds the task's trigger.

A triggerer that holds it stops the execution itself (``dag2sfn_airflow.trigger``); one that does not has
nothing that Airflow could cancel. So the API server listens to what its users mark. Other processes must not:
if there is a listener, Airflow refuses DAGs whose tasks end from their trigger (``end_from_trigger``).
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from queue import SimpleQueue
from typing import Any

from airflow.listeners import hookimpl
from airflow.listeners.listener import get_listener_manager
from airflow.models.taskinstance import TaskInstance
from airflow.models.trigger import Trigger
from airflow.utils.session import create_session
from sqlalchemy import select
from sqlalchemy.orm import object_session

from . import aws

#: The class of the operator's triggers, which needs not be installed here.
_OURS = "dag2sfn_airflow.trigger.ExecutionEndTrigger"
_OF_RUN = ("dag_id", "run_id")
_IDENTITY = (*_OF_RUN, "task_id", "map_index")
#: Seconds, counted from the user's request, after which it is looked whether that has been carried out.
_LOOKS = (0.2, 1.0, 3.0, 10.0)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Ended:
    """A deferred task instance that a user ends, and the arguments of its trigger."""

    identity: Mapping[str, Any]
    trigger: Mapping[str, Any]
    since: float = field(default_factory=time.monotonic)


_waiting: SimpleQueue[_Ended] = SimpleQueue()


def listen() -> None:
    """Listen in this process. Safe to call twice."""
    get_listener_manager().add_listener(sys.modules[__name__])


@hookimpl  # type: ignore[untyped-decorator]
def on_task_instance_success(task_instance: Any) -> None:
    """Somebody has marked a task instance."""
    _look_at(task_instance, of_task=True)


@hookimpl  # type: ignore[untyped-decorator]
def on_task_instance_failed(task_instance: Any) -> None:
    """Somebody has marked a task instance."""
    _look_at(task_instance, of_task=True)


@hookimpl  # type: ignore[untyped-decorator]
def on_task_instance_skipped(task_instance: Any) -> None:
    """Somebody has marked a task instance."""
    _look_at(task_instance, of_task=True)


@hookimpl  # type: ignore[untyped-decorator]
def on_dag_run_success(dag_run: Any) -> None:
    """Somebody has marked a run, and with it the task instances that run."""
    _look_at(dag_run, of_task=False)


@hookimpl  # type: ignore[untyped-decorator]
def on_dag_run_failed(dag_run: Any) -> None:
    """Somebody has marked a run, and with it the task instances that run."""
    _look_at(dag_run, of_task=False)


def _look_at(marked: Any, *, of_task: bool) -> None:
    """Hand on what has to be stopped: AWS is not waited for while a user's request is served."""
    try:
        for ended in _deferred(marked, of_task):
            _waiting.put(ended)
            _worker()
    # Whatever is wrong, the user's own request goes on.
    except Exception:
        log.exception("It is not known whether an execution has to be stopped")


def _deferred(marked: Any, of_task: bool) -> list[_Ended]:
    session = object_session(marked)
    if session is None or (of_task and marked.trigger_id is None):
        return []
    columns = {name: getattr(TaskInstance, name) for name in _IDENTITY}
    names = _IDENTITY if of_task else _OF_RUN
    query = (
        select(Trigger, *columns.values())
        .join(TaskInstance, TaskInstance.trigger_id == Trigger.id)
        .where(Trigger.classpath == _OURS, *(columns[name] == getattr(marked, name) for name in names))
    )
    with session.no_autoflush:
        found = session.execute(query).all()
    return [
        _Ended(dict(zip(_IDENTITY, identity, strict=True)), trigger.kwargs) for trigger, *identity in found
    ]


@cache
def _worker() -> threading.Thread:
    """Return the thread that stops executions, started when it is needed first."""
    thread = threading.Thread(target=_work, daemon=True, name="dag2sfn kills")
    thread.start()
    return thread


def _work() -> None:
    while True:
        ended = _waiting.get()
        try:
            if ended.trigger["stop_on_kill"] and _is_over(ended):
                _stop(ended.trigger)
        except Exception:
            log.exception("The execution of %s goes on", dict(ended.identity))


def _is_over(ended: _Ended) -> bool:
    """Return whether the task is deferred no more; it still is if the user's request came to nothing."""
    for seconds in _LOOKS:
        time.sleep(max(0.0, ended.since + seconds - time.monotonic()))
        with create_session() as session:
            state = session.scalar(select(TaskInstance.state).filter_by(**ended.identity))
        if state != "deferred":
            return True
    return False


def _stop(trigger: Mapping[str, Any]) -> None:
    from converter import executions

    client = aws.new_client(trigger["aws_conn_id"], region_name=trigger["region_name"])
    arn = trigger["execution_arn"]
    # The triggerer may have done it meanwhile: then nothing is done.
    if executions.stop(client, arn, cause="the task that started it was ended in Airflow") == "RUNNING":
        log.info("Stopped %s", arn)
