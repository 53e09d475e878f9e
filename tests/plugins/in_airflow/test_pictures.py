"""Each page in light, dark and narrow: it fits, the console says nothing, and a picture is taken.

With DAG2SFN_SCREENSHOTS set to a folder, the pictures go there: ``python -m docs.screenshots``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pages import take_pictures
from waiting import ended

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.full


def _compared(page: Any, scheme: str) -> Any:
    frame = page.frame_locator("iframe[title=Comparison]")
    return frame.locator(f"html[data-theme={scheme}]").get_by_text("after_both").first


def _pages(comparisons: Mapping[str, Any]) -> dict[str, tuple[str, Callable[[Any, str], Any]]]:
    """Return the path of each page, and what stands on it, in a theme, once all of it is there."""
    # As Airflow writes it: of another spelling, its tabs do not show which of them is open.
    run = f"dags/failing/runs/{quote(comparisons['failing']['airflow']['run_id'], safe=':+')}"
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
def some_executions(beside: Any, comparisons: Mapping[str, Any]) -> None:
    """Bars in the overview: executions of two DAGs, all of them over, and of those that are compared."""
    assert all(comparisons.values())
    started = []
    for dag_id in ["failing", "partial_fan_in"] * 4:
        body = {"conf": {"day": "2026-01-01"}} if dag_id == "partial_fan_in" else {}
        path = f"/dag2sfn/api/v1/dags/{dag_id}/executions"
        status, answer = beside.airflow.request("POST", path, body, headers={"X-Dag2sfn": "1"})
        assert status == 201, answer
        started.append(answer["execution_arn"])
    client = beside.aws.client("stepfunctions")
    for arn in started:
        ended(client, arn, 180)


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
    take_pictures(page, pictures, name, lambda scheme: last(page, scheme))
    assert console.errors == []
