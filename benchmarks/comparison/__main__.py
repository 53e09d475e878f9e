"""Reads a run of 2,000 tasks through the REST API of a real Airflow (SQLite, one API server).

Usage: ``python -m benchmarks.comparison [TASKS]``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from converter.comparison.airflow_api import AirflowApi, Answer, HttpTransport, Transport
from converter.comparison.airflow_run import read_run
from playground.airflow import Airflow

_TASKS = 2_000


class _WithoutPlugin:
    """What an Airflow is that has no plugin of ours."""

    def __init__(self, transport: HttpTransport) -> None:
        self.call = transport.call


class _OneByOne(_WithoutPlugin):
    """And what it is through MWAA, if that passes no list on: what tasks returned is told one by one."""

    def __init__(self, transport: HttpTransport) -> None:
        def call(method: str, path: str, query: Mapping[str, Any] | None = None, body: Any = None) -> Answer:
            return Answer(404, None) if path.endswith("/wait") else transport.call(method, path, query, body)

        self.call = call


def main() -> int:
    """Print how long it takes; return the exit code."""
    tasks = int(sys.argv[1]) if len(sys.argv) > 1 else _TASKS
    with tempfile.TemporaryDirectory(prefix="dag2sfn-") as folder:
        airflow = Airflow(Path(folder), parts="api-server")
        airflow.dags.mkdir(parents=True)
        seed = [sys.executable, str(Path(__file__).with_name("seed.py")), str(tasks)]
        subprocess.run(seed, env=airflow.environment(), check=True, stdout=subprocess.DEVNULL)
        with airflow:
            transport = HttpTransport(airflow.url, user="admin", password="admin")  # noqa: S106
            ways: dict[str, Transport] = {
                "with the plugin": transport,
                "without": _WithoutPlugin(transport),
                "one by one": _OneByOne(transport),
            }
            for way, one in ways.items():
                begin, used, served = time.monotonic(), time.process_time(), _seconds_of(airflow)
                run = read_run(AirflowApi(one), "large", "seeded")
                outputs = sum(len(task.outputs) for task in run.tasks.values())
                print(
                    f"{way}: {len(run.tasks)} tasks, {outputs} XComs: {time.monotonic() - begin:.1f} s; a "
                    f"processor worked {_seconds_of(airflow) - served:.1f} s in Airflow and "
                    f"{time.process_time() - used:.1f} s here"
                )
    return 0


def _seconds_of(airflow: Airflow) -> float:
    """Return the processor time that Airflow has used: other work on the machine does not count."""
    ticks = 0
    for pid in airflow.processes():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
