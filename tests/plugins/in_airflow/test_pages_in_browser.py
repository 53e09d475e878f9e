"""The pages in a real Airflow and a real browser: the overview, and the tab on a DAG."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect

pytestmark = pytest.mark.full

API = "**/dag2sfn/api/v1/dags"
EXAMPLE = "dags/partial_fan_in/plugin/step-functions-dag"


def _row(page: Any, dag_id: str) -> Any:
    name = page.get_by_role("cell", name=dag_id).or_(page.get_by_role("link", name=dag_id, exact=True))
    return page.get_by_role("row").filter(has=name)


@pytest.mark.parametrize("user", ["admin", "user", "viewer"])
def test_the_navigation_leads_to_the_dags_that_the_user_may_read(
    open_page: Callable[..., Any], console: Any, beside: Any, user: str
) -> None:
    page = open_page("", user=user)
    page.get_by_role("link", name="Step Functions").click()
    expect(_row(page, "partial_fan_in")).to_contain_text("dag2sfn-partial_fan_in")
    expect(_row(page, "partial_fan_in")).to_contain_text("Deployed")
    expect(_row(page, "customer_orders")).to_contain_text("Source changed")
    expect(_row(page, "by_hand")).to_contain_text("Not converted")
    expect(_row(page, "month_end_close")).to_contain_text("Unknown")
    expect(page.get_by_role("link", name="month_end_close")).to_have_count(0)
    expect(page.get_by_text("payroll")).to_have_count(1 if user == "admin" else 0)
    page.get_by_role("link", name="partial_fan_in").click()
    page.wait_for_url(f"{beside.airflow.url}/{EXAMPLE}")
    assert console.errors == []


def test_what_a_user_may_not_read_is_refused(open_page: Callable[..., Any], ask: Callable[..., Any]) -> None:
    for path in ("dags/payroll", "dags/payroll/executions", "dags/payroll/report"):
        assert (ask("GET", path, user="user")[0], ask("GET", path)[0] == 403) == (403, False)
    page = open_page("dags/payroll/plugin/step-functions-dag", user="viewer")
    expect(page.get_by_role("button", name="Trigger")).to_have_count(0)


def test_the_search_box_narrows_the_list_and_is_reached_by_keyboard(
    open_page: Callable[..., Any], console: Any
) -> None:
    page = open_page()
    page.get_by_role("link", name="Step Functions").focus()
    search = page.get_by_role("searchbox")
    search.wait_for()
    for _ in range(10):
        page.keyboard.press("Tab")
        if search.evaluate("box => box === document.activeElement"):
            break
    expect(search).to_be_focused()
    page.keyboard.type("Changed orders")
    expect(page.get_by_text("1 of 13 DAGs")).to_be_visible()
    expect(page.get_by_role("row")).to_have_count(2)
    page.keyboard.press("Control+A")
    page.keyboard.type("no such dag")
    expect(page.get_by_text("No DAG matches")).to_be_visible()
    page.get_by_role("button", name="Clear search").click()
    expect(page.get_by_text("13 DAGs")).to_be_visible()
    page.get_by_label("State", exact=True).select_option(label="Source changed")
    # Of the wrong one, another file was converted than Airflow has.
    expect(page.get_by_text("2 of 13 DAGs")).to_be_visible()
    assert console.errors == []


def test_without_converted_dags_the_page_says_what_to_do(open_page: Callable[..., Any], console: Any) -> None:
    page = open_page("")
    empty = {"folder": "/opt/bundles", "folder_exists": False, "aws_problem": None, "dags": []}
    page.route(API, lambda route: route.fulfill(json=empty))
    page.get_by_role("link", name="Step Functions").click()
    expect(page.get_by_text("does not exist yet")).to_be_visible()
    expect(page.get_by_text("dag2sfn convert dags/my_dag.py -o /opt/bundles")).to_be_visible()
    page.unroute(API)
    page.route(API, lambda route: route.fulfill(json={**empty, "folder_exists": True}))
    page.get_by_role("button", name="Reload").click()
    expect(page.get_by_text("holds no bundle")).to_be_visible()
    page.unroute(API)
    page.get_by_role("button", name="Reload").click()
    expect(_row(page, "partial_fan_in")).to_be_visible()
    assert console.errors == []


def test_bars_stand_where_the_table_will_be(open_page: Callable[..., Any]) -> None:
    page = open_page("")
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    page.route(API, hold)
    page.get_by_role("link", name="Step Functions").click()
    expect(page.get_by_role("status", name="Loading")).to_be_visible()
    for _ in range(200):  # the bars may be there before the request has come to us
        if held:
            break
        page.wait_for_timeout(50)
    expect(page.get_by_role("status", name="Loading")).to_be_visible()
    held[0].continue_()
    expect(_row(page, "partial_fan_in")).to_be_visible()


def test_an_error_is_shown_and_can_be_got_over(open_page: Callable[..., Any]) -> None:
    page = open_page("")
    page.route(API, lambda route: route.fulfill(status=503, json={"detail": "The folder cannot be read"}))
    page.get_by_role("link", name="Step Functions").click()
    expect(page.get_by_role("alert")).to_contain_text("The folder cannot be read")
    page.unroute(API)
    page.get_by_role("button", name="Try again").click()
    expect(_row(page, "partial_fan_in")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    page.route(API, lambda route: route.abort())
    page.get_by_role("button", name="Reload").click()
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    expect(_row(page, "partial_fan_in")).to_be_visible()


def test_a_narrow_window_shows_names_states_and_bars(
    open_page: Callable[..., Any], console: Any, comparisons: Mapping[str, Any]
) -> None:
    assert comparisons["branches"]
    page = open_page(width=400, height=800)
    expect(_row(page, "branches").get_by_text("Deployed")).to_be_in_viewport()
    expect(page.get_by_text("dag2sfn-branches, 5 tasks")).to_be_in_viewport()
    bars = _row(page, "branches").get_by_role("img", name="1 execution, 0 not successful")
    expect(bars).to_be_in_viewport()
    expect(page.get_by_role("columnheader", name="Source file")).to_be_hidden()
    table = page.get_by_role("table")
    assert table.evaluate("it => it.scrollWidth <= it.parentElement.clientWidth")
    assert console.errors == []


def test_it_follows_airflows_theme(open_page: Callable[..., Any], console: Any) -> None:
    page = open_page()
    expect(_row(page, "partial_fan_in")).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        expect(page.locator(f"html.{scheme}")).to_be_attached()
        # The lightness of the heading against its page: dark on light, or light on dark.
        heading = page.get_by_role("heading", name="Step Functions")
        color = heading.evaluate("it => getComputedStyle(it).color")
        assert (_lightness(page, color) > 0.5) == (scheme == "dark")
    assert console.errors == []


def _lightness(page: Any, color: str) -> float:
    """Return the mean of a CSS colour's red, green and blue, 0 to 1, as the browser paints it."""
    painted = page.evaluate(
        """color => {
            const canvas = new OffscreenCanvas(1, 1).getContext("2d");
            canvas.fillStyle = color;
            canvas.fillRect(0, 0, 1, 1);
            return Array.from(canvas.getImageData(0, 0, 1, 1).data.slice(0, 3));
        }""",
        color,
    )
    return sum(painted) / 3 / 255


