from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from converter import __version__
from converter.cli import app

DAG = """
from airflow.sdk import DAG
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.providers.standard.operators.empty import EmptyOperator

with DAG("good"):
    GlueJobOperator(task_id="a", job_name="a") >> EmptyOperator(task_id="b")
"""
REFUSED = DAG.replace('"good"', '"refused"').replace('task_id="b"', 'task_id="b", trigger_rule="one_failed"')


@pytest.fixture
def dags(tmp_path):
    folder = tmp_path / "dags"
    folder.mkdir()
    (folder / "good.py").write_text(DAG)
    return folder


def dag2sfn(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_convert_writes_a_bundle_and_prints_json_alone_on_stdout(dags, tmp_path):
    out = tmp_path / "build"
    (dags / "refused.py").write_text(REFUSED)
    result = dag2sfn("convert", dags, "-o", out, "--format", "json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == [
        {"dag_id": "good", "bundle": (out / "good").as_posix()},
        {"dag_id": "refused", "bundle": None},
    ]
    assert "D206" in result.stderr
    assert [path.name for path in out.iterdir()] == ["good"]


def test_unreadable_input_writes_nothing_and_exits_with_2(dags, tmp_path):
    (dags / "broken.py").write_text("from airflow.sdk import DAG\nDAG(")
    result = dag2sfn("convert", dags, "-o", tmp_path / "build")
    assert result.exit_code == 2
    assert "broken.py:2" in result.stderr
    assert result.stdout == ""
    assert not (tmp_path / "build").exists()


def test_a_path_that_does_not_exist_is_a_usage_error(tmp_path):
    result = dag2sfn("convert", tmp_path / "missing.py")
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr


def test_plan_shows_the_tree(dags):
    result = dag2sfn("plan", dags / "good.py")
    assert result.exit_code == 0
    assert "one after another" in result.stdout
    assert "2 tasks, 0 poller(s)" in result.stdout


def test_a_folder_that_is_no_bundle_is_not_deployed(tmp_path, session):
    result = dag2sfn("deploy", tmp_path)
    assert result.exit_code == 2
    assert "D401" in result.stderr


@pytest.mark.parametrize("conf", ["{", "[1]", "1"])
def test_a_conf_that_is_no_json_object_is_a_usage_error(conf, session):
    result = dag2sfn("run", "partial_fan_in", "--conf", conf)
    assert result.exit_code == 2
    assert "--conf" in result.stderr


def test_an_endpoint_that_does_not_answer_is_one_message(monkeypatch, session):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    result = dag2sfn("run", "partial_fan_in")
    assert result.exit_code == 2
    assert "D403" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_unknown_execution_is_one_message(session):
    arn = "arn:aws:states:us-east-1:123456789012:execution:none:none"
    result = dag2sfn("show", arn)
    assert result.exit_code == 2
    assert "D452" in result.stderr


def test_the_version_is_printed():
    assert dag2sfn("--version").stdout.strip() == f"dag2sfn {__version__}"


@pytest.mark.parametrize(
    "command",
    [
        (),
        ("convert",),
        ("plan",),
        ("deploy",),
        ("undeploy",),
        ("run",),
        ("show",),
        ("stop",),
        ("local", "start"),
    ],
)
def test_every_command_has_help(command):
    result = dag2sfn(*command, "--help")
    assert result.exit_code == 0
    if command:
        assert "Example" in result.stdout
