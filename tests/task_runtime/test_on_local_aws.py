"""Python tasks from the DAG file to the outcomes: converted, packaged, deployed and run on the local AWS."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest
import yaml
from archives import zip_of
from typer.testing import CliRunner

from converter.cli import app

pytestmark = pytest.mark.full  # minutes on the real local AWS

DAG_FILE = """
    from datetime import datetime, timedelta

    import yaml
    from airflow.models import Variable
    from airflow.operators.bash import BashOperator
    from airflow.sdk import DAG, task
    from helpers import double

    with DAG("python_etl", schedule=None, start_date=datetime(2024, 1, 1), params={"limit": 2}) as dag:

        @task
        def extract(params, dag_run, run_id):
            return {"rows": [1, 2, 3][: params["limit"]], "day": dag_run.conf["day"], "run": run_id}

        @task
        def transform(data, colour):
            return [double(row) for row in data["rows"]] + [colour]

        @task(retries=2, retry_delay=timedelta(seconds=1))
        def flaky(ti):
            if ti.try_number < 2:
                raise ValueError("first try")
            return ti.try_number

        @task
        def broken(rows):
            return rows[10]

        @task
        def packaged():
            return yaml.safe_load("a: [1, 2]")

        @task
        def variable():
            return Variable.get("colour")

        data = extract()
        shell = BashOperator(task_id="shell", bash_command="echo {{ ti.xcom_pull('extract')['day'] }}")
        data >> shell
        broken(transform(data, variable()))
        flaky()
        packaged()
"""

SKIPS = """
    from datetime import datetime, timedelta

    from airflow.exceptions import AirflowFailException, AirflowSkipException
    from airflow.operators.bash import BashOperator
    from airflow.operators.empty import EmptyOperator
    from airflow.sdk import DAG, task

    with DAG("skips", schedule=None, start_date=datetime(2024, 1, 1)):

        @task.branch
        def branch(dag_run):
            return dag_run.conf["choice"]

        @task.short_circuit
        def stops():
            return []

        @task(retries=5, retry_delay=timedelta(seconds=60))
        def skips_itself():
            raise AirflowSkipException("nothing to do")

        @task(retries=5, retry_delay=timedelta(seconds=60))
        def fails_for_good():
            raise AirflowFailException("no use")

        chosen, other, join = (EmptyOperator(task_id=name) for name in ("chosen", "other", "join"))
        join.trigger_rule = "none_failed_min_one_success"
        branch() >> [chosen, other] >> join
        stops() >> EmptyOperator(task_id="behind") >> EmptyOperator(task_id="far", trigger_rule="all_done")
        skips_itself() >> EmptyOperator(task_id="after_skip")
        fails_for_good() >> EmptyOperator(task_id="after_failure")
        BashOperator(task_id="shell", bash_command="exit 99") >> EmptyOperator(
            task_id="always", trigger_rule="all_done"
        )
"""


LARGE = """
    from datetime import datetime

    from airflow.operators.bash import BashOperator
    from airflow.sdk import DAG, task

    with DAG("large", schedule=None, start_date=datetime(2024, 1, 1)):

        @task
        def extract(ti):
            ti.xcom_push("small", "as it is")
            return {"text": "\u00fc" * 500_000}

        @task
        def measure(data, ti):
            return [len(data["text"]), ti.xcom_pull("extract", key="small")]

        command = "echo {{ ti.xcom_pull('extract')['text'] | length }}"
        shell = BashOperator(task_id="shell", bash_command=command)
        other = BashOperator(task_id="other", bash_command="echo goes on")
        data = extract()
        measure(data)
        data >> shell
