"""Renders templates in Airflow: a process that reads requests and writes answers, one JSON line each.

A request has ``template``, ``native`` and the run: ``logical_date``, ``data_interval_start``,
``data_interval_end``, ``conf``, ``xcoms``. The answer has ``value``, or ``error`` with the exception's name.
The Jinja environment, the context and its macros are those of Airflow's task runner; only the API server,
which a task asks for XComs, is played.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any
from uuid import UUID

from airflow.sdk import DAG, BaseOperator
from airflow.sdk.api.datamodels import _generated as api
from airflow.sdk.execution_time import comms, task_runner

from converter.expressions.templates import forms

_NOW = datetime(2024, 4, 1, tzinfo=timezone.utc)


class ApiServer:
    """Answers what a task asks for: the XComs of a run."""

    def __init__(self, xcoms: dict[str, dict[str, Any]]) -> None:
        self._xcoms = xcoms

    def send(self, msg: Any) -> Any:
        known = self._xcoms.get(msg.task_id, {})
        if isinstance(msg, comms.GetXComSequenceSlice):
            return comms.XComSequenceSliceResult(root=[known[msg.key]] if msg.key in known else [])
        if isinstance(msg, comms.GetXCom):
            return comms.XComResult(key=msg.key, value=known.get(msg.key))
        raise AssertionError(f"the template asks for {msg}")


def task_of_dag(native: bool) -> BaseOperator:
    with DAG("etl", schedule=None, params=forms.PARAMS, render_template_as_native_obj=native):
        return BaseOperator(task_id="load")


def render(request: dict[str, Any]) -> Any:
    task_runner.SUPERVISOR_COMMS = ApiServer(request["xcoms"])
    run = {name: value for name, value in request.items() if name not in ("template", "xcoms")}
    task, context = task_and_context(json.dumps(run))
    return task.render_template(request["template"], context, task.dag.get_template_env())


@lru_cache
def task_and_context(run: str) -> tuple[BaseOperator, Any]:
    # A DAG of its own for each run, as each task has: conf is written into the params of the DAG.
    request = json.loads(run)
    task = task_of_dag(request["native"])
    instance = task_runner.RuntimeTaskInstance.model_construct(
        id=UUID(int=1),
        task_id="load",
        dag_id="etl",
        run_id=forms.RUN["run_id"],
        try_number=1,
        map_index=-1,
        task=task,
        _ti_context_from_server=api.TIRunContext(dag_run=dag_run(request), max_tries=0),
    )
    return task, instance.get_template_context()


def dag_run(request: dict[str, Any]) -> api.DagRun:
    dates = {
        name: request[name] and datetime.fromisoformat(request[name])
        for name in ("logical_date", "data_interval_start", "data_interval_end")
    }
    return api.DagRun(
        dag_id="etl",
        run_id=forms.RUN["run_id"],
        **dates,
        run_after=_NOW,
        start_date=_NOW,
        end_date=None,
        run_type=api.DagRunType.MANUAL,
        state=api.DagRunState.RUNNING,
        conf=request["conf"],
        consumed_asset_events=[],
        partition_key=None,
    )


def answer(request: dict[str, Any]) -> dict[str, Any]:
    # Whatever a template may fail with is the answer.
    try:
        value = render(request)
        json.dumps(value)
    except Exception as error:  # noqa: BLE001
        return {"error": f"{type(error).__name__}: {error}"}
    return {"value": value}


def main() -> None:
    answers, sys.stdout = sys.stdout, sys.stderr
    for name, value in forms.VARIABLES.items():
        os.environ[f"AIRFLOW_VAR_{name.upper()}"] = value
    for line in sys.stdin:
        answers.write(json.dumps(answer(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
