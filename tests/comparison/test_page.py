from __future__ import annotations

import re
import shutil
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest
from runs import airflow, both_of_size, machine, task

from converter.comparison import compare
from converter.comparison.documents import lines, to_json
from converter.comparison.page import page
from converter.comparison.page_rows import axis

CHROMIUM = shutil.which("chromium")


class Outside(HTMLParser):
    """What a page would load from elsewhere."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.found += [attributes[name] for name in ("src", "srcset", "data") if name in attributes]
        self.found += [attributes["href"]] if tag == "link" else []


def test_the_page_needs_nothing_beside_itself():
    text = page(compare(*both_of_size(20)))
    parser = Outside()
    parser.feed(text)
    assert parser.found == []
    assert "url(" not in text
    assert "@import" not in text


def test_what_tasks_return_cannot_break_out_of_the_page():
    bad = "</script><img src=x onerror=alert(1)>"
    left = airflow(task("load", output=bad, error=bad), dag_id=bad)
    text = page(compare(left, machine(task("load", output="other"))))
    assert bad not in text
    assert "&lt;img src=x" in text


def test_each_task_has_a_row_with_both_lanes_in_words():
    left = airflow(task("extract", 0, 2), task("load", 3, 4, waited=1))
    text = page(compare(left, machine(task("extract", 0.5, 2.5), task("load", None, None, "skipped"))))
    labels = re.findall(r'class="lane[^"]*" role="img" aria-label="([^"]*)"', text)
    assert labels == [
        "Airflow: success, 0.0 s to 2.0 s",
        "Step Functions: success, 0.5 s to 2.5 s",
        "Airflow: success, 3.0 s to 4.0 s",
        "Step Functions: skipped, did not run",
    ]
    assert 'class="waiting" style="left:' in text


def test_bars_stand_where_the_seconds_are():
    left = airflow(task("load", 2, 6), end=8)
    text = page(compare(left, machine(task("load", 0, 1), end=4)))
    assert 'class="success" style="left:25.000%;width:50.000%"' in text
    assert 'class="success" style="left:0.000%;width:12.500%"' in text


@pytest.mark.parametrize(
    ("length", "last"), [(0.7, "0.6 s"), (14, "14 s"), (95, "1:30"), (4000, "1:00 h"), (90000, "24:00 h")]
)
def test_the_axis_has_ticks_at_round_times(length, last):
    ticks = re.findall(r"%\">([^<]*)</span>", axis(length))
    assert 4 <= len(ticks) <= 10
    assert ticks[-1] == last


def test_a_theme_can_be_asked_for():
    both = both_of_size(5)
    assert 'data-theme="dark"' in page(compare(*both), "dark")
    assert "data-theme=" not in page(compare(*both)).split("<style>")[0]


def test_the_json_document_has_the_promised_form():
    left = airflow(task("load", 1, 2, output=1), upstream={"load": ()})
    document = to_json(compare(left, machine(task("load", output=2))))
    assert {"dag_id", "verdict", "tasks", "airflow", "step_functions"} <= set(document)
    assert (document["dag_id"], document["verdict"]) == ("etl", "different")
    (one,) = document["tasks"]
    assert (one["task_id"], one["verdict"], len(one["differences"])) == ("load", "different", 1)
    assert one["airflow"]["start_delay"] == 1
    # 10 transitions at $0.025 per 1,000, 2 calls: $0.20 per million and 0.25 GB for 0.2 s.
    assert document["step_functions"]["cost"]["total"] == pytest.approx(
        10 * 0.000025 + 2 * (0.0000002 + 0.05 * 0.0000133334), abs=1e-9
    )


def test_the_text_names_the_tasks_that_differ():
    left = airflow(task("load", output={"rows": 1}), task("extract"))
    text = "\n".join(lines(compare(left, machine(task("load", output={"rows": 2}), task("extract")))))
    assert "etl: different" in text
    assert "1 of 2 tasks are equal" in text
    assert "output at rows differs: 1 in Airflow, 2 on Step Functions" in text
    assert "extract: different" not in text


def test_a_page_of_two_thousand_tasks_takes_seconds():
    begin = time.process_time()
    text = page(compare(*both_of_size(2000)))
    assert time.process_time() - begin < 5  # about half a second
    assert text.count("<details") == 2000


@pytest.mark.full
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_in_a_browser_rows_are_found_filtered_and_opened_by_keyboard(tmp_path: Path):
    sync = pytest.importorskip("playwright.sync_api")
    path = tmp_path / "page.html"
    path.write_text(page(compare(*both_of_size(50, wrong=3)), zone="Asia/Tokyo"))
    with sync.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 400, "height": 800})
        said = []
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.goto(path.as_uri())
        # 12:00 UTC.
        sync.expect(tab.locator("time").first).to_have_text("Jan 1, 2026, 9:00:00 PM")
        tab.get_by_label("only what differs").check()
        sync.expect(tab.get_by_text("3 of 50 tasks", exact=True)).to_be_visible()
        tab.get_by_label("only what differs").uncheck()
        tab.get_by_label("Find a task").fill("report_0004")
        rows = tab.locator("details:visible")
        sync.expect(rows).to_have_count(1)
        tab.keyboard.press("Tab")
        tab.keyboard.press("Tab")
        tab.keyboard.press("Enter")
        sync.expect(rows.first).to_have_attribute("open", "")
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert said == []
        browser.close()
