"""Airflow's own examples, deployed: templates and policies that linters accept, roles that are enough."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path

import airflow.example_dags
import pytest
from cfnlint.api import lint
from iam_lint import linted, role_policies
from waiting import read_when_ended

from converter import pipeline
from converter.asl.options import Options
from converter.deployment import deploy
from converter.executions import start
from converter.loading import Timetables, load_readable
from converter.packaging.packages import install_packages, missing_packages
from converter.workflow import Workflow

FOLDER = Path(airflow.example_dags.__path__[0])
PARTS = 4
DAY = datetime(2026, 1, 31, tzinfo=timezone.utc)
#: One fails on purpose, one asks a server on the internet.
NOT_SUCCEEDING = {"example_failed_dag", "example_dag_decorator"}


@pytest.fixture(scope="module")
def examples() -> tuple[Workflow, ...]:
    """All of Airflow's examples; what is no DAG file is not among them."""
    return load_readable(FOLDER, timetables=Timetables.of_version("3"))[0]


@pytest.fixture
def guarded(aws, session, monkeypatch):
    """A session of the local AWS, where roles count."""
    monkeypatch.setattr(aws, "enforces_iam", True)
    return session


@pytest.mark.full
@pytest.mark.parametrize("part", range(PARTS))
def test_examples_deploy_and_run_under_their_own_roles(part, examples, guarded, tmp_path):
    sfn = guarded.client("stepfunctions")
    running = {}
    for workflow in examples[part::PARTS]:
        conversion = pipeline.convert(workflow, Options(poll_interval=1))
        if conversion.refused:
            continue
        bundle = pipeline.write(conversion, tmp_path)
        if missing_packages(bundle):
            install_packages(bundle)
        template = (bundle / "template.yaml").read_text("utf-8")
        assert [str(match) for match in lint(template)] == [], workflow.dag_id
        deploy(bundle, guarded)
        running[workflow.dag_id] = start(
            sfn,
            workflow.dag_id,
            run_id="r",
            conf={"foo": "bar"},  # one of them asks for it
            logical_date=DAY,
            data_interval_start=DAY,
            data_interval_end=DAY,
        )
    assert len(running) > 10
    documents = list(role_policies(guarded))
    assert len(documents) > 2 * len(running)  # of the machine, and of its functions
    assert [said for document in documents for said in linted(document)] == []
    for dag_id, arn in running.items():
        result = read_when_ended(sfn, arn)
        assert "is not authorized" not in json.dumps(result.to_json()), dag_id
        assert result.status == "SUCCEEDED" or dag_id in NOT_SUCCEEDING, (dag_id, result)
