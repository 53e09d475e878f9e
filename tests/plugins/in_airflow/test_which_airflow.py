"""The Airflow that these tests run with is the one that was asked for."""

from __future__ import annotations

import os
import subprocess
from typing import Any

import pytest

PYTHON = os.environ.get("DAG2SFN_AIRFLOW_3_PYTHON", "")
pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(
        not PYTHON,
        reason="these tests ran with the installed Airflow alone; DAG2SFN_AIRFLOW_3_PYTHON names a Python "
        "with another, 3.1 or later",
    ),
]


def test_it_is_the_one_of_that_python(beside: Any) -> None:
    ask = "from importlib.metadata import version; print(version('apache-airflow-core'))"
    asked = subprocess.run([PYTHON, "-c", ask], capture_output=True, text=True, check=True)
    assert beside.airflow.get("/api/v2/version")["version"] == asked.stdout.strip()
