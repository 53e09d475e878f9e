import json

from typer.testing import CliRunner

from converter.cli import app

DAG = """
from airflow.models import Variable
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.sdk import DAG

with DAG("etl", schedule=None):
    GlueJobOperator(
        task_id=Variable.get("task"),
        job_name="job",
        script_args={"--bucket": "{{ var.value.bucket }}", "--table": "{{ var.json.config.table }}"},
    )
"""


def test_variables_are_given_to_the_file_and_to_its_templates(tmp_path):
    (tmp_path / "etl.py").write_text(DAG)
    values = {"task": "load", "bucket": "lake", "config": {"table": "orders"}}
    (tmp_path / "variables.json").write_text(json.dumps(values))
    out = tmp_path / "build"
    options = ["-o", str(out), "--variables", str(tmp_path / "variables.json"), "--format", "json"]
    result = CliRunner().invoke(app, ["convert", str(tmp_path / "etl.py"), *options])
    assert result.exit_code == 0, result.stderr
    definition = json.loads((out / "etl" / "definition.asl.json").read_text())
    assert definition["States"]["load"]["Arguments"]["Arguments"] == {"--bucket": "lake", "--table": "orders"}


def test_values_that_nobody_gives_are_left_to_the_deployment(tmp_path):
    (tmp_path / "etl.py").write_text(DAG.replace('Variable.get("task")', '"load"'))
    result = CliRunner().invoke(app, ["convert", str(tmp_path / "etl.py"), "-o", str(tmp_path / "build")])
    assert result.exit_code == 0, result.stderr
    assert "deploy with --set VariableBucket=VALUE, or give its value at conversion" in result.stderr
    template = (tmp_path / "build" / "etl" / "template.yaml").read_text()
    assert "The Airflow Variable bucket" in template
    assert "The Airflow Variable config.table" in template


def test_a_whole_variable_that_nobody_gives_is_refused_with_what_to_do(tmp_path):
    text = DAG.replace('Variable.get("task")', '"load"').replace("var.json.config.table", "var.json.config")
    (tmp_path / "etl.py").write_text(text)
    result = CliRunner().invoke(app, ["convert", str(tmp_path / "etl.py"), "-o", str(tmp_path / "build")])
    assert result.exit_code == 1
    assert "--variables" in result.stderr


def test_values_that_no_template_uses_are_not_written(tmp_path):
    (tmp_path / "etl.py").write_text(DAG.replace('Variable.get("task")', '"load"'))
    values = {"bucket": "lake", "config": {"table": "orders"}, "password": "hunter2"}
    (tmp_path / "variables.json").write_text(json.dumps(values))
    out = tmp_path / "build"
    options = ["-o", str(out), "--variables", str(tmp_path / "variables.json")]
    assert CliRunner().invoke(app, ["convert", str(tmp_path / "etl.py"), *options]).exit_code == 0
    assert not [file for file in out.rglob("*") if file.is_file() and b"hunter2" in file.read_bytes()]
