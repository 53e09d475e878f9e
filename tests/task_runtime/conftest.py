"""One DAG's tasks, run by Airflow and by the function; both in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from converter.task_runtime import SOURCE

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.append(str(HERE))  # for task_function, which only the tests of this folder need
from task_function import Function  # noqa: E402 (found by the line above)


@pytest.fixture
def function_of(tmp_path: Path) -> Iterator[Callable[..., Function]]:
    """Make the function of a DAG file's text; ``files`` lie beside it, ``downstream`` is the DAG's shape."""
    made: list[Function] = []

    def make(
        text: str,
        *,
        files: Mapping[str, str] | None = None,
        downstream: Mapping[str, list[str]] | None = None,
        **environment: str,
    ) -> Function:
        tasks = {name: {"downstream": below} for name, below in (downstream or {}).items()}
        described = {
            "dag_id": "etl",
            "file": "etl.py",
            "airflow_version": "3.3.2",
            "tasks": tasks,
            "task_groups": {},
        }
        contents = {
            "dag.json": json.dumps(described),
            "dags/etl.py": textwrap.dedent(text),
            **{f"dags/{name}": content for name, content in (files or {}).items()},
            **{f"{SOURCE.name}/{file.name}": file.read_text() for file in SOURCE.glob("*.py")},
        }
        for name, content in contents.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        made.append(Function(tmp_path, **environment))
        return made[-1]

    yield make
    for function in made:
        function.close()


@pytest.fixture(scope="session")
def airflow_results() -> Callable[..., dict[str, Any]]:
    """Run tasks of a DAG file with Airflow's task runner; see airflow_driver.py."""

    def run(file: Path, request: Mapping[str, Any]) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, str(HERE / "airflow_driver.py"), str(file)],
            input=json.dumps(request),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={
                **{name: value for name, value in os.environ.items() if "AIRFLOW" not in name},
                "PYTHONPATH": str(ROOT),
            },
        )
        assert done.returncode == 0, done.stderr[-3000:]
        results: dict[str, Any] = json.loads(done.stdout)
        return results

    return run
