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


MAKING = """
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Asset

with DAG("making", schedule=None):
    EmptyOperator(task_id="a", outlets=[Asset("it's", uri="s3://b/\\"orders\\""), Asset("s3://b/all")])
    EmptyOperator(task_id="b", outlets=[Asset("s3://b/all")])
"""


def test_it_makes_the_assets_that_the_dags_tasks_make(tmp_path: Path):
    pytest.importorskip("airflow")
    (tmp_path / "making.py").write_text(MAKING)
    done = CliRunner().invoke(
        app, ["convert", str(tmp_path / "making.py"), "-o", str(tmp_path / "out"), "--companion"]
    )
    assert done.exit_code == 0, done.stderr
    made = _read(
        tmp_path / "out" / "making" / "making__step_functions.py",
        "print(sorted((asset.name, asset.uri) for asset in dag.get_task('run').outlets))",
    )
    # Airflow 3 writes addresses as a browser does.
    assert made == str([("it's", 's3://b/"orders"'), ("s3://b/all", "s3://b/all")])


def _read(path: Path, say: str) -> str:
    """Return what code says about the DAG of a file, in a process of its own."""
    find = (
        "import runpy, sys; from airflow.sdk import DAG;"
        "dag = next(v for v in runpy.run_path(sys.argv[1]).values() if isinstance(v, DAG));"
    )
    read = subprocess.run(
        [sys.executable, "-c", find + say, str(path)],
        # As installed: an editable installation may be older than this package.
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        cwd=path.parent,
    )
    return read.stdout.splitlines()[-1]


def test_the_bundle_has_a_dag_file_that_airflow_reads(tmp_path: Path):
    pytest.importorskip("airflow")
    (tmp_path / "etl.py").write_text(DAG)
    done = CliRunner().invoke(
        app, ["convert", str(tmp_path / "etl.py"), "-o", str(tmp_path / "out"), "--companion"]
    )
    assert done.exit_code == 0, done.stderr
    path = tmp_path / "out" / "etl.daily" / "etl.daily__step_functions.py"
    told = _read(
        path,
        "task = dag.get_task('run');"
        "print(dag.dag_id, dag.params.dump(), type(task).__name__, task.target_dag_id, task.deferrable)",
    )
    assert told == (
        "etl.daily__step_functions {'day': 'it\\'s \"1\"', 'sizes': [1, None]} "
        "StepFunctionsDagOperator etl.daily True"
    )


def test_without_asking_there_is_none(tmp_path: Path):
    pytest.importorskip("airflow")
    (tmp_path / "etl.py").write_text(DAG)
    CliRunner().invoke(app, ["convert", str(tmp_path / "etl.py"), "-o", str(tmp_path / "out")])
    assert not list((tmp_path / "out" / "etl.daily").glob("*.py"))
