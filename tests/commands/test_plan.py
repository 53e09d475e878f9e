from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner
from workflows import partial_fan_in

from converter import diagnostics as d
from converter import loading
from converter.cli import app
from converter.diagnostics import Diagnostic
from converter.workflow import Location

DAG = """
from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator

with DAG("partial_fan_in"):
    glue1, glue2, glue3, report_a, report_b = (
        EmptyOperator(task_id=task_id) for task_id in ("glue1", "glue2", "glue3", "report_a", "report_b")
    )
    [glue1, glue3] >> report_a
    [glue2, glue3] >> report_b
"""


@pytest.fixture
def dag_file(tmp_path):
    file = tmp_path / "dags" / "example.py"
    file.parent.mkdir()
    file.write_text(DAG)
    return file


@pytest.fixture
def example(monkeypatch):
    """One DAG, as if it had been read: reading takes seconds."""
    monkeypatch.setattr(loading, "load_readable", lambda path, **_: ((partial_fan_in(),), ()))
    return Path("dags/example.py")


@pytest.fixture
def two(monkeypatch):
    """Two DAGs in one file."""
    dags = {dag_id: replace(partial_fan_in(), dag_id=dag_id) for dag_id in ("first", "second")}

    def load(path, *, dag_ids, **_):
        return tuple(dags[dag_id] for dag_id in dag_ids or dags), ()

    monkeypatch.setattr(loading, "load_readable", load)
    return Path("dags/example.py")


def plan(*arguments):
    return CliRunner().invoke(app, ["plan", *map(str, arguments)])


def test_a_dag_file_is_shown_as_a_tree(dag_file):
    result = plan(dag_file)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "partial_fan_in",
        "side by side",
        "├─ side by side",
        "│  ├─ glue1",
        "│  └─ glue3",
        "│  report_a",
        "└─ glue2",
        "   await glue3",
        "   report_b",
        "5 tasks, 4 dependencies, 1 poller",
    ]
    assert result.stderr == ""


def test_json_is_an_array_with_an_object_for_each_dag(two):
    result = plan(two, "--format", "json")
    first, second = json.loads(result.stdout)
    assert (first["dag_id"], second["dag_id"]) == ("first", "second")
    assert (first["tasks"], first["awaits"]) == (5, 1)
    assert sorted(first["edges"]) == [
        ["glue1", "report_a"],
        ["glue2", "report_b"],
        ["glue3", "report_a"],
        ["glue3", "report_b"],
    ]
    assert first["plan"] == second["plan"]
    assert first["plan"]["kind"] == "parallel"
    assert {"kind": "await", "tasks": ["glue3"]} in first["plan"]["children"][1]["children"]
    assert result.stderr == ""


def test_what_cannot_be_read_leaves_an_empty_array(tmp_path):
    result = plan(tmp_path / "missing.py", "--format", "json")
    assert result.exit_code == 2
    assert json.loads(result.stdout) == []
    assert result.stderr.startswith("error D101 ")


def test_a_barrier_has_no_pollers(example):
    (document,) = json.loads(plan(example, "--strategy", "barrier", "--format", "json").stdout)
    assert document["awaits"] == 0
    assert [len(layer["children"]) for layer in document["plan"]["children"]] == [3, 2]


def test_durations_choose_the_natively_awaited_task_and_tell_what_exactness_buys(example, tmp_path):
    durations = tmp_path / "durations.yaml"
    durations.write_text("partial_fan_in:\n  glue1: 5400\n  glue2: 3000\n  glue3: 6000\n  gleu3: 1\n")
    result = plan(example, "--durations", durations, "--poll-interval", 60)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[1:4] == ["side by side", "├─ glue1", "│  await glue3"]
    assert lines[-1].startswith("expected makespan: exact 3 h, barrier 3 h, critical path 3 h ")
    assert "pollers ask every 1 min" in lines[-1]
    assert result.stderr.startswith("note D312 ")
    (document,) = json.loads(plan(example, "--durations", durations, "--format", "json").stdout)
    # The reports take the average, 4,800 s; glue3 is noticed at once, as 600 s are twenty polls.
    assert document["makespan"] == {
        "exact": 10_800.0,
        "barrier": 10_800.0,
        "critical_path": 10_800.0,
        "tasks": ["glue3", "report_a"],
    }


def test_durations_that_are_none_are_refused_before_anything_is_read(example, tmp_path):
    durations = tmp_path / "durations.json"
    durations.write_text('{"glue1": "long"}')
    result = plan(example, "--durations", durations, "--format", "json")
    assert result.exit_code == 2
    assert json.loads(result.stdout) == []
    assert f"error D311 {durations.as_posix()}:1: the duration of 'glue1' is 'long'" in result.stderr


