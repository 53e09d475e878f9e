"""One Airflow (standalone, LocalExecutor) and one local AWS for all tests of this folder.

DAGs in every state are there, and a DAG that only admins may read. Some are run on both sides and compared,
once, for whoever asks. DAG2SFN_AIRFLOW_3_PYTHON names a Python with another Airflow (3.1 or later, its Amazon
provider, and this checkout): then it is that one.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from gate import Gate
from pages import CHROMIUM, PATIENCE, Browser, Console

from converter.local import LocalAws
from playground import both
from playground.airflow import ROOT, Airflow

HERE = Path(__file__).parent
PYTHON = Path(os.environ.get("DAG2SFN_AIRFLOW_3_PYTHON") or sys.executable)
EXAMPLE = ROOT / "dags" / "partial_fan_in.py"
#: Which are run on both sides.
COMPARED = ("partial_fan_in", "failing", "rules", "wrong", "mapped", "branches", "sensing")
COMPANIONS = ("rules", "slow")
#: A machine with two cores starts no more processes of tasks at once, and serves pages meanwhile.
_AT_ONCE = 3
GLUE_DAG = """
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.sdk import DAG, Param

with DAG("{dag_id}", schedule=None, params={{"rows": Param(10, type="integer", minimum=1)}}):
    GlueJobOperator(task_id="load", job_name="load") >> GlueJobOperator(task_id="sum", job_name="sum")
"""
#: Airflow's simple auth manager knows no permissions for single DAGs. The API server alone asks for this.
HIDING = """
from functools import cached_property
from airflow.plugins_manager import AirflowPlugin

class Hiding(AirflowPlugin):
    name = "hiding"

    @cached_property
    def fastapi_apps(self):
        from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager as Manager

        def is_authorized_dag(self, *, user, details=None, asked=Manager.is_authorized_dag, **request):
            hidden = details is not None and details.id == "payroll" and user.role != "admin"
            return not hidden and asked(self, user=user, details=details, **request)

        Manager.is_authorized_dag = is_authorized_dag
        return []
"""


#: One DAG runs beside Airflow, too.
SHADOW = """
source-airflow: 3
dags: {sales: {shadow: on}}
environments:
  shadow:
    prefix: shadow-
    tasks: {sales: {publish: {arguments: {op_kwargs: {target: "s3://shadow/sales"}}}}}
