"""A week of a daily DAG in a real Airflow, whose scheduler starts each run's counterpart. One run differs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pages import take_pictures

from playground import both

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.full

DAYS = [f"scheduled__2026-01-0{day}T00:00:00+00:00" for day in range(1, 8)]
PATIENCE = 240.0


def _score(beside: Any, *arguments: str, more: dict[str, str] | None = None) -> Any:
    config = str(beside.airflow.home / "dag2sfn.yaml")
    return both.dag2sfn(beside.aws, "score", "sales", "--config", config, *arguments, more=more)


def _after_the_week(beside: Any) -> list[dict[str, Any]]:
    """Let Airflow do the runs of a week, if it has not yet; return them, once all have ended."""
    beside.airflow.request("PATCH", "/api/v2/dags/sales", {"is_paused": False})
    deadline, runs = time.monotonic() + PATIENCE, []
    while time.monotonic() < deadline:
        with suppress(OSError):  # while tasks start, an API server on a small machine answers late
            runs = beside.airflow.get("/api/v2/dags/sales/dagRuns?limit=100")["dag_runs"]
        if len(runs) == len(DAYS) and all(run["state"] in ("success", "failed") for run in runs):
            return runs
        time.sleep(1)
    raise AssertionError(f"not over: {[(run['run_id'], run['state']) for run in runs]}")


def test_the_score_of_a_week_points_at_the_run_and_task_that_differ(beside: Any) -> None:
    runs = _after_the_week(beside)
    assert {run["state"] for run in runs} == {"success"}
    login, deadline = both.login(beside.airflow), time.monotonic() + PATIENCE
    while True:
        done = _score(beside, "--format", "json", more=login)
        (score,) = json.loads(done.stdout)
        if not score["waiting"] or time.monotonic() > deadline:
            break
        time.sleep(1)
    standings = {run["run_id"]: run["standing"] for run in score["runs"]}
    assert standings == dict.fromkeys(DAYS, "equal") | {DAYS[3]: "different"}
    assert (score["compared"], score["equal"], score["clear"], done.returncode) == (7, 6, False, 1)
    (since,) = score["differences"]
    assert (since["task_id"], since["first_run_id"], since["since_version"]) == ("count", DAYS[3], "1")
    (result,) = (run["result"] for run in score["runs"] if run["standing"] == "different")
    # The dict that it returns is one XCom, and each of its members another.
    told = [(task["task_id"], one) for task in result["different"] for one in task["differences"]]
    assert {(name, one["path"], one["airflow"], one["step_functions"]) for name, one in told} == {
        ("count", "rows", 4, 5)
    }
    # Each run has started one execution, of the version in force, and none the DAG's own machine.
    client = beside.aws.client("stepfunctions")
    machines = {one["name"]: one["stateMachineArn"] for one in client.list_state_machines()["stateMachines"]}
    started = client.list_executions(stateMachineArn=machines["shadow-sales"])["executions"]
    assert (len(started), "dag2sfn-sales" in machines) == (7, False)
    assert {one["stateMachineVersionArn"].rsplit(":", 1)[1] for one in started} == {"1"}
    # What is kept is told without Airflow, too.
    text = _score(beside, "--last", "5").stdout
    assert "sales: 4 of 5 compared runs are equal" in text
    assert "count: output at rows differs: 4 in Airflow, 5 on Step Functions" in text


def test_the_dags_tab_names_the_run_that_differs_and_leads_to_it(
    open_page: Callable[..., Any], console: Any, beside: Any, pictures: Path
) -> None:
    _after_the_week(beside)
    page = open_page("dags/sales/plugin/step-functions-dag", user="viewer")
    playwright.expect(page.get_by_text("Runs in Airflow; shadow machine:")).to_be_visible()
    playwright.expect(page.get_by_role("link", name="shadow-sales")).to_be_visible()
    playwright.expect(page.get_by_text("Not converted")).to_have_count(0)
    section = page.get_by_role("region", name="Score")
    # It compares a few runs for each request, and asks again by itself.
    playwright.expect(section).to_contain_text("6 of 7 compared runs are equal", timeout=180_000)
    playwright.expect(section).to_contain_text(f"{DAYS[3]} different, version 1")
    # Once, although two XComs differ in it: the dict, and its member.
    told = "count: output at rows differs: 4 in Airflow, 5 on Step Functions"
    playwright.expect(section.get_by_text(told)).to_have_count(1)
    marks = section.get_by_role("img")
    assert [mark.split(": ")[1] for mark in marks.evaluate_all("all => all.map(it => it.title)")] == [
        "different" if day == DAYS[3] else "equal" for day in DAYS
    ]
    href = section.get_by_role("link", name="AWS console").get_attribute("href")
    assert ("shadow-sales" in href, "2026-01-04" in href) == (True, True)
    take_pictures(page, pictures, "score", lambda _: marks.nth(6))
    section.get_by_role("link", name=DAYS[3]).click()
    page.wait_for_url(f"{beside.airflow.url}/dags/sales/runs/{quote(DAYS[3], safe=':+')}*")
    assert console.errors == []


def test_a_dag_without_overrides_is_not_converted_to_run_beside_airflow(beside: Any, tmp_path: Path) -> None:
    config = tmp_path / "dag2sfn.yaml"
    config.write_text("dags: {sales: {shadow: on}}\nenvironments: {shadow: {prefix: shadow-}}\n")
    done = both.dag2sfn(
        beside.aws, "convert", str(beside.airflow.dags / "sales.py"), "-o", str(tmp_path / "build"),
        "--config", str(config), "--environment", "shadow", "--source-airflow", "3",
    )  # fmt: skip
    assert done.returncode == 1
    assert "D441" in done.stderr
    assert not list((tmp_path / "build").glob("*/bundle.json"))