def test_a_drawing_is_printed_alone(example):
    svg = plan(example, "--format", "svg")
    assert svg.exit_code == 0
    assert ElementTree.fromstring(svg.stdout).get("class") == "dag2sfn-plan"  # noqa: S314 - our own
    assert plan(example, "--format", "mermaid").stdout.splitlines()[3] == "flowchart TB"


def test_drawings_of_several_dags_need_a_folder(two, tmp_path):
    refused = plan(two, "--format", "svg")
    assert refused.exit_code == 2
    assert "--out" in refused.stderr
    assert refused.stdout == ""
    assert plan(two, "--format", "svg", "--dag-id", "second").exit_code == 0
    result = plan(two, "--format", "mermaid", "--out", tmp_path / "new" / "plans")
    assert result.exit_code == 0
    assert sorted(file.name for file in (tmp_path / "new" / "plans").iterdir()) == ["first.mmd", "second.mmd"]
    assert result.stdout == ""


@pytest.mark.parametrize("format", ["text", "json", "mermaid", "svg"])
def test_what_would_be_printed_is_what_a_file_holds(format, example, tmp_path):
    printed = plan(example, "--format", format).stdout
    result = plan(example, "--format", format, "--out", tmp_path / "plan")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert (tmp_path / "plan").read_text() == printed


def test_a_file_that_cannot_be_written_is_one_message(example, tmp_path):
    (tmp_path / "file").write_text("")
    result = plan(example, "--format", "svg", "--out", tmp_path / "file" / "plan.svg")
    assert result.exit_code == 2
    assert result.stderr.startswith("error D313 ")


def test_a_terminal_sees_progress_and_a_pipe_does_not(dag_file):
    command = [sys.executable, "-m", "converter.cli", "plan", str(dag_file)]
    piped = subprocess.run(command, capture_output=True, check=True, timeout=180)
    assert piped.stderr == b""
    leader, follower = pty.openpty()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=follower, env=terminal()) as process:
        os.close(follower)
        assert "Reading DAG files" in everything_shown(leader)
        assert process.stdout.read() == piped.stdout


def terminal():
    return {**os.environ, "TERM": "xterm"}


def everything_shown(leader):
    """What a program shows on its terminal until it ends."""
    shown = b""
    with os.fdopen(leader, "rb", buffering=0) as screen, contextlib.suppress(OSError):
        while part := screen.read(1 << 16):
            shown += part
    return shown.decode()


def test_hundreds_of_dags_are_planned_in_one_call_in_their_order(monkeypatch):
    flows = tuple(replace(partial_fan_in(), dag_id=f"flow_{number}") for number in range(300))
    monkeypatch.setattr(loading, "load_readable", lambda path, **_: (flows, ()))
    shown = json.loads(plan("dags", "--format", "json").stdout)
    assert [item["dag_id"] for item in shown] == [flow.dag_id for flow in flows]
    assert {(item["tasks"], item["awaits"]) for item in shown} == {(5, 1)}


def test_what_cannot_be_read_stops_no_plan_of_another(monkeypatch):
    broken = Diagnostic(d.FILE_SYNTAX, "syntax error: invalid syntax", "", Location("dags/broken.py", 2))
    monkeypatch.setattr(loading, "load_readable", lambda path, **_: ((partial_fan_in(),), (broken,)))
    result = plan("dags")
    assert result.exit_code == 2
    assert result.stdout.startswith("partial_fan_in\n")
    assert "error D104 dags/broken.py:2: " in result.stderr


def test_variables_that_a_file_is_made_of_are_taken_from_a_file(tmp_path):
    """A loop over a Variable makes the tasks."""
    dag = tmp_path / "looped.py"
    dag.write_text(
        "from airflow.models import Variable\n"
        "from airflow.providers.standard.operators.empty import EmptyOperator\n"
        "from airflow.sdk import DAG\n"
        "with DAG('looped'):\n"
        "    for name in Variable.get('tables', deserialize_json=True):\n"
        "        EmptyOperator(task_id=name)\n"
    )
    values = tmp_path / "variables.json"
    values.write_text('{"tables": ["orders", "customers"]}')
    result = CliRunner().invoke(app, ["plan", str(dag), "--variables", str(values), "--format", "mermaid"])
    assert result.exit_code == 0, result.output
    assert "orders" in result.stdout
    assert "customers" in result.stdout
