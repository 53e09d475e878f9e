from __future__ import annotations

import json

from typer.testing import CliRunner
from workflows import partial_fan_in

from converter import loading
from converter.cli import app


def test_durations_reach_the_plan_and_the_messages(monkeypatch, tmp_path):
    workflows = (partial_fan_in(source_hash="0" * 64),)
    monkeypatch.setattr(loading, "load_each", lambda path, **_: iter(workflows))
    durations = tmp_path / "durations.json"
    durations.write_text('{"glue1": 5400, "glue2": 3000, "glue3": 6000, "gleu3": 1}')
    options = ["--durations", durations, "--out", tmp_path / "build", "--format", "json"]
    result = CliRunner().invoke(app, ["convert", "dags/example.py", *map(str, options)])
    assert result.exit_code == 0, result.stderr
    # report_b would wait 3,000 s with an Await, report_a 600.
    report = (tmp_path / "build" / "partial_fan_in" / "REPORT.md").read_text()
    assert "Parallel[glue1 > await(glue3) > report_a, Parallel[glue2, glue3] > report_b]" in report
    assert "partial_fan_in: expected makespan: exact 3 h, barrier 3 h, critical path 3 h" in result.stderr
    codes = [item["code"] for item in json.loads(result.stdout)["diagnostics"]]
    assert "D312" in codes
    assert "note D312 " in result.stderr
