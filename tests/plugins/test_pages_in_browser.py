"""The pages in a real Airflow and a real browser.

With DAG2SFN_SCREENSHOTS set to a folder, the pictures of the documentation are written there.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from converter.local import LocalAws
from playground import scene

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium")

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]

EXAMPLE = Path(__file__).parents[2] / "dags" / "partial_fan_in.py"
BIN = Path(sys.executable).parent
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
API = "**/dag2sfn/api/v1/dags"
#: Milliseconds that anything may take to be shown, on a machine that does much else.
PATIENCE = 45_000

GLUE_DAG = """
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.sdk import DAG

with DAG("{dag_id}", schedule=None):
    GlueJobOperator(task_id="load", job_name="load") >> GlueJobOperator(task_id="sum", job_name="sum")
"""


@dataclass(frozen=True)
class Airflow:
    url: str
    bundles: Path


@pytest.fixture(scope="module")
def airflow(
    tmp_path_factory: pytest.TempPathFactory, airflow_environment: Any, local_aws: LocalAws
) -> Iterator[Airflow]:
    """Airflow's API server over three converted DAGs: one deployed, one edited since, one deleted since.

    One more was never converted.
    """
    home = tmp_path_factory.mktemp("airflow")
    bundles, port = home / "dag2sfn", _free_port()
    environment = airflow_environment(home, AIRFLOW_CONN_AWS_DEFAULT="aws://") | local_aws.environment()
    dags = home / "dags"
    shutil.copy(EXAMPLE, dags)
    for dag_id in ("customer_orders", "month_end_close"):
        (dags / f"{dag_id}.py").write_text(GLUE_DAG.format(dag_id=dag_id))

    def run(*command: str) -> None:
        subprocess.run([BIN / command[0], *command[1:]], env=environment, cwd=home, check=True, timeout=240)

    run("dag2sfn", "convert", "dags", "-o", str(bundles), "--poll-interval", "1")
    (dags / "by_hand.py").write_text(GLUE_DAG.format(dag_id="by_hand"))
    with (dags / "customer_orders.py").open("a") as file:
        file.write("# edited\n")
    (dags / "month_end_close.py").unlink()
    scene.set_up(local_aws, bundles / "partial_fan_in", {"glue3": 8})
    run("dag2sfn", "deploy", str(bundles / "partial_fan_in"))
    run("airflow", "db", "migrate")
    run("airflow", "dags", "reserialize")
    url = f"http://127.0.0.1:{port}/"
    command = ["api-server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--apps", "core"]
    with (home / "server.log").open("w") as log:
        server = subprocess.Popen(
            [BIN / "airflow", *command],
            env=environment,
            cwd=home,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait_until_healthy(url, server, home / "server.log")
        yield Airflow(url, bundles)
    finally:
        _end_session(server)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and server.poll() is None:
        try:
            httpx.get(f"{url}api/v2/monitor/health", timeout=5).raise_for_status()
            return
        except httpx.HTTPError:
            time.sleep(0.5)
    pytest.fail(f"Airflow's API server did not start:\n{log.read_text()[-4000:]}")


def _end_session(leader: subprocess.Popen[bytes]) -> None:
    """End a server with its workers, which would outlive it."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(leader.pid, number)
            leader.wait(timeout=15)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


@dataclass
class Console:
    """What the browser's console said that it should not say."""

    errors: list[str] = field(default_factory=list)

    def listen(self, page: Any) -> None:
        page.on("console", lambda said: said.type in ("error", "warning") and self.errors.append(said.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))


@pytest.fixture
def console() -> Console:
    return Console()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright.expect.set_options(timeout=PATIENCE)
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def log_in(airflow: Airflow, browser: Any, console: Console) -> Iterator[Callable[..., Any]]:
    """Log in to Airflow; return the page, with all that its console says from then on in ``console``."""
    contexts = []

    def open_airflow(user: str = "admin", width: int = 1280, height: int = 720, **context: Any) -> Any:
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **context))
        contexts[-1].set_default_timeout(PATIENCE)
        page = contexts[-1].new_page()
        page.goto(airflow.url)
        page.get_by_label("Username").fill(user)
        page.get_by_label("Password", exact=True).fill(user)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Step Functions").wait_for()
        console.listen(page)
        return page

    yield open_airflow
    for context in contexts:
        context.close()


