"""A run of Airflow's, read through its REST API, as a Run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from converter import diagnostics as d
from converter.comparison.airflow_api import AirflowApi
from converter.comparison.airflow_values import plain
from converter.comparison.airflow_xcoms import Wanted, read_xcoms
from converter.comparison.model import Key, Run, Side, Span, SpanKind, TaskRun
from converter.comparison.values import parsed_moment
from converter.diagnostics import Dag2SfnError, Diagnostic

_ENDED = ("success", "failed")
_ACTIVE = ("running", "deferred", "restarting", "up_for_reschedule")


def read_run(api: AirflowApi, dag_id: str, run_id: str, wanted: Wanted = lambda key, name: True) -> Run:
    """Return a DAG run, as far as it has got, with those of its XComs that are wanted.

    Raises :class:`~converter.diagnostics.Dag2SfnError`: no such run (D702), Airflow out of reach (D701).
    """
    run = api.run(dag_id, run_id)
    if run is None:
        raise unknown(f"Airflow has no run {run_id!r} of a DAG {dag_id!r}")
    instances = api.task_instances(dag_id, run_id)
    retried = [instance for instance in instances if (instance.get("try_number") or 0) > 1]
    tries = {
        _key(instance): all_tries for instance, all_tries in zip(retried, api.tries(retried), strict=True)
    }
    upstream, rules = graph_of(api.tasks(dag_id))
    xcoms = read_xcoms(api, dag_id, run_id, has_ended=run["state"] in _ENDED, wanted=wanted)
    tried = [(instance, tries.get(_key(instance), [instance])) for instance in instances]
    return run_of(run, tried, xcoms, upstream, rules)


def run_of(
    run: Mapping[str, Any],
    instances: Iterable[tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]],
    xcoms: Iterable[Mapping[str, Any]],
    upstream: Mapping[str, tuple[str, ...]],
    trigger_rules: Mapping[str, str],
) -> Run:
    """Return a run from documents of the REST API; each instance comes with all of its tries."""
    outputs: dict[Key, dict[str, Any]] = {}
    for xcom in xcoms:
        outputs.setdefault(_key(xcom), {})[xcom["key"]] = _value(xcom["value"])
    tasks = {}
    for instance, tries in instances:
        key = _key(instance)
        tasks[key] = _task(
            instance, sorted(tries, key=lambda one: one.get("try_number") or 0), outputs.get(key, {})
        )
    return Run(
        side=Side.AIRFLOW,
        dag_id=str(run["dag_id"]),
        name=str(run["dag_run_id"]),
        run_id=str(run["dag_run_id"]),
        state=str(run["state"]),
        tasks=tasks,
        start=_moment(run.get("start_date")),
        end=_moment(run.get("end_date")),
        conf=run.get("conf") or {},
        logical_date=_moment(run.get("logical_date")),
        upstream=upstream,
        trigger_rules=trigger_rules,
    )


def graph_of(tasks: Iterable[Mapping[str, Any]]) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Return each task's upstream tasks, and its trigger rule."""
    upstream: dict[str, list[str]] = {}
    rules: dict[str, str] = {}
    for task in tasks:
        task_id = str(task["task_id"])
        upstream.setdefault(task_id, [])
        rules[task_id] = str(task.get("trigger_rule") or "all_success")
        for downstream in task.get("downstream_task_ids") or ():
            upstream.setdefault(downstream, []).append(task_id)
    return {task_id: tuple(sorted(before)) for task_id, before in upstream.items()}, rules


def unknown(problem: str) -> Dag2SfnError:
    """Return the error (D702) for what Airflow does not know."""
    return Dag2SfnError(
        Diagnostic(d.AIRFLOW_RUN_UNKNOWN, problem, "give the id of a run as Airflow's UI shows it (--run-id)")
    )


def _task(
    instance: Mapping[str, Any], tries: Sequence[Mapping[str, Any]], outputs: Mapping[str, Any]
) -> TaskRun:
    state = instance.get("state")
    ran = [one for one in tries if one.get("start_date")] if _has_run(instance) else []
    start = _moment(ran[0]["start_date"]) if ran else None
    end = _moment(ran[-1].get("end_date")) if ran and state not in _ACTIVE else None
    return TaskRun(
        key=_key(instance),
        state=state,
        start=start,
        end=end,
        tries=len(ran),
        outputs=outputs,
        spans=tuple(_spans(ran, end)),
    )


def _has_run(instance: Mapping[str, Any]) -> bool:
    """Airflow gives what it decides without running it a start and an end, too, and no try's number."""
    return bool(instance.get("try_number")) and instance.get("state") not in (
        "upstream_failed",
        "removed",
        None,
    )


def _spans(tries: Sequence[Mapping[str, Any]], end: datetime | None) -> Iterator[Span]:
    last: datetime | None = None
    for number, one in enumerate(tries):
        begin = _moment(one["start_date"])
        over = (
            (end if number == len(tries) - 1 else _moment(one.get("end_date"))) or datetime.now(timezone.utc)
        )  # fmt: skip
        queued = _moment(one.get("scheduled_when")) or _moment(one.get("queued_when"))
        if begin is None:
            continue
        if last is not None and last < begin:
            yield Span(SpanKind.RETRYING, last, begin)
        elif queued and queued < begin:
            yield Span(SpanKind.WAITING, queued, begin)
        yield Span(SpanKind.RUNNING, begin, over)
        last = over


def _key(document: Mapping[str, Any]) -> Key:
    index = document.get("map_index")
    return Key(str(document["task_id"]), -1 if index is None else int(index))


def _value(value: Any) -> Any:
    """Return an XCom's value. What a custom backend keeps elsewhere is compared by its reference."""
    if isinstance(value, str):
        # Written without a worker, a value is kept as the JSON text that it was sent as.
        try:
            decoded = json.loads(value)
        except ValueError:
            return value
        return plain(decoded) if isinstance(decoded, (dict, list)) else value
    return plain(value)


def _moment(text: Any) -> datetime | None:
    if isinstance(text, datetime):
        return text.astimezone(timezone.utc)
    return parsed_moment(text) if isinstance(text, str) else None
