"""The tab on a DAG in a real Airflow and a real browser: start, watch, stop, go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect

pytestmark = pytest.mark.full


def _section(page: Any) -> Any:
    return page.locator("section[aria-busy]")


def test_a_user_triggers_with_the_dags_params_and_reads_what_came_of_it(
    open_page: Callable[..., Any], console: Any, comparisons: Mapping[str, Any]
) -> None:
    # Nobody else starts it any more.
    assert comparisons["mapped"]
    page = open_page("dags/mapped/plugin/step-functions-dag", user="user")
    section = _section(page)
    section.get_by_role("button", name="Trigger").click()
    form = page.get_by_role("form")
    expect(form.get_by_text("What each number is multiplied by.")).to_be_visible()
    # Markdown, as Airflow's own form shows it; a link must not take away what is filled in.
    expect(form.get_by_role("listitem")).to_have_text(["in UTC, see the calendar", "YYYY-MM-DD"])
    expect(form.get_by_role("link", name="the calendar")).to_have_attribute("target", "_blank")
    form.get_by_label("times").fill("3")
    form.get_by_label("unit").select_option("files")
    # Which are required, and of which kind, as Airflow's own form has it.
    expect(form.get_by_label("day")).to_have_attribute("type", "date")
    expect(form.get_by_label("day")).to_have_attribute("required", "")
    expect(form.get_by_label("until")).not_to_have_attribute("required", "")
    expect(form.get_by_role("heading", name="Limits")).to_be_visible()
    form.get_by_label("until").fill("2026-01-31T12:30:05")
    form.get_by_label("tables").fill("orders\nitems")
    form.get_by_label("limits").fill('{"rows": 20}')
    form.get_by_label("day").fill("")
    form.get_by_role("button", name="Start").click()
    assert form.get_by_label("day").evaluate("field => field.validity.valueMissing")
    form.get_by_label("day").fill("2026-01-31")
    form.get_by_label("Further conf").fill("{no json")
    form.get_by_role("button", name="Start").click()
    expect(form.get_by_role("alert")).to_contain_text("conf is no JSON")
    form.get_by_label("Further conf").fill("{}")
    form.get_by_label("Logical date").fill("2026-01-31T12:00")
    form.get_by_role("button", name="Start").click()
    # All params, as Airflow's own form gives them.
    given = (
        '{"times":3,"unit":"files","dry":false,"day":"2026-01-31","until":"2026-01-31T12:30:05.000Z",'
        '"tables":["orders","items"],"limits":{"rows":20}}'
    )
    expect(section.get_by_text(f"conf {given}")).to_be_visible()
    tasks = page.get_by_role("table", name="Tasks")
    expect(tasks.get_by_role("row").filter(has_text="gather")).to_contain_text("18")
    expect(tasks.get_by_role("row").filter(has_text="multiply[2]")).to_contain_text(
        '{"number":3,"result":9,"unit":"files"}'
    )
    expect(page.get_by_role("table", name="Executions").get_by_role("row").nth(1)).to_contain_text(
        "succeeded"
    )
    section.get_by_role("button", name="Definition").click()
    expect(section.get_by_label("definition", exact=True)).to_contain_text('"StartAt"')
    section.get_by_role("button", name="Copy definition").click()
    assert '"StartAt"' in page.evaluate("navigator.clipboard.readText()")
    assert console.errors == []


def test_an_execution_is_watched_stopped_and_run_again_from_there_without_reload(
    open_page: Callable[..., Any], console: Any, comparisons: Mapping[str, Any]
) -> None:
    assert comparisons["partial_fan_in"]
    page = open_page("dags/partial_fan_in/plugin/step-functions-dag")
    section = _section(page)
    # The zone that somebody chooses in Airflow's UI: 17:00 in UTC.
    page.evaluate("localStorage.setItem('timezone', JSON.stringify('America/New_York'))")
    section.get_by_role("button", name="Trigger").click()
    page.get_by_role("form").get_by_label("Logical date").fill("2026-01-31T12:00")
    page.get_by_role("form").get_by_role("button", name="Start").click()
    expect(page.locator("g.step.running").first).to_be_visible()
    expect(section.get_by_text("logical date Jan 31, 2026, 12:00:00")).to_be_visible()
    page.evaluate("localStorage.setItem('timezone', JSON.stringify('UTC'))")
    expect(section.get_by_text("logical date Jan 31, 2026, 5:00:00")).to_be_visible()
    listed = page.get_by_role("table", name="Executions")
    listed.get_by_role("button", name="Stop").first.click()
    expect(listed.get_by_role("row").nth(1)).to_contain_text("aborted")
    expect(section.get_by_text("stopped by admin in Airflow").first).to_be_visible()
    listed.get_by_role("button", name="Resume").first.click()
    expect(listed.get_by_role("row").nth(1)).to_contain_text("running")
    tasks = page.get_by_role("table", name="Tasks")
    expect(tasks.get_by_role("row").filter(has_text="report_b")).to_contain_text("success")
    expect(tasks.get_by_role("row").filter(has_text="glue1")).to_contain_text("jr_")
    expect(page.locator("g.step.success")).to_have_count(5)
    assert console.errors == []
