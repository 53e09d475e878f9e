"""Each page in light, dark and narrow: it fits, the console says nothing, and a picture is taken.

With DAG2SFN_SCREENSHOTS set to a folder, the pictures go there: ``python -m docs.screenshots``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect

pytestmark = pytest.mark.full

LOOKS = {
    "light": {"width": 1280, "height": 900},
    "dark": {"width": 1280, "height": 900, "scheme": "dark"},
    "narrow": {"width": 400, "height": 900},
}


def _pages(comparisons: dict[str, Any]) -> dict[str, tuple[str, Callable[[Any], Any]]]:
    """Return the path of each page, and what stands on it once all of it is there."""
    run = f"dags/failing/runs/{quote(comparisons['failing']['airflow']['run_id'], safe='')}"
    return {
        "overview": ("plugin/step-functions", lambda page: page.get_by_text("dag2sfn-branches").first),
        "dag": (
            "dags/partial_fan_in/plugin/step-functions-dag",
            lambda page: page.locator("g.step.success").nth(4),
        ),
        "run": (
            f"{run}/plugin/step-functions-run",
            lambda page: page.frame_locator("iframe[title=Comparison]").get_by_text("after_both").first,
        ),
        "task": (
            f"{run}/tasks/broken/plugin/step-functions-task",
            lambda page: page.get_by_role("heading", name="1 try"),
        ),
    }


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", ["overview", "dag", "run", "task"])
def test_a_page_fits_and_its_console_is_silent(
    open_page: Callable[..., Any],
    console: Any,
    pictures: Path,
    comparisons: dict[str, Any],
    name: str,
    look: str,
) -> None:
    path, last = _pages(comparisons)[name]
    page = open_page(path, **LOOKS[look])
    expect(last(page)).to_be_attached()
    page.wait_for_load_state("networkidle")
    section = page.locator("section[aria-busy]")
    assert section.evaluate("it => it.scrollWidth <= it.clientWidth")
    page.mouse.move(0, 0)
    page.screenshot(path=pictures / f"plugin-{name}-{look}.png", animations="disabled")
    assert console.errors == []