"""


@dataclass(frozen=True)
class Beside:
    """Airflow, what it takes for AWS, and the door between the two."""

    airflow: Airflow
    aws: LocalAws
    gate: Gate


@pytest.fixture(scope="session")
def beside(tmp_path_factory: pytest.TempPathFactory, local_aws: LocalAws) -> Iterator[Beside]:
    home, gate = tmp_path_factory.mktemp("airflow"), Gate(local_aws.endpoint)
    airflow = both.airflow_beside(
        local_aws,
        home,
        python=PYTHON,
        AIRFLOW__CORE__PARALLELISM=str(_AT_ONCE),
        AWS_ENDPOINT_URL=gate.url,
        AIRFLOW__DAG2SFN__SHADOW_PREFIX="shadow-",
    )
    with ThreadPoolExecutor(1) as pool:
        # While it starts, which takes half a minute, machines are made.
        _put_dags(airflow)
        starting = pool.submit(airflow.start)
        try:
            _deploy_shadow(airflow, local_aws)
            _deploy(airflow, local_aws)
            starting.result()
            airflow.wait_for_dags([*COMPARED, *(f"{dag_id}__step_functions" for dag_id in COMPANIONS)])
            yield Beside(airflow, local_aws, gate)
        finally:
            starting.exception()
            airflow.stop()
            gate.close()


def _put_dags(airflow: Airflow) -> None:
    dags = [EXAMPLE, HERE / "shadow" / "sales.py", *(HERE / "dags").glob("*.py")]
    both.add_dags(airflow, dags)
    for dag_id in ("customer_orders", "by_hand", "payroll"):
        (airflow.dags / f"{dag_id}.py").write_text(GLUE_DAG.format(dag_id=dag_id))
    with (airflow.dags / "customer_orders.py").open("a") as file:
        file.write("# edited\n")
    plugins = airflow.home / "plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    (plugins / "hiding.py").write_text(HIDING)


def _deploy(airflow: Airflow, aws: LocalAws) -> None:
    """Convert other DAG files than Airflow has: edited since, deleted since, not converted, and wrong."""
    files = airflow.home / "files"
    shutil.copytree(HERE / "dags", files)
    shutil.copy(EXAMPLE, files)
    for dag_id in ("customer_orders", "month_end_close"):
        (files / f"{dag_id}.py").write_text(GLUE_DAG.format(dag_id=dag_id))
    wrong = files / "wrong.py"
    wrong.write_text(wrong.read_text().replace('"rows": 3', '"rows": 4'))
    bundles = both.convert(files, airflow.bundles, aws, "--companion")
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="incoming")
    s3.put_object(Bucket="incoming", Key="today.csv", Body=b"1")
    deployed = [bundle for bundle in bundles if bundle.name in (*COMPARED, *COMPANIONS)]
    both.add_dags(
        airflow, [airflow.bundles / dag_id / f"{dag_id}__step_functions.py" for dag_id in COMPANIONS]
    )
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda bundle: both.deploy(aws, bundle, {"glue3": 8, "slow_job": 600}), deployed))


def _deploy_shadow(airflow: Airflow, aws: LocalAws) -> None:
    """Deploy a machine to run beside Airflow, which is wrong about one day."""
    file, config, out = airflow.home / "sales.py", airflow.home / "dag2sfn.yaml", airflow.home / "shadow"
    rows = "int(str(ds)[-2:])"
    wrong = f'{rows} + (str(ds) == "2026-01-04")'
    file.write_text((HERE / "shadow" / "sales.py").read_text().replace(rows, wrong))
    config.write_text(SHADOW)
    there = ("--config", str(config), "--environment", "shadow")
    for arguments in (("convert", str(file), "-o", str(out)), ("deploy", str(out / "sales"))):
        done = both.dag2sfn(aws, *arguments, *there)
        assert done.returncode == 0, done.stderr


class Comparisons(Mapping[str, dict[str, Any]]):
    """What ``dag2sfn compare`` says of each DAG, and its exit code as ``exit``. Who asks waits."""

    def __init__(self, beside: Beside, pool: ThreadPoolExecutor) -> None:
        self._running = {dag_id: pool.submit(_compare, beside, dag_id) for dag_id in COMPARED}

    def __getitem__(self, dag_id: str) -> dict[str, Any]:
        return self._running[dag_id].result()

    def __iter__(self) -> Iterator[str]:
        return iter(self._running)

    def __len__(self) -> int:
        return len(self._running)


def _compare(beside: Beside, dag_id: str) -> dict[str, Any]:
    arguments = ("compare", dag_id, "--format", "json", "--interval", "1")
    if dag_id == "partial_fan_in":
        arguments += ("--conf", '{"day": "2026-01-01"}', "--logical-date", "2026-01-01")
    done = both.dag2sfn(beside.aws, *arguments, more=both.login(beside.airflow))
    assert done.stdout, done.stderr
    return {**json.loads(done.stdout), "exit": done.returncode}


@pytest.fixture(scope="session")
def comparisons(beside: Beside) -> Iterator[Comparisons]:
    """DAGs are run on both sides, meanwhile, and compared."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield Comparisons(beside, pool)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """The folder that pictures go to: that of DAG2SFN_SCREENSHOTS, if there is."""
    folder = Path(os.environ.get("DAG2SFN_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def ask(beside: Beside) -> Callable[..., tuple[int, Any]]:
    """Call the pages' API as a user; return status and document."""

    def request(method: str, path: str, user: str = "admin", body: Any = None, **headers: str) -> Any:
        return beside.airflow.request(
            method, f"/dag2sfn/api/v1/{path}", body, user=user, headers={"X-Dag2sfn": "1", **headers}
        )

    return request


@pytest.fixture
def console() -> Console:
    return Console()


@pytest.fixture(scope="session")
def browser(beside: Beside) -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    playwright.expect.set_options(timeout=PATIENCE)
    with playwright.sync_playwright() as started:
        browser = Browser(started, beside.airflow.url)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, console: Console) -> Iterator[Callable[..., Any]]:
    """Open a page as a user; all that its console says is in ``console``."""
    opened = []

    def open_it(path: str = "plugin/step-functions", **given: Any) -> Any:
        opened.append(browser.tab(path, console, **given))
        return opened[-1]

    yield open_it
    for page in opened:
        browser.give_back(page)
