from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from shadow_machines import make_shadow
from typer.testing import CliRunner

from converter.cli import app
from converter.commands import scoring
from converter.comparison import Verdict
from converter.shadow.machines import by_dag, shadows
from converter.shadow.results import Result
from converter.shadow.store import ResultStore

CONFIG = """
dags: {sales: {shadow: on}}
environments: {shadow: {prefix: shadow-}, prod: {account: "210987654321"}}
"""
DIFFERENCE = {"what": "output", "message": "output at rows differs", "path": "rows"}


@pytest.fixture
def kept(session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two results of a DAG, of which one differs; and a configuration in the working directory."""
    (tmp_path / "dag2sfn.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    for name in ("DAG2SFN_AIRFLOW_URL", "DAG2SFN_MWAA_ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)
    make_shadow(session, "sales")
    shadow = by_dag(shadows(session.client("stepfunctions"), "shadow-"))["sales"]
    store = ResultStore(session.client("s3"), shadow)
    for day, verdict in ((1, Verdict.EQUAL), (2, Verdict.DIFFERENT)):
        due = datetime(2026, 11, day, tzinfo=timezone.utc)
        task = {"task_id": "count", "map_index": None, "verdict": "different"}
        task["differences"] = [{**DIFFERENCE, "airflow": 3, "step_functions": 4}]
        different = (task,) if verdict is Verdict.DIFFERENT else ()
        arn, version = shadow.execution_arn(f"run{day}"), f"{shadow.machine_arn}:{day}"
        store.put(
            Result(
                "sales", f"run{day}", due, arn, version, "1f" * 32, verdict, (), 2, len(different), different
            )
        )


def score(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["score", *arguments])


def test_it_tells_how_many_were_equal_what_differed_and_since_when(kept: None) -> None:
    done = score("sales")
    assert (done.exit_code, done.stderr) == (1, "")
    assert done.stdout.splitlines() == [
        "sales: 1 of 2 compared runs are equal",
        "  run2: different (version 2)",
        "    count: output at rows differs: 3 in Airflow, 4 on Step Functions",
        "  count differed once, first in run2 (version 2, source 1f1f1f1f1f1f)",
        "  Airflow was not asked: only what was compared before is counted",
    ]


def test_for_programs_it_is_a_document_for_each_dag(kept: None) -> None:
    done = score("--format", "json", "--last", "1", "--environment", "shadow")
    assert done.exit_code == 1
    (document,) = json.loads(done.stdout)
    assert {name: document[name] for name in ("dag_id", "clear", "compared", "equal", "different")} == {
        "dag_id": "sales", "clear": False, "compared": 1, "equal": 0, "different": 1,
    }  # fmt: skip
    (run,) = document["runs"]
    assert (run["run_id"], run["standing"], run["result"]["version"]) == ("run2", "different", "2")
    assert document["differences"][0]["since_version"] == "2"


class ApiWithout:
    """Airflow's API, which has all DAGs but one, and no runs."""

    def __init__(self, dag_id: str) -> None:
        self._dag_id = dag_id

    def last_runs(self, dag_id: str, count: int) -> list[Any] | None:
        return None if dag_id == self._dag_id else []


def test_a_dag_that_airflow_no_longer_has_does_not_end_the_score_of_the_others(
    kept: None, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_shadow(session, "orders")
    monkeypatch.setattr(scoring, "airflow_api", lambda *given: ApiWithout("orders"))
    done = score("--airflow", "http://localhost:1", "--format", "json")
    assert done.exit_code == 2
    assert "D702 Airflow has no DAG 'orders'" in " ".join(done.stderr.split())
    assert [one["dag_id"] for one in json.loads(done.stdout)] == ["sales"]
    alone = score("orders", "--environment", "shadow", "--airflow", "http://localhost:1")
    assert (alone.exit_code, alone.stdout) == (2, "")


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        ((), (None, "beside", "us-east-1")),
        (("--airflow", "http://given:1"), ("http://given:1", None, "us-east-1")),
    ],
)
def test_where_airflow_and_aws_are_is_as_the_environment_of_the_shadow_says(
    kept: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    asked: tuple[str | None, ...],
) -> None:
    calls: list[tuple[str | None, ...]] = []

    def api(*given: str | None) -> ApiWithout:
        calls.append(given)
        return ApiWithout("other")

    monkeypatch.setattr(scoring, "airflow_api", api)
    (tmp_path / "dag2sfn.yaml").write_text(
        "region: eu-west-1\nairflow: http://all:1\ndags: {sales: {shadow: on}}\n"
        "environments: {shadow: {prefix: shadow-, region: us-east-1, mwaa: beside}}\n"
    )
    done = score(*arguments)
    assert (calls, done.exit_code) == ([asked], 1), done.output  # the results that are kept are of us-east-1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["orders"], "D444 dag2sfn.yaml:2: DAG 'orders' has no `shadow`"),
        (["orders", "--environment", "shadow"], "D444 no machine of 'orders' runs beside Airflow"),
        (["--environment", "prod"], "D435"),
        (["--airflow", "nonsense"], "D701 'nonsense' is no address of an Airflow"),
        (["--rules", "none.yaml"], "D704"),
    ],
)
def test_what_cannot_be_read_is_told_with_exit_code_2(kept: None, arguments: list[str], told: str) -> None:
    done = score(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert told in " ".join(done.stderr.split())
