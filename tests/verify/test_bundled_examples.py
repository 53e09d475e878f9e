"""Airflow's own example DAGs: every one is accounted for, and what is converted does what Airflow does."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from converter.cli import app
from converter.loading import load_readable
from docs.coverage import PAGE, assessed, examples, page

pytestmark = pytest.mark.full


def dag2sfn(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_every_dag_is_accounted_for_and_three_quarters_convert(tmp_path):
    result = dag2sfn("convert", examples(), "--source-airflow", "3", "-o", tmp_path, "--format", "json")
    assert result.exit_code == 1
    assert "Traceback" not in result.stderr
    document = json.loads(result.stdout)
    assert len(document["dags"]) >= 90
    assert not [item for item in document["diagnostics"] if item["code"] == "D136"]
    for dag in document["dags"]:
        report = json.loads((tmp_path / dag["dag_id"] / "conversion.json").read_text())
        refused = [task for task in report["tasks"] if task["status"] == "refused"]
        assert report["tasks"]
        assert all(task["codes"] for task in refused)
        if dag["bundle"]:
            assert not refused
    assert sum(dag["bundle"] is not None for dag in document["dags"]) >= 0.75 * len(document["dags"])


def test_the_page_about_them_is_not_stale():
    assert page(assessed()) == PAGE.read_text(), "run `python -m docs.coverage`"


def test_what_is_converted_does_what_airflow_does():
    """Mapped tasks are played without items (``verify.without_data``), so that their DAGs are left out."""
    result = dag2sfn("verify", examples(), "--source-airflow", "3", "--scenarios", "20", "--format", "json")
    verified = json.loads(result.stdout)
    assert sum(item["scenarios"] > 0 for item in verified) >= 67
    workflows, _ = load_readable(examples())
    mapped = {flow.dag_id for flow in workflows if any(task.is_mapped for task in flow.tasks)}
    differ = {item["dag_id"]: item["divergences"] for item in verified if item["divergences"]}
    assert {dag_id: found for dag_id, found in differ.items() if dag_id not in mapped} == {}
