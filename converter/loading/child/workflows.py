"""Turns Airflow's DAG into a Workflow, with every argument of the DAG that is not the default."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import airflow

from converter.loading.child.airflow_names import (
    DAG,
    IS_AIRFLOW_2,
    PARAMETERS_OF_DAG,
    NullTimetable,
    schedule_of,
)
from converter.loading.child.construction import Constructions
from converter.loading.child.tasks import resolved_params, task_from
from converter.loading.child.values import as_value
from converter.loading.timetables import Timetables
from converter.workflow import Location, Schedule, StandIn, Task, Value, Workflow

_FIELDS_OF_WORKFLOW = {"dag_id", "schedule", "params", "dagrun_timeout"}
#: default_args have reached the tasks; the display name defaults to the id; the root group is no argument.
_SEEN_ELSEWHERE = {"default_args", "dag_display_name", "task_group"}
#: Of Airflow 2: other names for what has one, and what concerns its user interface.
_OF_AIRFLOW_2 = {
    "schedule_interval",
    "timetable",
    "concurrency",
    "default_view",
    "full_filepath",
    "orientation",
}

_SETTINGS = sorted(PARAMETERS_OF_DAG - _FIELDS_OF_WORKFLOW - _SEEN_ELSEWHERE - _OF_AIRFLOW_2)
#: Settings that have another name today.
_TODAYS_NAMES = {"fail_stop": "fail_fast"}


def workflow_from(
    dag: DAG,
    *,
    constructions: Constructions,
    file: Location,
    source_hash: str,
    stand_ins: tuple[StandIn, ...],
    timetables: Timetables,
) -> Workflow:
    """Return the Workflow of a DAG whose file is ``file``, which needed these stand-ins.

    ``timetables`` are what Airflow has been told about plain schedules.

    Raises what the DAG's own objects raise.
    """
    return Workflow(
        dag_id=dag.dag_id,
        tasks=_tasks(dag, constructions, file),
        location=constructions.location(dag) or file,
        schedule=_schedule(dag, timetables),
        params=resolved_params(dag.params),
        dagrun_timeout=dag.dagrun_timeout.total_seconds() if dag.dagrun_timeout else None,
        settings=_settings(dag),
        source_hash=source_hash,
        airflow_version=airflow.__version__,
        task_groups=_task_groups(dag),
        stand_ins=stand_ins,
        timezone=_zone_name(_attribute(dag, "timezone")) or "UTC",
        scheduled_on=tuple(dict.fromkeys(_assets_in(schedule_of(dag)))),
    )


def _task_groups(dag: DAG) -> dict[str, tuple[str, ...]]:
    """Return the tasks with which each task group begins, as a branch that chooses the group follows them."""
    return {
        str(group_id): tuple(sorted(root.task_id for root in group.get_roots()))
        for group_id, group in dag.task_group_dict.items()
        if group_id is not None
    }


def _tasks(dag: DAG, constructions: Constructions, file: Location) -> tuple[Task, ...]:
    position = {task_id: index for index, task_id in enumerate(dag.task_dict)}
    return tuple(
        task_from(
            operator,
            upstream=tuple(sorted(operator.upstream_task_ids, key=position.__getitem__)),
            constructions=constructions,
            otherwise=file,
        )
        for operator in dag.task_dict.values()
    )


def _schedule(dag: DAG, timetables: Timetables) -> Schedule | None:
    timetable = dag.timetable
    if isinstance(timetable, NullTimetable):
        return None
    parts = _all_parts(timetable)
    one = parts[0] if parts else timetable
    return Schedule(
        timetable=type(timetable).__name__,
        expression=_expression(timetable),
        timezone=_zone_name(_attribute(one, "timezone")),
        expressions=tuple(_expression(part) or "" for part in parts),
        length=_length(one),
        assumed=_is_assumed(dag, timetables),
    )


def _all_parts(timetable: Any) -> list[Any]:
    """Return the timetables that one is made of."""
    return list(_attribute(timetable, "timetables") or ())


def _is_assumed(dag: DAG, timetables: Timetables) -> bool:
    """Whether the DAG's timetable hangs on an option of Airflow's that nobody has told.

    In Airflow 2, that is read beside the DAG; some files can only be of one Airflow.
    """
    if IS_AIRFLOW_2 or getattr(dag, "_dates_are_told", False):
        return False
    schedule = schedule_of(dag)
    if isinstance(schedule, str):
        return schedule not in ("@once", "@continuous") and timetables.cron_intervals is None
    if schedule is dag.timetable or _attribute(dag.timetable, "delta") is None:
        return False
    # Airflow 3.3 goes by the option for cron strings here, too.
    return timetables.cron_intervals is None or timetables.cron_intervals is not timetables.delta_intervals


def _zone_name(timezone: Any) -> str | None:
    return None if timezone is None else str(getattr(timezone, "name", timezone))


def _expression(timetable: Any) -> str | None:
    """Return the cron string; the seconds of a fixed delta; the calendar delta as its class writes it."""
    if expression := _attribute(timetable, "expression"):
        return str(expression)
    delta = _attribute(timetable, "delta")
    if isinstance(delta, timedelta):
        seconds = delta.total_seconds()
        return str(int(seconds) if seconds.is_integer() else seconds)
    return None if delta is None else repr(delta)


def _length(timetable: Any) -> float | None:
    """Return the seconds of the data interval that a timetable itself gives; None if they are not fixed."""
    interval = _attribute(timetable, "interval")
    if isinstance(interval, timedelta):
        return interval.total_seconds()
    return None if interval else 0.0


def _assets_in(schedule: Any) -> Iterator[str]:
    """Yield the names of the assets that a schedule hangs on: an asset, several, all or any of some."""
    if isinstance(schedule, (list, tuple)):
        for item in schedule:
            yield from _assets_in(item)
        return
    for name in ("objects", "asset_condition", "dataset_condition"):
        if (inner := getattr(schedule, name, None)) is not None:
            yield from _assets_in(list(inner) if name == "objects" else inner)
            return
    if "Asset" in type(schedule).__name__ or "Dataset" in type(schedule).__name__:
        named = getattr(schedule, "name", None) or getattr(schedule, "uri", None)
        if isinstance(named, str):
            yield named


def _attribute(timetable: Any, name: str) -> Any:
    """Return an attribute of a timetable, which is not public in Airflow 2; None if it has none."""
    return getattr(timetable, name, getattr(timetable, f"_{name}", None))


@functools.cache
def default_dag_settings() -> Mapping[str, Value]:
    """Return the settings of a DAG to which none was passed. To be called outside any DAG."""
    dag = DAG(dag_id="default")
    # Airflow 3's, whatever the configuration says: a DAG that is caught up on by default has to be told of.
    return {**_settings_of(dag), "catchup": False}


def _settings_of(dag: DAG) -> dict[str, Value]:
    values = {name: as_value(getattr(dag, name)) for name in _SETTINGS}
    if getattr(dag, "_caught_up_by_default", False):
        values["catchup"] = True
    return values


def _settings(dag: DAG) -> dict[str, Value]:
    defaults = default_dag_settings()
    values = _settings_of(dag)
    settings = {
        _TODAYS_NAMES.get(name, name): value for name, value in values.items() if value != defaults[name]
    }
    if isinstance(dag.timetable, NullTimetable):
        settings.pop("catchup", None)
    if dag.dag_display_name != dag.dag_id:
        settings["dag_display_name"] = dag.dag_display_name
    schedule = schedule_of(dag)
    in_full = schedule is None or isinstance(schedule, str) or _attribute(dag.timetable, "delta") is not None
    if schedule is dag.timetable or not in_full:
        # A timetable or assets: Schedule holds their class, but not all that they were made with.
        settings["schedule"] = as_value(schedule)
    if schemas := _param_schemas(dag):
        settings["param_schemas"] = schemas
    if dag.edge_info:
        settings["edge_labels"] = {
            upstream: as_value(dict(sorted(dag.edge_info[upstream].items())))
            for upstream in sorted(dag.edge_info)
        }
    return dict(sorted(settings.items()))


def _param_schemas(dag: DAG) -> dict[str, Value]:
    """Return description and JSON schema of the parameters that have one."""
    schemas = {}
    for name in dag.params:
        param = dag.params.get_param(name)
        described = {"description": param.description, "schema": param.schema}
        if any(described.values()):
            schemas[name] = as_value({key: value for key, value in described.items() if value})
    return schemas