def _section(page: Any) -> Any:
    return page.locator("section[aria-busy]")


def test_a_viewer_sees_all_of_it_and_starts_nothing(
    open_page: Callable[..., Any], console: Any, ask: Callable[..., Any]
) -> None:
    page = open_page("dags/slow/plugin/step-functions-dag", user="viewer")
    listed = page.get_by_role("table", name="Executions").or_(page.get_by_text("No execution in the last"))
    expect(listed).to_be_visible()
    for name in ("Trigger", "Stop", "Resume"):
        expect(_section(page).get_by_role("button", name=name)).to_have_count(0)
    before = ask("GET", "dags/slow/executions")[1]
    for path in ("executions", "executions/any/stop", "executions/any/resume", "runs/any/execution"):
        assert ask("POST", f"dags/slow/{path}", user="viewer", body={})[0] == 403
    assert ask("GET", "dags/slow/executions")[1] == before
    assert console.errors == []


@pytest.fixture
def other_site() -> Iterator[str]:
    """The address of a site of somebody else's, with an empty page."""

    class Empty(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()

        def log_message(self, *given: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Empty) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


def test_another_site_starts_nothing_with_the_users_cookie(
    open_page: Callable[..., Any], beside: Any, ask: Callable[..., Any], other_site: str
) -> None:
    page = open_page()
    _row(page, "partial_fan_in").wait_for()
    target = f"{beside.airflow.url}/dag2sfn/api/v1/dags/slow/executions"
    before = ask("GET", "dags/slow/executions")[1]
    # A page of Airflow's own origin without the header, as a form would send it: with the cookie.
    sent = "url => fetch(url, {method: 'POST', body: '{}'}).then(it => it.status)"
    assert page.evaluate(sent, target) == 403
    page.goto(other_site)
    page.set_content(f"<form action='{target}' enctype='text/plain' method=post><button>Win</button></form>")
    with page.expect_response(target) as answered:
        page.get_by_role("button", name="Win").click()
    # The browser keeps the cookie back, or sends it and the guard refuses.
    assert answered.value.status in (401, 403)
    forged = {"Origin": other_site.rstrip("/"), "Sec-Fetch-Site": "cross-site"}
    assert ask("POST", "dags/slow/executions", body={}, **forged)[0] == 403
    assert ask("GET", "dags/slow/executions")[1] == before


def test_aws_out_of_reach_is_shown_and_got_over(open_page: Callable[..., Any], beside: Any) -> None:
    page, overview = open_page(EXAMPLE), open_page()
    page.get_by_role("region", name="The plan of partial_fan_in").wait_for()
    _row(overview, "partial_fan_in").wait_for()
    with beside.gate.shut():
        page.get_by_role("button", name="Reload").click()
        said = page.get_by_role("alert").filter(has_text="Step Functions could not be asked").first
        expect(said).to_contain_text(beside.gate.url)
        # What stands in the bundle is still there.
        expect(page.get_by_role("region", name="The plan of partial_fan_in")).to_be_visible()
    # By itself: it looks again after a while.
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(_section(page).get_by_role("button", name="Trigger")).to_be_visible()