@pytest.fixture
def open_page(log_in: Callable[..., Any]) -> Callable[..., Any]:
    """Open the page Step Functions from the navigation."""

    def open_it(**given: Any) -> Any:
        page = log_in(**given)
        page.get_by_role("link", name="Step Functions").click()
        page.get_by_role("heading", name="Step Functions").wait_for()
        return page

    return open_it


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """The folder that pictures go to."""
    folder = Path(os.environ.get("DAG2SFN_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _row(page: Any, dag_id: str) -> Any:
    return page.get_by_role("row").filter(has_text=dag_id)


@pytest.mark.parametrize("user", ["admin", "viewer"])
def test_the_navigation_leads_to_the_converted_dags(
    open_page: Callable[..., Any], console: Console, airflow: Airflow, user: str
) -> None:
    page = open_page(user=user)
    expect = playwright.expect
    expect(_row(page, "partial_fan_in")).to_contain_text("dag2sfn-partial_fan_in")
    expect(_row(page, "partial_fan_in")).to_contain_text("Deployed")
    expect(_row(page, "customer_orders")).to_contain_text("Source changed")
    expect(_row(page, "by_hand")).to_contain_text("Not converted")
    expect(_row(page, "month_end_close")).to_contain_text("Unknown")
    expect(page.get_by_role("link", name="month_end_close")).to_have_count(0)
    page.get_by_role("link", name="partial_fan_in").click()
    page.wait_for_url(f"{airflow.url}dags/partial_fan_in/plugin/step-functions-dag")
    assert console.errors == []


def test_the_search_box_narrows_the_list_and_is_reached_by_keyboard(
    open_page: Callable[..., Any], console: Console
) -> None:
    page = open_page()
    expect = playwright.expect
    page.get_by_role("link", name="Step Functions").focus()
    search = page.get_by_role("searchbox")
    for _ in range(10):
        page.keyboard.press("Tab")
        if search.evaluate("box => box === document.activeElement"):
            break
    expect(search).to_be_focused()
    page.keyboard.type("Changed orders")
    expect(page.get_by_text("1 of 4 DAGs")).to_be_visible()
    expect(page.get_by_role("row")).to_have_count(2)
    page.keyboard.press("Control+A")
    page.keyboard.type("no such dag")
    expect(page.get_by_text("No DAG matches")).to_be_visible()
    page.get_by_role("button", name="Clear search").click()
    expect(page.get_by_text("4 DAGs")).to_be_visible()
    assert console.errors == []


def test_without_converted_dags_the_page_says_what_to_do(
    log_in: Callable[..., Any], console: Console
) -> None:
    page = log_in()
    empty = {"folder": "/opt/bundles", "folder_exists": False, "aws_problem": None, "dags": []}
    page.route(API, lambda route: route.fulfill(json=empty))
    page.get_by_role("link", name="Step Functions").click()
    expect = playwright.expect
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


def test_an_error_is_shown_and_can_be_got_over(log_in: Callable[..., Any]) -> None:
    page = log_in()
    page.route(API, lambda route: route.fulfill(status=503, json={"detail": "The folder cannot be read"}))
    page.get_by_role("link", name="Step Functions").click()
    expect = playwright.expect
    expect(page.get_by_role("alert")).to_contain_text("The folder cannot be read")
    page.unroute(API)
    page.get_by_role("button", name="Try again").click()
    expect(_row(page, "partial_fan_in")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    page.route(API, lambda route: route.abort())
    page.get_by_role("button", name="Reload").click()
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    expect(_row(page, "partial_fan_in")).to_be_visible()


def test_bars_stand_where_the_table_will_be(log_in: Callable[..., Any]) -> None:
    page = log_in()
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    page.route(API, hold)
    page.get_by_role("link", name="Step Functions").click()
    playwright.expect(page.get_by_role("status", name="Loading")).to_be_visible()
    held[0].continue_()
    playwright.expect(_row(page, "partial_fan_in")).to_be_visible()


def test_a_narrow_window_shows_names_and_states(open_page: Callable[..., Any], console: Console) -> None:
    page = open_page(width=400, height=800)
    expect = playwright.expect
    expect(_row(page, "partial_fan_in").get_by_text("Deployed")).to_be_in_viewport()
    expect(page.get_by_text("dag2sfn-partial_fan_in, 5 tasks")).to_be_in_viewport()
    expect(page.get_by_role("columnheader", name="Source file")).to_be_hidden()
    table = page.get_by_role("table")
    assert table.evaluate("it => it.scrollWidth <= it.parentElement.clientWidth")
    assert console.errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_follows_airflows_theme(
    open_page: Callable[..., Any], pictures: Path, console: Console, scheme: str
) -> None:
    page = open_page(height=480, color_scheme=scheme)
    playwright.expect(_row(page, "partial_fan_in")).to_be_visible()
    page.mouse.move(640, 460)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=pictures / f"plugin-{scheme}.png", animations="disabled")
    # The lightness of the heading against its page: dark on light, or light on dark.
    color = page.get_by_role("heading", name="Step Functions").evaluate("it => getComputedStyle(it).color")
    is_light_text = _lightness(page, color) > 0.5
    assert is_light_text == (scheme == "dark")
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


@pytest.fixture
def open_dag(airflow: Airflow, log_in: Callable[..., Any]) -> Callable[..., Any]:
    """Open the tab Step Functions of the example DAG."""

    def open_it(**given: Any) -> Any:
        page = log_in(**given)
        page.goto(f"{airflow.url}dags/partial_fan_in/plugin/step-functions-dag")
        page.get_by_role("region", name="The plan of partial_fan_in").wait_for()
        return page

    return open_it


def _trigger(page: Any) -> None:
    section = page.locator("section[aria-busy]")
    section.get_by_role("button", name="Trigger").click()
    page.get_by_role("form").get_by_role("button", name="Start").click()


def test_an_execution_is_triggered_and_watched_to_its_end_without_reload(
    open_dag: Callable[..., Any], console: Console, pictures: Path
) -> None:
    page = open_dag(user="user", color_scheme="light")
    _trigger(page)
    expect = playwright.expect
    expect(page.locator("g.step.running").first).to_be_visible()
    tasks = page.get_by_role("table", name="Tasks")
    expect(tasks.get_by_role("row").filter(has_text="report_b")).to_contain_text(
        "success", timeout=2 * PATIENCE
    )
    expect(tasks.get_by_role("row").filter(has_text="glue1")).to_contain_text("jr_")
    expect(page.locator("g.step.success")).to_have_count(5)
    page.screenshot(path=pictures / "plugin-dag-light.png", animations="disabled")
    assert console.errors == []


def test_an_execution_is_stopped_and_resumed(open_dag: Callable[..., Any], console: Console) -> None:
    page = open_dag()
    _trigger(page)
    expect = playwright.expect
    listed = page.get_by_role("table", name="Executions")
    listed.get_by_role("button", name="Stop").first.click()
    expect(listed.get_by_text("aborted").first).to_be_visible()
    expect(page.get_by_text("stopped by admin in Airflow").first).to_be_visible()
    listed.get_by_role("button", name="Resume").first.click()
    expect(listed.get_by_text("running").first).to_be_visible()
    listed.get_by_role("button", name="Stop").first.click()
    assert console.errors == []


def test_a_viewer_sees_no_button_that_starts(open_dag: Callable[..., Any], console: Console) -> None:
    page = open_dag(user="viewer")
    section = page.locator("section[aria-busy]")
    listed = page.get_by_role("table", name="Executions").or_(page.get_by_text("No execution in the last"))
    playwright.expect(listed).to_be_visible()
    for name in ("Trigger", "Stop", "Resume"):
        playwright.expect(section.get_by_role("button", name=name)).to_have_count(0)
    assert console.errors == []


def test_aws_out_of_reach_is_shown_and_got_over(open_dag: Callable[..., Any]) -> None:
    page = open_dag()
    listing = "**/dags/partial_fan_in/executions"
    page.route(listing, lambda route: route.fulfill(status=503, json={"detail": "Could not connect to AWS"}))
    page.get_by_role("button", name="Reload").click()
    expect = playwright.expect
    said = page.get_by_role("alert").filter(has_text="Could not connect to AWS")
    expect(said).to_be_visible()
    page.unroute(listing)
    # By itself: it looks again after a while.
    expect(said).to_have_count(0)


def _run_of_airflows(airflow: Airflow, run_id: str) -> None:
    """Trigger the example in Airflow, as its API does. No scheduler is there: the run stays queued."""
    login = {"username": "admin", "password": "admin"}
    token = httpx.post(f"{airflow.url}auth/token", json=login, timeout=60).raise_for_status().json()
    httpx.post(
        f"{airflow.url}api/v2/dags/partial_fan_in/dagRuns",
        headers={"Authorization": f"Bearer {token['access_token']}"},
        json={"dag_run_id": run_id, "logical_date": "2026-01-01T00:00:00Z", "conf": {"day": "2026-01-01"}},
        timeout=60,
    ).raise_for_status()


def test_a_run_of_airflows_is_run_on_step_functions_too(
    airflow: Airflow, log_in: Callable[..., Any], console: Console
) -> None:
    run_id = "on_both"
    _run_of_airflows(airflow, run_id)
    page = log_in()
    expect = playwright.expect
    page.goto(f"{airflow.url}dags/partial_fan_in/runs/{run_id}/plugin/step-functions-run")
    expect(page.get_by_text("no execution is named after this run")).to_be_visible()
    page.get_by_role("button", name="Run on Step Functions too").click()
    section = page.locator("section[aria-busy]")
    expect(section.get_by_text("succeeded", exact=True)).to_be_visible(timeout=2 * PATIENCE)
    compared = page.frame_locator("iframe[title=Comparison]")
    expect(compared.get_by_text("report_b").first).to_be_visible()
    page.goto(f"{airflow.url}dags/partial_fan_in/runs/{run_id}/tasks/glue1/plugin/step-functions-task")
    expect(section.get_by_label("output", exact=True)).to_contain_text("jr_")
    expect(section.get_by_role("heading", name="1 try")).to_be_visible()
    expect(section.get_by_label("input of try 1", exact=True)).to_contain_text("glue1")
    assert console.errors == []
