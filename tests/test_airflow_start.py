"""The process in which Airflow starts before it is known what it shall read."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from converter import airflow_start
from converter.loading import load

DAG_FILE = """
import os
from airflow import settings
from airflow.configuration import conf
from airflow.sdk import DAG

seen = {"variable": os.environ.get("SEEN", ""), "folder": conf.get("core", "dags_folder")}
with DAG("begun", schedule=None, params={**seen, "settings": settings.DAGS_FOLDER}):
    pass
"""


@contextlib.contextmanager
def begun() -> Iterator[airflow_start.AirflowStart]:
    """No fixture: pytest changes the environment between it and the test."""
    airflow_start.begin()
    (found,) = airflow_start._begun
    try:
        yield found
    finally:
        airflow_start._begun.clear()
        found.close()


@pytest.fixture
def dag_file(tmp_path: Path) -> Path:
    (tmp_path / "begun.py").write_text(DAG_FILE)
    return tmp_path / "begun.py"


def test_a_process_that_was_begun_reads_the_first_files(dag_file: Path) -> None:
    with begun() as first:
        (workflow,) = load(dag_file)
        assert not airflow_start._begun
    folder = str(dag_file.parent)
    assert workflow.params == {"variable": "", "folder": folder, "settings": folder}
    assert first.process.returncode is not None
    assert not first.folder.exists()
    assert [item.dag_id for item in load(dag_file)] == ["begun"]  # by one that is started for it


def test_it_reads_nothing_if_the_environment_is_another_by_now(
    dag_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with begun() as first:
        monkeypatch.setenv("SEEN", "yes")
        (workflow,) = load(dag_file)
        assert airflow_start._begun == [first]
    assert workflow.params["variable"] == "yes"


def test_a_process_that_nobody_can_ask_any_more_ends() -> None:
    with begun() as first:
        os.close(first._gate)
        assert first.process.wait(60) == 0
        first._gate = os.open(os.devnull, os.O_RDONLY)


def test_a_python_that_cannot_be_started_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(FileNotFoundError):
        airflow_start.AirflowStart(str(tmp_path / "python"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments", [["convert", "--bogus"], ["plan", "missing.py"], ["plan", "--help"], []]
)
def test_the_command_leaves_neither_process_nor_folder(tmp_path: Path, arguments: list[str]) -> None:
    command = [sys.executable, "-m", "converter", *arguments]
    variables = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(command, check=False, cwd=tmp_path, env=variables, capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())
    running = subprocess.run(["pgrep", "-f", str(tmp_path)], check=False, capture_output=True, text=True)
    assert not running.stdout
