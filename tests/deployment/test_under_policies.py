"""Deployed machines run under their own roles: nothing that they do is missing there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cfnlint.api import lint
from iam_lint import linted, role_policies
from waiting import read_when_ended

from converter import loading, pipeline
from converter.asl.budget import Limits
from converter.asl.options import Options
from converter.deployment import deploy
from converter.executions import start

DAGS = Path(__file__).parents[2] / "dags"
ROLE = "arn:aws:iam::123456789012:role/example"
DATA = """
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, task

with DAG("data"):
    @task
    def much():
        return "x" * 50_000

    @task
    def length(text):
        return len(text)

    length(much()) >> BashOperator(task_id="say", bash_command="echo {{ run_id }}")
"""


@pytest.fixture
def guarded(aws, session, monkeypatch):
    """A session of the local AWS, where roles count, with the jobs and machines that the examples start."""
    monkeypatch.setattr(aws, "enforces_iam", True)
    jobs = ["glue1", "glue2", "glue3", "lock_table", "unlock_table", "load_everything", "load_new_rows"]
    for name in [*jobs, "alert"]:
        session.client("glue").create_job(
            Name=name,
            Role=ROLE,
            Command={"Name": "glueetl", "ScriptLocation": "s3://example/job.py"},
            DefaultArguments={"--local-seconds": "1"},
        )
    report = {"StartAt": "write", "States": {"write": {"Type": "Succeed"}}}
    for name in ("report_a", "report_b"):
        session.client("stepfunctions").create_state_machine(
            name=name, definition=json.dumps(report), roleArn=ROLE
        )
    return session


def bundle_of(file, folder, limits=None, **options):
    (flow,) = loading.load(file)
    more = {} if limits is None else {"limits": limits}
    conversion = pipeline.convert(flow, Options(poll_interval=1, **options), **more)
    assert not conversion.refused, conversion.diagnostics
    return pipeline.write(conversion, folder)


def run(session, dag_id):
    sfn = session.client("stepfunctions")
    return read_when_ended(sfn, start(sfn, dag_id, run_id="r"))


def states(result):
    return {task_id: task.state for task_id, task in result.tasks.items()}


def test_every_example_has_its_test():
    assert {file.stem for file in DAGS.glob("*.py")} == {"partial_fan_in", "choosing"}


@pytest.mark.parametrize("name", ["partial_fan_in", "choosing"])
def test_linters_accept_template_and_policies(name, guarded, tmp_path):
    bundle = bundle_of(DAGS / f"{name}.py", tmp_path)
    assert [str(match) for match in lint((bundle / "template.yaml").read_text("utf-8"))] == []
    deploy(bundle, guarded)
    documents = list(role_policies(guarded))
    assert all(document["Statement"] for document in documents)
    assert documents
    assert [said for document in documents for said in linted(document)] == []


def test_pollers_jobs_and_other_machines(guarded, tmp_path):
    deploy(bundle_of(DAGS / "partial_fan_in.py", tmp_path), guarded)
    result = run(guarded, "partial_fan_in")
    assert set(states(result).values()) == {"success"}, result


def test_a_role_that_lacks_something_is_found_out(guarded, tmp_path):
    bundle = bundle_of(DAGS / "partial_fan_in.py", tmp_path)
    template = bundle / "template.yaml"
    text = template.read_text()
    assert text.count("glue:StartJobRun") == 1
    template.write_text(text.replace("glue:StartJobRun", "glue:GetJob"))
    deploy(bundle, guarded)
    result = run(guarded, "partial_fan_in")
    assert states(result)["glue1"] == "failed"
    assert "is not authorized to perform: glue:StartJobRun" in str(result.tasks["glue1"].cause)


@pytest.mark.full
def test_functions_setups_and_teardowns(guarded, tmp_path):
    deploy(bundle_of(DAGS / "choosing.py", tmp_path), guarded)
    found = states(run(guarded, "choosing"))
    assert (found["load_new_rows"], found["load_everything"], found["unlock_table"]) == (
        "success",
        "skipped",
        "success",
    )


@pytest.mark.full
def test_child_machines(guarded, tmp_path):
    deploy(bundle_of(DAGS / "partial_fan_in.py", tmp_path, Limits(definition=6_000)), guarded)
    assert set(states(run(guarded, "partial_fan_in")).values()) == {"success"}


@pytest.mark.full
def test_xcoms_in_s3(guarded, tmp_path):
    (tmp_path / "data.py").write_text(DATA)
    deploy(bundle_of(tmp_path / "data.py", tmp_path, xcom="s3"), guarded)
    result = run(guarded, "data")
    assert set(states(result).values()) == {"success"}, result
    assert result.tasks["length"].output == 50_000
