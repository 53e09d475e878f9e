"""Renders templates twice: by Airflow, and by the engine from their translation."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from drivers import driver

from converter.engine import SimulatedBackend, TaskResult, run_virtual
from converter.expressions.jsonata import field_value
from converter.expressions.templates import forms
from converter.expressions.variables import ALL_VARIABLES

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Run:
    """What one run has: its dates, its conf, and what its tasks pushed (task → key → value)."""

    logical_date: str | None = forms.RUN["logical_date"]
    data_interval_start: str | None = forms.RUN["data_interval_start"]
    data_interval_end: str | None = forms.RUN["data_interval_end"]
    conf: dict[str, Any] = field(default_factory=lambda: forms.RUN["conf"])
    xcoms: dict[str, dict[str, Any]] = field(default_factory=lambda: forms.XCOMS)

    def at(self, date: str) -> Run:
        """The same of another time, with an interval of no length."""
        return replace(self, logical_date=date, data_interval_start=date, data_interval_end=date)


class TaskFailed(Exception):
    """The template failed, and with it the task."""


class Airflow:
    """Renders templates, in a process of its own (``ask``: airflow_renderer.py)."""

    def __init__(self, ask: Callable[[Any], Any]) -> None:
        self._ask = ask

    def render(self, template: Any, run: Run = Run(), *, native: bool = False) -> Any:
        answer = self._ask({"template": template, "native": native, **asdict(run)})
        if "error" in answer:
            raise TaskFailed(answer["error"])
        return answer["value"]


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    settings = {
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "sqlite://",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "CRITICAL",
        "PYTHONPATH": str(HERE.parents[2]),
    }
    with driver(HERE / "airflow_renderer.py", tmp_path_factory.mktemp("airflow"), **settings) as ask:
        yield Airflow(ask)


@pytest.fixture(scope="session")
def evaluate() -> Callable[..., Any]:
    return evaluated


def evaluated(value: Any, run: Run = Run()) -> Any:
    """What a machine makes of a translated field, in the task of a run whose other tasks are done."""
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "records",
        "States": {
            "records": {
                "Type": "Pass",
                "Assign": {ALL_VARIABLES: forms.VARIABLES},
                "Output": field_value(_records(run)),
                "Next": "load",
            },
            "load": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": {"value": field_value(value)},
                "End": True,
            },
        },
    }
    given = {name: item for name, item in asdict(run).items() if name != "xcoms"}
    backend = SimulatedBackend({"load": lambda call: TaskResult(output=call.arguments)})
    execution = run_virtual(definition, {"run_id": forms.RUN["run_id"], **given}, backend)
    if execution.status != "SUCCEEDED":
        raise TaskFailed(execution.cause)
    return json.loads(execution.output)["value"]


def _records(run: Run) -> dict[str, Any]:
    records: dict[str, Any] = {}
    for task, xcoms in run.xcoms.items():
        records[task] = {"state": "success", "at": 0}
        others = {key: value for key, value in xcoms.items() if key != "return_value"}
        if "return_value" in xcoms:
            records[task]["output"] = xcoms["return_value"]
        if others:
            records[task]["xcom"] = others
    return records


@pytest.fixture(scope="session")
def run() -> Run:
    return Run()


@pytest.fixture(scope="session")
def task_failed() -> type[TaskFailed]:
    return TaskFailed
