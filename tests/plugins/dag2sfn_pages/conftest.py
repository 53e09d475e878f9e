"""An Airflow in this process, whose database has four DAG files, and a client of the pages' API."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

DAG_FILE = """
from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator

with DAG("{dag_id}", schedule=None):
    EmptyOperator(task_id="only")
"""
WRITES = {"X-Dag2sfn": "1", "Sec-Fetch-Site": "same-origin"}
DAG_IDS = ("orders", "invoices", "payroll", "windows")
WITH_PARAMS = """
from airflow.sdk import DAG, Param

with DAG("with_params", schedule=None, params={
    "day": Param(type="string", format="date"),
    "rows": Param(10, type="integer", minimum=1, description_md=(
        "At *least* 1: www.example.org <b>x</b> [y](javascript:alert(1))"
    )),
    "plain": "x",
}):
    pass
"""


@pytest.fixture(scope="package")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("airflow")


@pytest.fixture(scope="package")
def airflow(home: Path, airflow_environment: Any, plugins_folder: Path) -> Iterator[Any]:
    """Make this process an Airflow with a database that has read four DAG files; return its auth manager."""
    if "airflow" in sys.modules:
        pytest.skip("Airflow is already imported in this process, with another configuration")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in airflow_environment(home).items():
            patch.setenv(name, value)
        patch.syspath_prepend(str(plugins_folder))
        for dag_id in DAG_IDS:
            # Bytes, since the line ends matter.
            text = DAG_FILE.format(dag_id=dag_id)
            text = text.replace("\n", "\r\n") if dag_id == "windows" else text
            (home / "dags" / f"{dag_id}.py").write_bytes(text.encode())
        (home / "dags" / "with_params.py").write_text(WITH_PARAMS)
        _read_dags(home / "dags")

        from airflow.api_fastapi.app import init_auth_manager

        yield init_auth_manager()


def _read_dags(folder: Path) -> None:
    from airflow import settings
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
    from airflow.models.dagbundle import DagBundleModel
    from airflow.utils.db import initdb
    from airflow.utils.session import create_session

    settings.initialize()
    initdb()
    with create_session() as session:
        session.add(DagBundleModel(name="dags-folder"))
    bag = DagBag(folder, bundle_path=folder, bundle_name="dags-folder")
    assert bag.import_errors == {}
    sync_bag_to_db(bag, "dags-folder", None)


@pytest.fixture
def folder(airflow: Any, session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from dag2sfn_pages import api, aws

    aws._clients.clear()
    api.machines.forget_all()
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", "aws://")
    monkeypatch.setenv("AIRFLOW__DAG2SFN__BUNDLES_FOLDER", str(tmp_path / "bundles"))
    return tmp_path / "bundles"


@pytest.fixture
def client(airflow: Any) -> Any:
    """A client of the plugin's app, mounted in another app as Airflow's API server does it."""
    from dag2sfn_pages.app import create_app
    from fastapi import FastAPI
    from fastapi.testclient import TestClient

    api_server = FastAPI()
    api_server.mount("/dag2sfn", create_app())
    return TestClient(api_server)


@pytest.fixture
def call(airflow: Any, client: Any) -> Callable[..., Any]:
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    def request(method: str, path: str, status: int, role: str = "admin", **given: Any) -> Any:
        token = airflow.generate_jwt(SimpleAuthManagerUser(username="anna", role=role))
        headers = {"Authorization": f"Bearer {token}", **given.pop("headers", WRITES)}
        response = client.request(method, f"/dag2sfn/api/v1/{path}", headers=headers, **given)
        assert response.status_code == status, response.text
        return response.json() if response.headers["content-type"] == "application/json" else response

    return request
