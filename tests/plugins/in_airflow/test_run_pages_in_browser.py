"""The tabs on a run and on a task instance, in a real Airflow and a real browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect

pytestmark = pytest.mark.full


def _run_page(comparison: dict[str, Any], task: str = "", page: str = "run") -> str:
    run_id = quote(comparison["airflow"]["run_id"], safe="")
    return f"dags/{comparison['dag_id']}/runs/{run_id}{task}/plugin/step-functions-{page}"


def _section(page: Any) -> Any:
    return page.locator("section[aria-busy]")


def test_a_run_and_its_counterpart_are_compared(
    open_page: Callable[..., Any], console: Any, comparisons: Mapping[str, Any]
) -> None:
    page = open_page(_run_page(comparisons["partial_fan_in"]), user="viewer")
    expect(_section(page).get_by_text("succeeded", exact=True)).to_be_visible()
    compared = page.frame_locator("iframe[title=Comparison]")
    expect(compared.get_by_text("report_b").first).to_be_visible()
    expect(compared.get_by_text("equal").first).to_be_visible()
    expect(_section(page).get_by_role("button", name="Run on Step Functions")).to_have_count(0)
    assert console.errors == []


def test_the_comparison_points_at_the_task_that_differs(
    open_page: Callable[..., Any], console: Any, comparisons: Mapping[str, Any]
) -> None:
    page = open_page(_run_page(comparisons["wrong"]), user="user")
    compared = page.frame_locator("iframe[title=Comparison]")
    expect(compared.get_by_text("different").first).to_be_visible()
    expect(compared.get_by_text("output at rows differs").first).to_be_attached()
    assert console.errors == []


def test_a_task_instance_shows_its_counterpart(
    open_page: Callable[..., Any], console: Any, comparisons: Mapping[str, Any]
) -> None:
    page = open_page(_run_page(comparisons["partial_fan_in"], "/tasks/glue1", "task"))
    section = _section(page)
    expect(section.get_by_label("output", exact=True)).to_contain_text("jr_")
    expect(section.get_by_role("heading", name="1 try")).to_be_visible()
    expect(section.get_by_label("input of try 1", exact=True)).to_contain_text("glue1")
    waiting = open_page(_run_page(comparisons["partial_fan_in"], "/tasks/report_b", "task"))
    expect(_section(waiting).get_by_text("Waited for glue3")).to_contain_text("a poller asked")
    failed = open_page(_run_page(comparisons["failing"], "/tasks/broken", "task"))
    expect(_section(failed).get_by_text("failed", exact=True)).to_be_visible()
    expect(failed.get_by_role("alert")).to_have_text("States.TaskFailed: Command failed with exit code 1")
    expect(_section(failed).get_by_label("cause of try 1", exact=True)).to_contain_text("broken_job")
    assert console.errors == []


def test_each_instance_of_a_mapped_task_shows_its_own(
    open_page: Callable[..., Any], console: Any, comparisons: Mapping[str, Any]
) -> None:
    page = open_page(_run_page(comparisons["mapped"], "/tasks/multiply/mapped/1", "task"))
    expect(_section(page).get_by_label("output", exact=True)).to_contain_text('"result": 4')
    whole = open_page(_run_page(comparisons["mapped"], "/tasks/multiply", "task"))
    expect(_section(whole).get_by_role("heading", name="3 instances")).to_be_visible()
    rows = _section(whole).get_by_role("table", name="Tasks").get_by_role("row")
    for index in range(3):
        row = rows.filter(has_text=f"multiply[{index}]")
        expect(row).to_contain_text("success")
        expect(row).to_contain_text(f'"result":{2 * index + 2}')
    # Airflow's own page asks for the instance that the task would be if it were not mapped.
    assert [line for line in console.errors if "/api/v2/dags/mapped/" not in line] == []


def test_values_that_cross_branches_are_shown(
    open_page: Callable[..., Any], console: Any, comparisons: Mapping[str, Any]
) -> None:
    """What a task pushed, and what one behind it in another branch made of it."""
    page = open_page(_run_page(comparisons["branches"], "/tasks/middle", "task"))
    expect(_section(page).get_by_label("output", exact=True)).to_contain_text('"of": "middle"')
    report = open_page(_run_page(comparisons["branches"], "/tasks/second_report", "task"))
    output = _section(report).get_by_label("output", exact=True)
    expect(output).to_contain_text('"middle"')
    expect(output).to_contain_text('"two": 3.5')
    assert console.errors == []


def test_a_run_of_airflows_is_run_on_step_functions_too(
    open_page: Callable[..., Any], console: Any, beside: Any
) -> None:
    given = {"dag_run_id": "on_both", "logical_date": "2026-01-01T00:00:00Z", "conf": {"times": 5}}
    status, _ = beside.airflow.request("POST", "/api/v2/dags/mapped/dagRuns", given)
    assert status == 200
    run = {"dag_id": "mapped", "airflow": {"run_id": "on_both"}}
    task = open_page(_run_page(run, "/tasks/find", "task"), user="user")
    expect(_section(task).get_by_text("There is no counterpart on Step Functions")).to_be_visible()
    expect(_section(task).get_by_text("No execution is named after the run on_both")).to_be_visible()
    page = open_page(_run_page(run), user="user")
    expect(page.get_by_text("no execution is named after this run")).to_be_visible()
    page.get_by_role("button", name="Run on Step Functions too").click()
    expect(_section(page).get_by_text("succeeded", exact=True)).to_be_visible()
    compared = page.frame_locator("iframe[title=Comparison]")
    expect(compared.get_by_text("gather").first).to_be_visible()
    # Both were given the same, and have ended.
    expect(compared.get_by_text("equal").first).to_be_visible(timeout=120_000)
    # What is there now shows by itself.
    expect(_section(task).get_by_label("output", exact=True)).to_contain_text("3")
    told = [line for line in console.errors if "404" not in line]
    assert told == []


def test_a_run_of_a_dag_that_is_not_deployed_says_so(open_page: Callable[..., Any], beside: Any) -> None:
    beside.airflow.request(
        "POST", "/api/v2/dags/by_hand/dagRuns", {"dag_run_id": "alone", "logical_date": None}
    )
    page = open_page("dags/by_hand/runs/alone/plugin/step-functions-run")
    expect(_section(page).get_by_text("by_hand is not deployed: dag2sfn deploy BUNDLE")).to_be_visible()
