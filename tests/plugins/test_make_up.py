"""``make up``: Airflow with the pages, the example DAGs and the local AWS, until somebody presses Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import pytest

from playground.airflow import ROOT, Airflow, end_session

pytestmark = pytest.mark.full

PATIENCE = 400.0


def _processes(mark: str) -> list[str]:
    """Return the commands of all processes that were started with a mark in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark.encode() in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue  # it has ended meanwhile, or is somebody else's
    return found


def test_it_prints_its_address_and_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    mark, log, temporary = uuid4().hex, tmp_path / "log", tmp_path / "temporary"
    temporary.mkdir()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "playground", "--port", "0"],
            cwd=ROOT,
            env={**os.environ, "DAG2SFN_TEST_MARK": mark, "TMPDIR": str(temporary)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while not (told := re.search(r"http://127\.0\.0\.1:(\d+) +user admin", log.read_text())):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.5)
        airflow = Airflow(tmp_path / "not_its_home", {}, port=int(told[1]))
        dags = airflow.get("/dag2sfn/api/v1/dags")["dags"]
        assert {dag["dag_id"]: dag["state"] for dag in dags} == {
            path.stem: "deployed" for path in (ROOT / "dags").glob("*.py")
        }
        assert len(_processes(mark)) > 3  # Airflow's are among them
        # What a terminal does: all in the foreground get it.
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(300) == 0, log.read_text()
        assert "are gone" in log.read_text()
        assert (_processes(mark), list(temporary.iterdir())) == ([], [])
    finally:
        end_session(process)
