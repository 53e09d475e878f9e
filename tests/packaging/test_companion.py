from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from converter.cli import app
from converter.packaging.companion import companion_file
from converter.workflow import Location, Opaque, Workflow

ROOT = Path(__file__).parents[2]
DAG = """
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

with DAG("etl.daily", schedule=None, params={"day": "it's \\"1\\"", "sizes": [1, None]}):
    EmptyOperator(task_id="only")
"""


def test_params_come_along_as_far_as_they_are_plain():
    params = {
        "day": "1",
        "deep": {"a": [1, True, None]},
        "when": Opaque("datetime", "x"),
        "much": float("inf"),
    }
    name, text = companion_file(Workflow("etl", (), Location('dags\\u""".py'), params=params))
    compile(text, name, "exec")
    assert "params={'day': '1', 'deep': {'a': [1, True, None]}}" in text


def test_the_bundle_has_a_dag_file_that_airflow_reads(tmp_path: Path):
    pytest.importorskip("airflow")
    (tmp_path / "etl.py").write_text(DAG)
    done = CliRunner().invoke(
        app, ["convert", str(tmp_path / "etl.py"), "-o", str(tmp_path / "out"), "--companion"]
    )
    assert done.exit_code == 0, done.stderr
    path = tmp_path / "out" / "etl.daily" / "etl.daily__step_functions.py"
    check = (
        "import runpy, sys; from airflow.sdk import DAG;"
        "dag = next(v for v in runpy.run_path(sys.argv[1]).values() if isinstance(v, DAG));"
        "task = dag.get_task('run');"
        "print(dag.dag_id, dag.params.dump(), type(task).__name__, task.target_dag_id, task.deferrable)"
    )
    # As installed: an editable installation may be older than this package.
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    read = subprocess.run(
        [sys.executable, "-c", check, str(path)],
        capture_output=True, text=True, check=True, cwd=tmp_path, env=environment,
    )  # fmt: skip
    assert read.stdout.splitlines()[-1] == (
        "etl.daily__step_functions {'day': 'it\\'s \"1\"', 'sizes': [1, None]} "
        "StepFunctionsDagOperator etl.daily True"
    )


def test_without_asking_there_is_none(tmp_path: Path):
    pytest.importorskip("airflow")
    (tmp_path / "etl.py").write_text(DAG)
    CliRunner().invoke(app, ["convert", str(tmp_path / "etl.py"), "-o", str(tmp_path / "out")])
    assert not list((tmp_path / "out" / "etl.daily").glob("*.py"))
