from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def list_bundles(airflow: Any, client: Any) -> Callable[..., Any]:
    """Call the route as a user with a role."""
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    def call(role: str | None = "viewer", status: int = 200) -> Any:
        token = airflow.generate_jwt(SimpleAuthManagerUser(username="somebody", role=role))
        headers = {"Authorization": f"Bearer {token}"}
        response = client.get("/dag2sfn/api/v1/dags", headers=headers)
        assert response.status_code == status, response.text
        return response.json()

    return call


def _states(listed: Any) -> dict[str, str]:
    """Return the states of the DAGs about which there is something to say."""
    states = {dag["dag_id"]: dag["state"] for dag in listed["dags"]}
    return {dag_id: state for dag_id, state in states.items() if state != "not_converted"}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_nobody_is_let_in_without_login(folder: Path, client: Any) -> None:
    assert client.get("/dag2sfn/api/v1/dags").status_code == 401
    forged = {"Authorization": "Bearer not.a.token"}
    assert client.get("/dag2sfn/api/v1/dags", headers=forged).status_code == 403


def test_every_route_of_the_api_requires_a_user(client: Any, airflow: Any) -> None:
    from airflow.api_fastapi.core_api.security import get_user
    from dag2sfn_pages import api, dag_api, run_api, score_api

    routes = [route for module in (api, dag_api, run_api, score_api) for route in module.router.routes]
    assert len(routes) > 10
    for route in routes:
        assert get_user in [dependency.call for dependency in route.dependant.dependencies]


def test_a_bundle_is_converted_as_long_as_its_dag_file_is_the_same(
    folder: Path, home: Path, list_bundles: Callable[..., Any], write_manifest: Any
) -> None:
    source = {"file": "dags/orders.py", "line": 5, "sha256": _sha256(home / "dags" / "orders.py")}
    write_manifest(folder, "orders", source=source)
    write_manifest(folder, "invoices")
    assert _states(list_bundles()) == {"invoices": "source_changed", "orders": "converted"}


def test_line_ends_of_windows_are_no_change(
    folder: Path, home: Path, list_bundles: Callable[..., Any], write_manifest: Any
) -> None:
    path = home / "dags" / "windows.py"
    assert b"\r\n" in path.read_bytes()
    write_manifest(folder, "windows", source={"file": "windows.py", "line": 5, "sha256": _sha256(path)})
    assert _states(list_bundles()) == {"windows": "converted"}


def test_a_bundle_is_described_from_its_manifest(
    folder: Path, list_bundles: Callable[..., Any], write_manifest: Any
) -> None:
    write_manifest(folder, "orders")
    listed = list_bundles()
    assert (listed["folder"], listed["folder_exists"], listed["aws_problem"]) == (str(folder), True, None)
    ids = ["invoices", "orders", "payroll", "windows", "with_params"]
    assert [dag["dag_id"] for dag in listed["dags"]] == ids
    assert listed["dags"][1] == {
        "dag_id": "orders",
        "in_airflow": True,
        "state": "source_changed",
        "is_deployed": False,
        "reason": "The DAG file is no longer the one that was converted: convert it again.",
        "machine_name": "dag2sfn-orders",
        "machine_url": None,
        "tasks": 1,
        "converter_version": "0.1.0",
        "source_file": "dags/orders.py",
    }


def test_a_dag_that_airflow_does_not_have_is_unknown(
    folder: Path, list_bundles: Callable[..., Any], write_manifest: Any
) -> None:
    write_manifest(folder, "elsewhere")
    bundle = list_bundles()["dags"][0]
    assert (bundle["dag_id"], bundle["state"], bundle["in_airflow"]) == ("elsewhere", "unknown", False)


def test_a_broken_bundle_is_listed_as_unreadable(
    folder: Path, list_bundles: Callable[..., Any], write_manifest: Any
) -> None:
    write_manifest(folder, "orders", "{")
    write_manifest(folder, "invoices", dag_id=7)
    listed = list_bundles()
    assert _states(listed) == {"invoices": "unreadable", "orders": "unreadable"}
    assert "no JSON text; convert the DAG again" in listed["dags"][1]["reason"]


def test_only_dags_that_the_user_may_read_are_listed(
    folder: Path,
    airflow: Any,
    list_bundles: Callable[..., Any],
    write_manifest: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for dag_id in ("orders", "payroll", "elsewhere", "secret_elsewhere"):
        write_manifest(folder, dag_id)
    write_manifest(folder, "secret_broken", "{")
    allowed = airflow.is_authorized_dag

    def refuse_some(*, details: Any, **request: Any) -> bool:
        hidden = details.id == "payroll" or details.id.startswith("secret")
        return not hidden and allowed(details=details, **request)

    monkeypatch.setattr(airflow, "is_authorized_dag", refuse_some)
    assert list(_states(list_bundles())) == ["elsewhere", "orders"]


def test_a_user_without_a_role_sees_no_dag(
    folder: Path, list_bundles: Callable[..., Any], write_manifest: Any
) -> None:
    write_manifest(folder, "orders")
    write_manifest(folder, "elsewhere")
    assert list_bundles(role=None)["dags"] == []


def test_a_folder_that_is_not_there_is_said_so(folder: Path, list_bundles: Callable[..., Any]) -> None:
    listed = list_bundles()
    assert (listed["folder"], listed["folder_exists"], _states(listed)) == (str(folder), False, {})


def test_a_folder_that_cannot_be_listed_is_an_error_with_its_reason(
    folder: Path, list_bundles: Callable[..., Any]
) -> None:
    folder.write_text("a file")
    assert (
        list_bundles(status=503)["detail"] == f"The bundles folder {folder} cannot be read: Not a directory"
    )


def test_bundles_are_looked_for_in_airflows_home_by_default(
    folder: Path, home: Path, list_bundles: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW__DAG2SFN__BUNDLES_FOLDER")
    assert list_bundles()["folder"] == str(home / "dag2sfn")


def test_browsers_ask_for_changed_files(client: Any) -> None:
    page = client.get("/dag2sfn/static/step_functions.js")
    assert page.headers["content-type"].startswith("text/javascript")
    assert page.headers["cache-control"] == "no-cache"
    again = client.get("/dag2sfn/static/step_functions.js", headers={"If-None-Match": page.headers["etag"]})
    assert again.status_code == 304


def test_the_apps_description_is_not_public(client: Any) -> None:
    assert client.get("/dag2sfn/openapi.json").status_code == 404
    assert client.get("/dag2sfn/docs").status_code == 404
