"""The context of a task: what templates can use, and what callables are given by name."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from . import macros
from .assets import OutletEvents
from .dates import moment
from .exceptions import AirflowException
from .inert import inert
from .task_instance import DagRun, TaskInstance
from .variables import VariableAccessor

#: What only Airflow's database and API server know of a run.
_KNOWN_TO_AIRFLOW = ("conn", "inlet_events", "triggering_asset_events", "task_state_store")
_current: list[dict[str, Any]] = []


def get_current_context() -> dict[str, Any]:
    """Return the context of the task that runs. Raises AirflowException if none does."""
    if not _current:
        raise AirflowException("Current context was requested but no context was found!")
    return _current[-1]


def enter_context(context: dict[str, Any]) -> None:
    """Make it the context of the task that runs."""
    _current[:] = [context]


def leave_context() -> None:
    """Say that no task runs."""
    _current.clear()


def task_context(task: Any, event: Mapping[str, Any], known_task_ids: frozenset[str]) -> dict[str, Any]:
    """Return the context of a try, as Airflow has it. Without a logical date, keys that need one are missing.

    Dates come from the event's ``run``; parameters are those of DAG and task, with the run's conf over them.
    """
    run = event.get("run") or {}
    conf = run.get("conf") or {}
    logical_date = moment(run.get("logical_date"))
    start, end = moment(run.get("data_interval_start")), moment(run.get("data_interval_end"))
    partition_key, partition_date = run.get("partition_key"), moment(run.get("partition_date"))
    dag_run = DagRun(
        task.dag_id,
        str(run.get("run_id", "")),
        conf,
        logical_date,
        start,
        end,
        partition_key,
        partition_date,
    )
    ti = TaskInstance(
        task,
        dag_run,
        int(event.get("try_number", 1)),
        int(event.get("map_index", -1)),
        event.get("xcom") or {},
        known_task_ids,
        event.get("mapped_xcom") or {},
        event.get("xcom_at"),
    )
    context: dict[str, Any] = {
        **{name: inert(f"the context's {name}") for name in _KNOWN_TO_AIRFLOW},
        "dag": task.dag,
        "dag_run": dag_run,
        "inlets": [],
        "macros": macros,
        "outlet_events": OutletEvents(),
        "outlets": [],
        "partition_date": partition_date,
        "partition_key": partition_key,
        "params": {**task.dag.params, **task.params, **(run.get("params") or {}), **conf},
        "run_id": dag_run.run_id,
        "task": task,
        "task_instance": ti,
        "task_instance_key_str": f"{task.dag_id}__{task.task_id}__{dag_run.run_id}",
        "task_reschedule_count": 0,
        "ti": ti,
        "var": {
            "json": VariableAccessor(deserialize_json=True),
            "value": VariableAccessor(deserialize_json=False),
        },
    }
    if logical_date is not None:
        context |= _dates(logical_date, start, end)
        context["task_instance_key_str"] = f"{task.dag_id}__{task.task_id}__{context['ds_nodash']}"
    ti.context = context
    return context


def _dates(logical_date: Any, start: Any, end: Any) -> dict[str, Any]:
    ts = logical_date.isoformat()
    return {
        "data_interval_end": end,
        "data_interval_start": start,
        "ds": logical_date.strftime("%Y-%m-%d"),
        "ds_nodash": logical_date.strftime("%Y%m%d"),
        "logical_date": logical_date,
        "ts": ts,
        "ts_nodash": logical_date.strftime("%Y%m%dT%H%M%S"),
        "ts_nodash_with_tz": ts.replace("-", "").replace(":", ""),
    }


#: What Airflow 2 had made of the schedule, which the function does not know.
_OF_THE_SCHEDULE = {
    name: inert(f"the context's {name}") for name in ("prev_ds", "prev_ds_nodash", "prev_execution_date")
}


def names_of_airflow_2(context: Mapping[str, Any]) -> dict[str, Any]:
    """Return what Airflow 3 took out of the context and old DAG files still ask for."""
    logical_date = context.get("logical_date")
    if logical_date is None:
        return {}
    day = timedelta(days=1)
    dates = {"yesterday_ds": logical_date - day, "tomorrow_ds": logical_date + day}
    end = context.get("data_interval_end")
    if end is not None:
        dates["next_ds"] = end
    return {
        **_OF_THE_SCHEDULE,
        "execution_date": logical_date,
        "next_execution_date": end,
        **{name: date.strftime("%Y-%m-%d") for name, date in dates.items()},
        **{f"{name}_nodash": date.strftime("%Y%m%d") for name, date in dates.items()},
    }


def arguments_for(
    function: Callable[..., Any], positional: Sequence[Any], context: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the keyword arguments with which Airflow calls a function.

    All of the context if it takes any, else those that it names. Raises ValueError if a positional argument
    has the name of something in the context.
    """
    parameters = inspect.signature(function).parameters
    for name, parameter in list(parameters.items())[: len(positional)]:
        if parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD):
            continue
        if name in context:
            raise ValueError(f"The key {name!r} in args is a part of kwargs and therefore reserved.")
    old = names_of_airflow_2(context)
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        positional_names = list(parameters)[: len(positional)]
        old = {name: value for name, value in old.items() if name not in positional_names}
        return {**old, **context}
    unbound = list(parameters)[len(positional) :]
    found = {name: old[name] for name in unbound if name in old}
    return {**found, **{name: context[name] for name in parameters if name in context}}
