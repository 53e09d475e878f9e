"""Airflow's runs from its database, in the form of its REST API, for the comparison. Reads nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow.models.dagrun import DagRun
from airflow.models.serialized_dag import SerializedDagModel
from airflow.models.taskinstance import TaskInstance
from airflow.models.taskinstancehistory import TaskInstanceHistory
from airflow.models.xcom import XComModel
from jsonschema import FormatChecker, ValidationError, validate  # type: ignore[import-untyped]
from sqlalchemy import select

from converter.comparison.airflow_run import graph_of, run_of

from .markdown import html_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from converter.comparison import Run


#: The class of what stands for no value; its module is another in each version of Airflow.
_UNSET = "ArgNotSet"


def find_run(dag_id: str, run_id: str, session: Session) -> Mapping[str, Any] | None:
    """Return a DAG run as the REST API writes it, None if there is none."""
    run = session.scalar(select(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id))
    return None if run is None else _run(run)


def last_runs(dag_id: str, count: int, session: Session) -> list[Mapping[str, Any]]:
    """Return the runs that were due last, the latest first, as the REST API writes them."""
    latest_first = select(DagRun).where(DagRun.dag_id == dag_id).order_by(DagRun.run_after.desc())
    return [_run(run) for run in session.scalars(latest_first.limit(count))]


def read_run(dag_id: str, run_id: str, session: Session) -> Run | None:
    """Return a DAG run with its tasks and XComs, None if there is none."""
    run = find_run(dag_id, run_id, session)
    if run is None:
        return None
    of_run = {"dag_id": dag_id, "run_id": run_id}
    now = [_instance(one) for one in session.scalars(select(TaskInstance).filter_by(**of_run))]
    earlier: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for one in session.scalars(select(TaskInstanceHistory).filter_by(**of_run)):
        earlier.setdefault((one.task_id, one.map_index), []).append(_instance(one))
    instances = [(one, [*earlier.get((one["task_id"], one["map_index"]), []), one]) for one in now]
    return run_of(run, instances, xcoms_of(dag_id, run_id, session), *graph_of(_tasks(dag_id, session)))


def xcoms_of(dag_id: str, run_id: str, session: Session) -> list[dict[str, Any]]:
    """Return all XComs of a run with their values, as the REST API writes them one by one."""
    columns = (XComModel.task_id, XComModel.map_index, XComModel.key, XComModel.value)
    found = session.execute(select(*columns).filter_by(dag_id=dag_id, run_id=run_id))
    return [dict(row) for row in found.mappings()]


def params_of(dag_id: str, session: Session) -> list[dict[str, Any]]:
    """Return the params of a DAG: name, default, description (text or HTML) and JSON schema, for a form.

    As in Airflow's API, a param without a default has None.
    """
    dag = SerializedDagModel.get_dag(dag_id, session=session)
    if dag is None:
        return []
    found = []
    for name in dag.params:
        param = dag.params.get_param(name)
        schema = dict(param.schema or {})
        markdown = schema.get("description_md")
        found.append(
            {
                "name": name,
                "value": None if _is_unset(param) else param.value,
                "description": param.description,
                "description_html": html_of(markdown) if isinstance(markdown, str) else None,
                "schema": schema,
            }
        )
    return found


def refusals(dag_id: str, conf: Mapping[str, Any], session: Session) -> list[str]:
    """Return why Airflow itself would not start the DAG with this conf: what breaks the schema of a param."""
    dag = SerializedDagModel.get_dag(dag_id, session=session)
    found = []
    for name in dag.params if dag else ():
        param = dag.params.get_param(name)
        if name not in conf and _is_unset(param):
            found.append(f"{name}: a value is required")
            continue
        try:
            validate(conf.get(name, param.value), param.schema or {}, format_checker=FormatChecker())
        except ValidationError as error:
            found.append(f"{name}: {error.message}")
    return found


def _is_unset(param: Any) -> bool:
    return type(param.value).__name__ == _UNSET


def _tasks(dag_id: str, session: Session) -> list[dict[str, Any]]:
    dag = SerializedDagModel.get_dag(dag_id, session=session)
    return [
        {
            "task_id": task.task_id,
            "downstream_task_ids": sorted(task.downstream_task_ids),
            "trigger_rule": str(getattr(task.trigger_rule, "value", task.trigger_rule)),
        }
        for task in (dag.tasks if dag else ())
    ]


def _run(run: DagRun) -> dict[str, Any]:
    return {
        "dag_id": run.dag_id,
        "dag_run_id": run.run_id,
        "state": str(getattr(run.state, "value", run.state)),
        "conf": run.conf or {},
        "logical_date": _iso(run.logical_date),
        "run_after": _iso(run.run_after),
        "start_date": _iso(run.start_date),
        "end_date": _iso(run.end_date),
        "data_interval_start": _iso(run.data_interval_start),
        "data_interval_end": _iso(run.data_interval_end),
        # Airflow 3.2 and later.
        "partition_key": getattr(run, "partition_key", None),
        "partition_date": _iso(getattr(run, "partition_date", None)),
    }


def _instance(one: Any) -> dict[str, Any]:
    return {
        "task_id": one.task_id,
        "map_index": one.map_index,
        "state": None if one.state is None else str(getattr(one.state, "value", one.state)),
        "try_number": one.try_number,
        "start_date": _iso(one.start_date),
        "end_date": _iso(one.end_date),
        "scheduled_when": _iso(one.scheduled_dttm),
        "queued_when": _iso(one.queued_dttm),
    }


def _iso(moment: Any) -> str | None:
    return moment.isoformat() if moment else None
