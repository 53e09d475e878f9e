"""Each page in light, dark and narrow: it fits, the console says nothing, and a picture is taken.

With DAG2SFN_SCREENSHOTS set to a folder, the pictures go there: ``python -m docs.screenshots``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect

pytestmark = pytest.mark.full

#: Width in pixels, and theme.
LOOKS = {"light": (1280, "light"), "dark": (1280, "dark"), "narrow": (400, "light")}


def _compared(page: Any, scheme: str) -> Any:
    frame = page.frame_locator("iframe[title=Comparison]")
    return frame.locator(f"html[data-theme={scheme}]").get_by_text("after_both").first


def _pages(comparisons: Mapping[str, Any]) -> dict[str, tuple[str, Callable[[Any, str], Any]]]:
    """Return the path of each page, and what stands on it, in a theme, once all of it is there."""
    run = f"dags/failing/runs/{quote(comparisons['failing']['airflow']['run_id'], safe='')}"
    return {
        "overview": (
            "plugin/step-functions",
            lambda page, _: page.locator("[role=img][aria-label*=execution]").first,
        ),
        "dag": (
            "dags/partial_fan_in/plugin/step-functions-dag",
            lambda page, _: page.locator("g.step.success").nth(4),
        ),
        "run": (
            f"{run}/plugin/step-functions-run",
            _compared,
        ),
        "task": (
            f"{run}/tasks/broken/plugin/step-functions-task",
            lambda page, _: page.get_by_role("heading", name="1 try"),
        ),
    }


@pytest.fixture(scope="module")
def some_executions(beside: Any) -> None:
    """Bars in the overview: executions of two DAGs, all of them over."""
    started = []
    for dag_id in ["failing", "partial_fan_in"] * 4:
        body = {"conf": {"day": "2026-01-01"}} if dag_id == "partial_fan_in" else {}
        path = f"/dag2sfn/api/v1/dags/{dag_id}/executions"
        status, answer = beside.airflow.request("POST", path, body, headers={"X-Dag2sfn": "1"})
        assert status == 201, answer
        started.append(answer["execution_arn"])
    client, deadline = beside.aws.client("stepfunctions"), time.monotonic() + 180
    while any(client.describe_execution(executionArn=arn)["status"] == "RUNNING" for arn in started):
        assert time.monotonic() < deadline
        time.sleep(1)


@pytest.mark.parametrize("name", ["overview", "dag", "run", "task"])
@pytest.mark.usefixtures("some_executions")
def test_a_page_fits_and_its_console_is_silent(
    open_page: Callable[..., Any],
    console: Any,
    pictures: Path,
    comparisons: Mapping[str, Any],
    name: str,
) -> None:
    path, last = _pages(comparisons)[name]
    page = open_page(path)
    for look, (width, scheme) in LOOKS.items():
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        expect(page.locator(f"html.{scheme}")).to_be_attached()
        expect(last(page, scheme)).to_be_attached()
        section = page.locator("section[aria-busy=false]")
        if look == "narrow":
            # Airflow lays its DAGs' pages out for 1,280 pixels, and lets a narrow window scroll.
            section.evaluate("it => it.scrollIntoView({block: 'nearest', inline: 'start'})")
            assert section.evaluate("it => it.clientWidth <= innerWidth")
        assert section.evaluate("it => it.scrollWidth <= it.clientWidth")
        page.mouse.move(0, 0)
        page.screenshot(path=pictures / f"plugin-{name}-{look}.png", animations="disabled")
    assert console.errors == []
