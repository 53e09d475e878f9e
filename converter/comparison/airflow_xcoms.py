"""All XComs of a run, with their values, from an API that gives one value a request.

Two ways are shorter: dag2sfn's plugin gives all of a run at once, and Airflow's own ``…/wait``, for scripts
that wait for a run, tells what many tasks returned. It is marked experimental: what it says is taken only if
it is about exactly the tasks that were asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from converter.comparison.airflow_api import AirflowApi, part
from converter.comparison.model import RETURN_VALUE, Key

#: Whether the XCom of a task under a key is wanted.
Wanted = Callable[[Key, str], bool]
#: Task ids of one request, in characters: proxies refuse longer addresses.
_LONGEST_QUERY = 4_000
#: The first version in which the values of a mapped task come in the order of its instances.
_IN_ORDER = (3, 3)


@dataclass(frozen=True)
class _Entry:
    """What the list of XComs says about one."""

    key: Key
    name: str

    @property
    def is_returned(self) -> bool:
        return self.name == RETURN_VALUE


def read_xcoms(
    api: AirflowApi, dag_id: str, run_id: str, *, has_ended: bool, wanted: Wanted = lambda key, name: True
) -> list[dict[str, Any]]:
    """Return the XComs of a run: ``{"task_id", "map_index", "key", "value"}``."""
    at_once = api.from_plugin(f"/dags/{part(dag_id)}/runs/{part(run_id)}/xcoms", "xcom_entries")
    if at_once is not None:
        return [dict(xcom) for xcom in at_once if wanted(_entry(xcom).key, _entry(xcom).name)]
    run = f"/dags/{part(dag_id)}/dagRuns/{part(run_id)}"
    listed = map(_entry, api.pages(f"{run}/taskInstances/~/xcomEntries", "xcom_entries"))
    entries = [entry for entry in listed if wanted(entry.key, entry.name)]
    # Of a run that goes on, it would wait for the end.
    values = _returned(api, f"{run}/wait", entries) if has_ended else {}
    left = [entry for entry in entries if entry not in values]
    values |= zip(left, _one_by_one(api, run, left), strict=True)
    return [
        {"task_id": entry.key.task_id, "map_index": entry.key.map_index, "key": entry.name, "value": value}
        for entry, value in values.items()
    ]


def _entry(xcom: Mapping[str, Any]) -> _Entry:
    index = xcom.get("map_index")
    return _Entry(Key(str(xcom["task_id"]), -1 if index is None else int(index)), str(xcom["key"]))


def _one_by_one(api: AirflowApi, run: str, entries: list[_Entry]) -> list[Any]:
    found = api.each(
        [
            (
                f"{run}/taskInstances/{part(entry.key.task_id)}/xcomEntries/{part(entry.name)}",
                {"map_index": entry.key.map_index, "stringify": "false"},
            )
            for entry in entries
        ],
        "XComs",
    )
    return [document.get("value") if document else None for document in found]


def _returned(api: AirflowApi, path: str, entries: list[_Entry]) -> dict[_Entry, Any]:
    """Return the return values that Airflow tells of several tasks at once; {} if it does not."""
    tasks: dict[str, list[_Entry]] = {}
    for entry in entries:
        if entry.is_returned:
            tasks.setdefault(entry.key.task_id, []).append(entry)
    if api.version < _IN_ORDER:
        tasks = {task_id: of_task for task_id, of_task in tasks.items() if of_task[0].key.map_index < 0}
    if len(tasks) < 2:
        return {}
    values: dict[_Entry, Any] = {}
    for task_ids in _batches(tasks):
        results = api.results(path, task_ids)
        if results is None or results.keys() != {*task_ids}:
            break
        for task_id in task_ids:
            values |= _of_task(tasks[task_id], results[task_id])
    return values


def _of_task(entries: list[_Entry], result: Any) -> dict[_Entry, Any]:
    if entries[0].key.map_index < 0:
        return {entries[0]: result}
    in_order = sorted(entries, key=lambda entry: entry.key.map_index)
    is_complete = isinstance(result, list) and len(result) == len(in_order)
    return dict(zip(in_order, result, strict=True)) if is_complete else {}


def _batches(task_ids: Mapping[str, Any]) -> Iterator[list[str]]:
    batch: list[str] = []
    for task_id in task_ids:
        if sum(len(quote(one)) + 8 for one in (*batch, task_id)) > _LONGEST_QUERY:
            yield batch
            batch = []
        batch.append(task_id)
    yield batch
