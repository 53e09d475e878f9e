"""``xcom_pull`` that names no task: Airflow 2 takes the latest of any task, Airflow 3 the task's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from workflows import workflow

from converter.asl.options import Options
from converter.diagnostics import refuses
from converter.engine import SimulatedBackend, TaskResult, parse_definition, run_virtual
from converter.pipeline import convert
from converter.workflow import Location, Opaque, StandIn, StandInKind, Task

PYTHON = "airflow.providers.standard.operators.python.PythonOperator"
GLUE = "airflow.providers.amazon.aws.operators.glue.GlueJobOperator"
OLD = StandIn(StandInKind.REMOVED, "airflow.utils.dates.days_ago", "a date", Location("etl.py", 1))
SOURCE = """
def push(ti):
    ti.xcom_push(key="path", value=["s3://b/x"])
def pull(ti):
    return ti.xcom_pull(key="path")
"""
PATH = "{{ ti.xcom_pull(key='path')[0] }}"


@pytest.fixture
def etl(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("etl.py").write_text(SOURCE)
    place = Location("etl.py", 1)

    def python(task_id, function, *upstream):
        called = Opaque("builtins.function", f"etl.{function}")
        return Task(task_id, PYTHON, arguments={"python_callable": called}, upstream=upstream, location=place)

    glue = Task(
        "load",
        GLUE,
        arguments={
            "job_name": "j",
            "script_args": {"--path": PATH, "--no": "{{ ti.xcom_pull(key='none') }}"},
        },
        template_fields=("job_name", "script_args"),
        upstream=("pull",),
        location=place,
    )
    first, second = python("first", "push"), python("second", "push", "first")
    return workflow(first, second, python("pull", "pull", "second"), python("beside", "push"), glue)


def codes(conversion):
    return [item.code.id for item in conversion.diagnostics if item.code.id in ("D232", "D205")]


def test_in_a_file_for_airflow_2_it_is_of_the_task_before_it_that_ended_last(etl):
    conversion = convert(replace(etl, stand_ins=(OLD,)), Options())
    assert not refuses(conversion.diagnostics)
    assert codes(conversion) == ["D232", "D232"]
    given = {}

    def work(call):
        if "JobName" in call.arguments:
            given["load"] = call.arguments["Arguments"]
            return TaskResult(1, {"JobRunState": "SUCCEEDED", "Id": "jr"})
        payload = call.arguments["Payload"]
        given[payload["task_id"]] = payload
        seconds = {"first": 5, "second": 3}.get(payload["task_id"], 1)
        pushed = {"path": [f"s3://b/{payload['task_id']}"]}
        answer = {"return_value": None} if payload["task_id"] == "pull" else {"xcom": pushed}
        return TaskResult(seconds, {"Payload": answer})

    run = run_virtual(
        parse_definition(conversion.machine.definition), {"run_id": "r"}, SimulatedBackend(work)
    )
    assert run.status == "SUCCEEDED", run.cause
    assert given["load"]["--path"] == "s3://b/second"
    assert given["load"]["--no"] == "None"
    assert set(given["pull"]["xcom"]) == {"first", "second"}
    ends = given["pull"]["xcom_at"]
    assert ends["second"] - ends["first"] >= 3_000


def test_in_other_files_it_is_the_tasks_own_and_a_template_without_a_function_is_refused(etl):
    conversion = convert(etl, Options())
    assert codes(conversion).count("D232") == 1
    refused = {item.problem for item in conversion.diagnostics if refuses([item])}
    assert all("does not say from which task" in problem for problem in refused)
    assert len(refused) == 2  # each template of the job's