"""


def dag2sfn(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def run(session, aws, tmp_path, monkeypatch):
    """Convert, package, deploy and run a DAG file; the run as `dag2sfn show --format json` has it."""
    monkeypatch.chdir(tmp_path)

    def convert_and_run(text, dag_id, conf, *options, **files):
        (tmp_path / "dags").mkdir()
        (tmp_path / "dags/etl.py").write_text(textwrap.dedent(text))
        for name, content in files.items():
            (tmp_path / f"dags/{name}.py").write_text(content)
        bundle = tmp_path / "build" / dag_id
        for command in (
            ("convert", "dags/etl.py", "-o", "build", *options),
            ("package", bundle),
            ("deploy", bundle),
        ):
            result = dag2sfn(*command)
            assert result.exit_code == 0, (command, result.stderr, result.exception)
        result = dag2sfn(
            "run", dag_id, "--conf", json.dumps(conf), "--run-id", "r1", "--wait",
            "--interval", "0.2", "--format", "json",
        )  # fmt: skip
        return json.loads(result.stdout)

    return convert_and_run


@pytest.fixture
def wheel_of_yaml(tmp_path, monkeypatch):
    """An index of one wheel, in a folder: no test loads packages from elsewhere."""
    name = f"PyYAML-{yaml.__version__}"
    files = {f"yaml/{file.name}": file.read_text() for file in Path(yaml.__file__).parent.glob("*.py")}
    files |= {
        f"{name}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: PyYAML\nVersion: {yaml.__version__}\n",
        f"{name}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{name}.dist-info/RECORD": "",
    }
    (tmp_path / f"{name}-py3-none-any.whl").write_bytes(zip_of(files))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))


def test_python_tasks_run_with_arguments_packages_retries_and_tracebacks(run, aws, wheel_of_yaml):
    aws.client("ssm").put_parameter(Name="/airflow/variables/colour", Value="green", Type="String")
    found = run(DAG_FILE, "python_etl", {"day": "monday"}, helpers="def double(n): return 2 * n\n")
    tasks = found["tasks"]
    assert {name: task["state"] for name, task in tasks.items()} == {
        "extract": "success",
        "transform": "success",
        "flaky": "success",
        "broken": "failed",
        "packaged": "success",
        "variable": "success",
        "shell": "success",
    }
    assert tasks["extract"]["output"] == {"rows": [1, 2], "day": "monday", "run": "r1"}
    assert tasks["transform"]["output"] == [2, 4, "green"]
    assert (tasks["flaky"]["output"], tasks["flaky"]["attempts"]) == (2, 2)
    assert tasks["packaged"]["output"] == {"a": [1, 2]}
    assert tasks["shell"]["output"] == "monday"
    assert tasks["broken"]["error"] == "IndexError"
    assert "list index out of range" in tasks["broken"]["cause"]
    assert "return rows[10]" in tasks["broken"]["cause"]


def test_branches_skips_and_final_failures_reach_the_tasks_behind(run):
    found = run(SKIPS, "skips", {"choice": "chosen"})
    assert {name: task["state"] for name, task in found["tasks"].items()} == {
        "branch": "success",
        "chosen": "success",
        "other": "skipped",
        "join": "success",
        "stops": "success",
        "behind": "skipped",
        "far": "skipped",
        "skips_itself": "skipped",
        "after_skip": "skipped",
        "fails_for_good": "failed",
        "after_failure": "upstream_failed",
        "shell": "skipped",
        "always": "success",
    }
    assert found["tasks"]["fails_for_good"]["attempts"] == 1
    assert found["tasks"]["fails_for_good"]["error"] == "AirflowFailException"


def test_a_megabyte_fails_its_task_and_nothing_else(run):
    found = run(LARGE, "large", {})
    assert {name: task["state"] for name, task in found["tasks"].items()} == {
        "extract": "failed",
        "measure": "upstream_failed",
        "shell": "upstream_failed",
        "other": "success",
    }
    cause = found["tasks"]["extract"]["cause"]
    assert "XComTooLarge: it pushes 1,000," in cause
    assert "convert the DAG with --xcom s3" in cause
    assert found["tasks"]["extract"]["attempts"] == 1


def test_a_megabyte_is_carried_through_s3(run, aws):
    found = run(LARGE, "large", {}, "--xcom", "s3")
    tasks = found["tasks"]
    assert {task["state"] for task in tasks.values()} == {"success"}
    assert tasks["measure"]["output"] == [500_000, "as it is"]
    assert tasks["shell"]["output"] == "500000"
    place = tasks["extract"]["output"]["dag2sfn_xcom"]
    assert "/dag2sfn-xcom/large/r1/extract/-1/return_value-" in place
    bucket, _, key = place.removeprefix("s3://").partition("/")
    kept = aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    assert json.loads(kept) == {"text": "ü" * 500_000}
