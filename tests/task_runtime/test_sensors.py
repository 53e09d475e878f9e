"""Sensors whose looks are calls of the author's function."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sensing import STANDARD, definition_of, outcome_of, sensor
from test_handler import event

from converter.checks import problems_of
from converter.operators import steps_of
from converter.packaging.task_code import runs_tasks
from converter.workflow import Opaque, Task

DAG_FILE = """
    from airflow.sdk import DAG, PokeReturnValue, task
    from airflow.providers.standard.sensors.python import PythonSensor

    def plain(dag_run):
        return dag_run.conf.get("there")

    with DAG("etl"):
        PythonSensor(task_id="plain", python_callable=plain)

        @task.sensor(poke_interval=5, mode="reschedule")
        def decorated(dag_run) -> PokeReturnValue:
            return PokeReturnValue(is_done=dag_run.conf["n"] > 1, xcom_value=dag_run.conf["n"] * 2)

        decorated()
"""


@pytest.mark.parametrize(("there", "done"), [(True, True), (1, True), (0, False), (None, False)])
def test_a_look_is_one_call_that_says_whether_it_is_done(function_of: Any, there: Any, done: bool) -> None:
    function = function_of(DAG_FILE)
    answer = function(event("plain", run={"run_id": "r", "conf": {"there": there}}))
    assert answer == {"return_value": None, "skip": None, "done": done}


def test_a_value_is_pushed_once_the_sensor_is_done(function_of: Any) -> None:
    function = function_of(DAG_FILE)
    run = {"run_id": "r", "conf": {"n": 1}}
    assert function(event("decorated", run=run)) == {"return_value": None, "skip": None, "done": False}
    run = {"run_id": "r", "conf": {"n": 2}}
    assert function(event("decorated", run=run)) == {"return_value": 4, "skip": None, "done": True}


def python_sensor(**arguments: Any) -> Task:
    function = Opaque("builtins.function", "etl.look")
    return sensor(f"{STANDARD}.python.PythonSensor", python_callable=function, **arguments)


def outcome(answers: list[Any], **arguments: Any) -> tuple[dict[str, Any], list[float]]:
    definition = definition_of(python_sensor(poke_interval=10, **arguments))
    assert problems_of(definition) == ()
    left = list(answers)

    def answer(resource: str, _: Any) -> Any:
        value = left.pop(0) if len(left) > 1 else left[0]
        return value if isinstance(value, str) else {"StatusCode": 200, "Payload": value}

    record, calls, _ = outcome_of(definition, answer)
    return record, [time for time, _, _ in calls]


LATER = {"return_value": None, "skip": None, "done": False}
FOUND = {"return_value": 4, "skip": None, "done": True, "xcom": {"where": "here"}}


def test_the_function_is_asked_until_it_is_done() -> None:
    record, times = outcome([LATER, LATER, FOUND])
    assert times == [0, 10, 20]
    assert (record["state"], record["output"], record["xcom"]) == ("success", 4, {"where": "here"})


@pytest.mark.parametrize(
    ("arguments", "error", "state"),
    [
        ({}, "ValueError", "failed"),
        ({"never_fail": True}, "ValueError", "skipped"),
        ({"soft_fail": True}, "ValueError", "failed"),
        ({"soft_fail": True}, "AirflowSkipException", "skipped"),
        ({"soft_fail": True, "silent_fail": True}, "AirflowSkipException", "skipped"),
        ({}, "AirflowFailException", "failed"),
        ({"soft_fail": True}, "AirflowFailException", "skipped"),
        ({"silent_fail": True}, "AirflowFailException", "failed"),
        ({"silent_fail": True}, "ValueError", "success"),
    ],
)
def test_what_the_function_raises_means_what_it_means_to_airflow(
    arguments: dict[str, Any], error: str, state: str
) -> None:
    assert outcome([error, FOUND], **arguments)[0]["state"] == state


def test_a_machine_with_such_a_sensor_needs_the_function() -> None:
    from workflows import workflow

    assert runs_tasks(steps_of(workflow(python_sensor()))[0])


def test_the_function_knows_which_try_it_is() -> None:
    text = json.dumps(definition_of(python_sensor()))
    assert "`try number` + 1" in text
