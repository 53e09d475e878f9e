"""Tasks that no Glue run shows are awaited by their records alone: without a function, on the local AWS."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from converter.asl.options import PollerStyle
from converter.cli import app
from converter.packaging.yaml_reading import read_yaml

pytestmark = pytest.mark.full
ROLE = "arn:aws:iam::123456789012:role/example"
#: ``d`` waits for one task of a sibling branch, ``e`` for two.
DAG = """
from airflow.sdk import DAG
from airflow.providers.amazon.aws.operators.step_function import StepFunctionStartExecutionOperator as Start

with DAG("polled") as dag:
    made = {
        name: Start(
            task_id=name,
            state_machine_arn=f"arn:aws:states:us-east-1:123456789012:stateMachine:{name}",
            deferrable=True,
        )
        for name in "abcdef"
    }
    for up, down in ("ad", "bd", "be", "ce", "af", "bf", "cf"):
        made[up] >> made[down]
"""


def dag2sfn(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def machines(aws, session):
    for name in "abcdef":
        work = (
            {"Type": "Wait", "Seconds": 3, "Next": "end"} if name == "b" else {"Type": "Pass", "Next": "end"}
        )
        definition = {"StartAt": "work", "States": {"work": work, "end": {"Type": "Succeed"}}}
        aws.client("stepfunctions").create_state_machine(
            name=name, definition=json.dumps(definition), roleArn=ROLE
        )
    return aws


@pytest.mark.parametrize("options", [("--poller-style", style.value) for style in PollerStyle])
def test_a_poller_reads_records_from_the_table_itself(machines, tmp_path, options):
    (tmp_path / "polled.py").write_text(DAG)
    result = dag2sfn(
        "convert", tmp_path / "polled.py", "-o", tmp_path / "out", "--poll-interval", 1, *options
    )
    assert result.exit_code == 0, result.stderr
    bundle = tmp_path / "out/polled"
    assert not (bundle / "functions").exists()
    resources = {
        item["Type"] for item in read_yaml((bundle / "template.yaml").read_text())["Resources"].values()
    }
    assert "AWS::Lambda::Function" not in resources
    assert dag2sfn("check", bundle).exit_code == 0
    assert dag2sfn("deploy", bundle).exit_code == 0
    run = dag2sfn("run", "polled", "--wait", "--interval", "0.2", "--format", "json")
    assert run.exit_code == 0, run.stderr
    document = json.loads(run.stdout)
    assert {task: result["state"] for task, result in document["tasks"].items()} == dict.fromkeys(
        "abcdef", "success"
    )
    assert "ask for" in (bundle / "definition.asl.json").read_text()


def test_layers_are_deployed_and_run_without_pollers(machines, tmp_path):
    (tmp_path / "polled.py").write_text(DAG)
    result = dag2sfn("convert", tmp_path / "polled.py", "-o", tmp_path / "out", "--strategy", "barrier")
    assert result.exit_code == 0, result.stderr
    assert "D316" in result.stderr
    assert dag2sfn("deploy", tmp_path / "out/polled").exit_code == 0
    run = dag2sfn("run", "polled", "--wait", "--interval", "0.2", "--format", "json")
    assert run.exit_code == 0, run.stderr
    document = json.loads(run.stdout)
    assert {result["state"] for result in document["tasks"].values()} == {"success"}
    assert "ask for" not in (tmp_path / "out/polled/definition.asl.json").read_text()
