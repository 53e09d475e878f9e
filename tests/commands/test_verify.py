from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from random_dags import random_dag
from typer.testing import CliRunner
from waiting import wait_until
from workflows import glue, partial_fan_in, workflow

from converter import loading
from converter.asl import tasks
from converter.cli import app
from converter.diagnostics import CODES, Diagnostic
from converter.workflow import Retries, Task

REFUSED = workflow(Task("odd", "ours.OurOperator"), dag_id="refused")
RETRIED = workflow(glue("job", retries=Retries(2, 30)), dag_id="retried")


@pytest.fixture
def loaded(monkeypatch):
    """A function that says what is read in the place of DAG files."""

    def load(*workflows, problems=()):
        monkeypatch.setattr(loading, "load_readable", lambda path, **_: (workflows, problems))

    return load


@pytest.fixture
def retries_are_lost(monkeypatch):
    monkeypatch.setattr(tasks, "task_retry", lambda retries, never=(): [])


def verify(*options):
    return CliRunner().invoke(app, ["verify", "dags/example.py", *map(str, options)])


def document(result):
    return json.loads(result.stdout)


def test_the_json_document_has_a_member_for_each_dag_and_nothing_else_is_on_stdout(loaded):
    loaded(partial_fan_in(), RETRIED)
    result = verify("--scenarios", 10, "--format", "json")
    assert result.exit_code == 0, result.stderr
    first, second = document(result)
    assert (first["dag_id"], first["scenarios"], first["divergences"]) == ("partial_fan_in", 10, [])
    assert first["approximations"].keys() == {"D307"}
    assert first["approximations"]["D307"] > 0
    assert second == {"dag_id": "retried", "scenarios": 10, "divergences": [], "approximations": {}}


def test_a_divergence_is_told_with_the_command_that_plays_it_again(loaded, retries_are_lost):
    loaded(RETRIED)
    result = verify("--scenarios", 20, "--format", "json")
    assert result.exit_code == 1
    (found,) = document(result)
    divergence = found["divergences"][0]
    assert divergence.keys() == {"seed", "task", "expected", "actual", "why"}
    assert (divergence["task"], divergence["actual"]) in {("job", "failed"), ("job", "1 tries")}
    again = f"dag2sfn verify dags/example.py --dag-id retried --seed {divergence['seed']} --scenarios 1"
    assert again in verify("--scenarios", 20).stdout
    only = document(verify("--seed", divergence["seed"], "--scenarios", 1, "--format", "json"))
    assert only[0]["divergences"] == [
        item for item in found["divergences"] if item["seed"] == divergence["seed"]
    ]


def test_one_scenario_is_shown_task_by_task(loaded, retries_are_lost):
    loaded(RETRIED)
    seeds = {
        item["seed"] for item in document(verify("--scenarios", 20, "--format", "json"))[0]["divergences"]
    }
    result = verify("--seed", min(seeds), "--scenarios", 1)
    (row,) = [line for line in result.stdout.splitlines() if line.startswith("job ")]
    assert "s failed, then " in row
    assert row.endswith("differs")


def test_of_a_refused_dag_nothing_is_played(loaded):
    loaded(REFUSED, RETRIED)
    result = verify("--scenarios", 3, "--format", "json")
    assert result.exit_code == 1
    assert [(item["dag_id"], item["scenarios"]) for item in document(result)] == [
        ("refused", 0),
        ("retried", 3),
    ]
    assert "refused D201 " in result.stderr


def test_what_cannot_be_read_is_worse_than_a_divergence(loaded):
    loaded(RETRIED, problems=(Diagnostic(CODES["D103"], "it raises"),))
    result = verify("--scenarios", 1, "--format", "json")
    assert result.exit_code == 2
    assert len(document(result)) == 1
    assert "D103" in result.stderr


def test_no_dag_file_is_an_empty_document(tmp_path):
    result = CliRunner().invoke(app, ["verify", str(tmp_path / "none.py"), "--format", "json"])
    assert (result.exit_code, document(result)) == (2, [])


def test_any_number_of_processes_shows_the_same(loaded):
    loaded(*(random_dag(seed, 6) for seed in (1, 2)))
    alone, together = (verify("--scenarios", 20, "--jobs", jobs, "--format", "json") for jobs in (1, 2))
    assert document(alone) == document(together)


def test_other_options_of_the_conversion_are_verified_too(loaded):
    loaded(RETRIED, partial_fan_in())
    result = verify("--scenarios", 10, "--failures", "stop", "--poll-interval", 5, "--format", "json")
    assert result.exit_code == 0, result.stdout
    assert "D601" in {code for item in document(result) for code in item["approximations"]}


def test_a_window_needs_its_correlation(loaded):
    loaded(RETRIED)
    assert verify("--window", 60).exit_code == 2


@pytest.mark.parametrize("moment", [pytest.param(0.3, marks=pytest.mark.full), 3])
def test_ctrl_c_ends_it_in_silence(moment):
    program = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from converter.cli import main; sys.argv[0] = 'dag2sfn'; main()"
    )
    dags = Path(__file__).parents[2] / "dags"
    command = [sys.executable, "-c", program, "verify", str(dags), "--scenarios", "5000", "--jobs", "2"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            # One keeps track of the others.
            wait_until(lambda: len(_children(process.pid)) >= 3, "two processes verify")
            time.sleep(moment)
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does
            output, messages = process.communicate(timeout=180)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
    assert (process.returncode, output, messages) == (130, "", "")


def _children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
