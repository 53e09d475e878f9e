from __future__ import annotations

import json
import signal
import subprocess
import sys

import boto3
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
REFUSED = """
from airflow.sdk import DAG, BaseOperator

class OurOperator(BaseOperator):
    pass

with DAG("refused"):
    OurOperator(task_id="a")
"""
ROLE = "arn:aws:iam::123456789012:role/example"
ARN = "arn:aws:states:us-east-1:123456789012:execution:none:none"


@pytest.fixture
def dags(tmp_path):
    folder = tmp_path / "dags"
    folder.mkdir()
    (folder / "good.py").write_text(DAG)
    return folder


def dag2sfn(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def machine(dag_id, region="us-east-1", **states):
    """A machine in the place of a deployed DAG: a state for each task, one after another."""
    names = list(states)
    chained = {
        name: {
            "Comment": f"task {name}: GlueJobOperator",
            **state,
            **({"Next": after} if after else {"End": True}),
        }
        for (name, state), after in zip(states.items(), [*names[1:], None], strict=True)
    }
    definition = {"QueryLanguage": "JSONata", "StartAt": names[0], "States": chained}
    boto3.client("stepfunctions", region).create_state_machine(
        name=f"dag2sfn-{dag_id}", definition=json.dumps(definition), roleArn=ROLE
    )


def test_convert_writes_bundles_and_prints_one_json_document_on_stdout(dags, tmp_path):
    out = tmp_path / "build"
    (dags / "refused.py").write_text(REFUSED)
    result = dag2sfn("convert", dags, "-o", out, "--format", "json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert document["dags"] == [
        {"dag_id": "good", "bundle": (out / "good").as_posix(), "report": (out / "good").as_posix()},
        {"dag_id": "refused", "bundle": None, "report": (out / "refused").as_posix()},
    ]
    (refusal,) = [item for item in document["diagnostics"] if item["severity"] == "refused"]
    assert refusal.pop("message") in result.stderr
    assert refusal == {
        "code": "D201",
        "severity": "refused",
        "file": (dags / "refused.py").as_posix(),
        "line": 8,
        "dag_id": "refused",
        "task_id": "a",
    }
    assert "good: 2 tasks, 0 pollers -> " in result.stderr
    assert sorted(path.name for path in out.iterdir()) == ["good", "index.html", "refused"]


def test_a_file_that_cannot_be_read_stops_no_other_and_exits_with_2(dags, tmp_path):
    (dags / "broken.py").write_text("from airflow.sdk import DAG\nDAG(")
    result = dag2sfn("convert", dags, "-o", tmp_path / "build", "--format", "json")
    assert result.exit_code == 2
    assert "error D104 " in result.stderr
    assert "broken.py:2" in result.stderr
    document = json.loads(result.stdout)
    assert [dag["bundle"] for dag in document["dags"]] == [(tmp_path / "build/good").as_posix()]
    assert ("D104", 2) in [(item["code"], item["line"]) for item in document["diagnostics"]]


def test_a_dag_that_is_refused_by_now_is_not_deployed_as_it_was(dags, tmp_path, session):
    out = tmp_path / "build"
    assert dag2sfn("convert", dags, "-o", out).exit_code == 0
    (dags / "good.py").write_text(REFUSED.replace('"refused"', '"good"'))
    assert dag2sfn("convert", dags, "-o", out).exit_code == 1
    result = dag2sfn("deploy", out / "good")
    assert result.exit_code == 2
    assert "it has the report of a DAG that was not converted" in result.stderr


def test_a_refused_task_that_is_allowed_does_not_fail_the_conversion(dags, tmp_path):
    (dags / "refused.py").write_text(REFUSED)
    result = dag2sfn("convert", dags, "-o", tmp_path / "build", "--allow-unsupported")
    assert result.exit_code == 0
    assert "refused: 1 task, 0 pollers, 1 task not converted, which will fail -> " in result.stderr


def test_an_output_folder_that_cannot_be_written_is_one_message(dags, tmp_path):
    (tmp_path / "file").write_text("")
    result = dag2sfn("convert", dags, "-o", tmp_path / "file/build", "--format", "json")
    assert result.exit_code == 2
    assert result.exception.__class__ is SystemExit
    assert "error D411 " in result.stderr
    assert json.loads(result.stdout)["dags"] == [{"dag_id": "good", "bundle": None, "report": None}]


def test_a_window_is_a_usage_error_where_runs_are_not_told_apart_by_time(dags):
    result = dag2sfn("convert", dags, "--window", 900)
    assert result.exit_code == 2
    assert "--window" in result.stderr
    assert result.stdout == ""


def test_a_path_that_does_not_exist_is_one_message(tmp_path):
    result = dag2sfn("convert", tmp_path / "missing.py", "--format", "json")
    assert result.exit_code == 2
    assert "error D101 " in result.stderr
    document = json.loads(result.stdout)
    assert document["dags"] == []
    assert [item["code"] for item in document["diagnostics"]] == ["D101"]


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
    result = dag2sfn("run", "partial_fan_in", "--format", "json")
    assert result.exit_code == 2
    assert result.stderr.startswith("error D403 ")
    assert [item["code"] for item in json.loads(result.stdout)["diagnostics"]] == ["D403"]


def test_an_unknown_execution_is_one_message(session):
    result = dag2sfn("show", ARN)
    assert result.exit_code == 2
    assert "D452" in result.stderr


@pytest.mark.parametrize("command", ["show", "stop"])
def test_what_is_no_execution_arn_is_a_usage_error(command):
    result = dag2sfn(command, "partial_fan_in")
    assert result.exit_code == 2
    assert "not the ARN of an execution" in " ".join(result.stderr.replace("│", " ").split())


def test_a_run_is_found_in_the_region_of_its_arn(session):
    machine("etl", "eu-west-1", a={"Type": "Pass"})
    arn = dag2sfn("run", "etl", "--region", "eu-west-1").stdout.strip()
    assert ":eu-west-1:" in arn
    result = dag2sfn("show", arn, "--wait", "--interval", "0.1", "--format", "json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["status"] == "SUCCEEDED"


def test_a_run_that_is_piped_is_shown_in_full_after_its_arn(session):
    task = "x" * 80
    record = {"state": "success", "output": "y" * 500}
    machine("etl", **{task: {"Type": "Pass", "Output": {task: record}}})
    result = dag2sfn("run", "etl", "--run-id", "r", "--wait", "--interval", "0.1")
    assert result.exit_code == 0, result.stderr
    arn = "arn:aws:states:us-east-1:123456789012:execution:dag2sfn-etl:r"
    assert result.stderr.splitlines()[0] == arn
    (line,) = [line for line in result.stdout.splitlines() if line.startswith(task)]
    assert line.endswith("y" * 500)


def test_a_run_prints_its_json_and_nothing_else(session):
    machine("etl", a={"Type": "Pass"})
    started = json.loads(dag2sfn("run", "etl", "--format", "json").stdout)
    assert list(started) == ["execution_arn"]
    followed = dag2sfn("show", started["execution_arn"], "--wait", "--interval", "0.1", "--format", "json")
    assert list(json.loads(followed.stdout)) == ["execution_arn", "status", "tasks"]


def test_a_run_is_told_until_when_it_is_the_latest(session):
    until = "{% $states.context.Execution.Input.latest_until %}"
    machine("etl", a={"Type": "Pass", "Output": {"a": {"state": "success", "output": until}}})
    result = dag2sfn(
        "run",
        "etl",
        "--latest-until",
        "2026-01-02T03:00:00",
        "--wait",
        "--interval",
        "0.1",
        "--format",
        "json",
    )
    assert json.loads(result.stdout)["tasks"]["a"]["output"] == "2026-01-02T03:00:00+00:00"


def test_a_run_id_that_was_used_before_is_told_of(session):
    machine("etl", a={"Type": "Pass"})
    first = dag2sfn("run", "etl", "--run-id", "r", "--conf", '{"try": 1}')
    assert first.stderr == ""
    second = dag2sfn("run", "etl", "--run-id", "r", "--conf", '{"try": 2}')
    assert second.stderr == "run id 'r' was used before: started as r-2\n"
    assert second.stdout.strip() == f"{first.stdout.strip()}-2"


def test_stopping_says_what_was_stopped_and_a_second_time_that_nothing_was(session):
    machine("etl", a={"Type": "Wait", "Seconds": 60})
    arn = dag2sfn("run", "etl").stdout.strip()
    first = dag2sfn("stop", arn)
    assert (first.exit_code, first.stdout, first.stderr) == (0, "", f"stopped {arn}\n")
    second = dag2sfn("stop", arn, "--format", "json")
    assert second.stderr == f"nothing to stop: {arn} has ended as ABORTED\n"
    assert json.loads(second.stdout) == {"execution_arn": arn, "stopped": False}


@pytest.mark.parametrize("command", [("run", "etl", "--run-id", "r"), ("show",)])
def test_an_interrupted_look_at_a_run_says_how_to_go_on_and_leaves_it_running(command, session):
    machine("etl", a={"Type": "Wait", "Seconds": 60})
    arn = "arn:aws:states:us-east-1:123456789012:execution:dag2sfn-etl:r"
    if command == ("show",):
        dag2sfn("run", "etl", "--run-id", "r")
        command = ("show", arn)
    program = (  # Ctrl-C is not ignored, however the tests were started
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from converter.cli import main; main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, *command, "--wait", "--interval", "0.1"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        lines = iter(process.stderr.readline, "")
        assert any("execution RUNNING" in line for line in lines)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert out == ""
    assert err == f"Still running. Follow: dag2sfn show {arn} --wait; end it: dag2sfn stop {arn}\n"
    assert session.client("stepfunctions").describe_execution(executionArn=arn)["status"] == "RUNNING"


def test_undeploying_what_is_not_deployed_is_one_line(session):
    result = dag2sfn("undeploy", "etl", "--format", "json")
    assert result.exit_code == 0
    assert result.stderr == "etl is not deployed in us-east-1: nothing to delete\n"
    assert json.loads(result.stdout) == {"dag_id": "etl", "deleted": False}


def test_the_local_aws_without_its_packages_says_what_to_install():
    blocked = "import sys; sys.modules['moto'] = None; from converter.cli import main; main()"
    result = subprocess.run(
        [sys.executable, "-c", blocked, "local", "start"],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert result.returncode == 2
    assert result.stderr.startswith("error D413 the local AWS cannot be imported: ")
    assert "moto" in result.stderr
    assert result.stderr.endswith("pip install '.[local]'\n")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("port", ["99999", "-1"])
def test_a_port_that_cannot_be_is_a_usage_error(port):
    result = dag2sfn("local", "start", "--port", port)
    assert result.exit_code == 2
    assert "--port" in result.stderr


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
