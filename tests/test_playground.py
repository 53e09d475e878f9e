"""What the playground does around the product's own commands."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from playground import both, prepare
from playground.airflow import PARTS, Airflow, is_healthy

#: What Airflow answers if its database is locked.
DATABASE = {"detail": {"reason": "Database error", "statement": "hidden"}}


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have ``convert`` refuse one DAG and make a bundle of another; return the names of those deployed."""
    names = []

    def run(_aws: Any, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        assert command == "convert"
        bundles = Path(arguments[arguments.index("-o") + 1])
        (bundles / "new").mkdir(parents=True)
        (bundles / "new" / "bundle.json").write_text("{}")
        return subprocess.CompletedProcess((), 1, "", "D201 other.py:3: refused\n")

    def deploy(_aws: Any, bundle: Path) -> int:
        names.append(bundle.name)
        return 0

    monkeypatch.setattr(both, "dag2sfn", run)
    monkeypatch.setattr(both, "deploy", deploy)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    return names


def test_what_is_refused_is_said_and_no_older_bundle_is_deployed(
    tmp_path: Path, deployed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for name, file in (("old", "bundle.json"), ("mine", "notes.txt")):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text("x")
    assert prepare.main([str(tmp_path), str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert said.err == "D201 other.py:3: refused\n"
    assert said.out == "deployed 1 of 1 DAGs\n"
    assert deployed == ["new"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "new"]


def test_airflow_is_healthy_when_each_of_its_parts_is() -> None:
    well = {part: {"status": "healthy"} for part in PARTS}
    assert is_healthy(well)
    for ill in ({"status": "unhealthy"}, {"status": None}, {}, None):
        assert not is_healthy({**well, "triggerer": ill})
        assert is_healthy({**well, "triggerer": ill}, ("metadatabase",))
    assert not is_healthy({})


@pytest.mark.parametrize(
    ("answers", "last", "requests"),
    [
        ([(500, DATABASE), (500, DATABASE), (200, {"ok": 1})], (200, {"ok": 1}), 3),
        ([(500, {"detail": "Boom"}), (200, {})], (500, {"detail": "Boom"}), 1),
        ([(409, {"detail": {"reason": "Unique constraint violation"}})], None, 1),
        ([(500, DATABASE)] * 5, (500, DATABASE), 4),
    ],
)
def test_what_airflows_database_had_no_time_for_is_asked_again(monkeypatch, answers, last, requests):
    asked = []

    def request(url, method, body, headers):
        asked.append((url, method, body))
        return answers[len(asked) - 1]

    monkeypatch.setattr("playground.airflow._request", request)
    monkeypatch.setattr("playground.airflow._PAUSES", (0, 0, 0))
    airflow = Airflow(Path("nowhere"))
    airflow._tokens["admin"] = "token"
    assert airflow.request("POST", "/api/v2/dags/a/dagRuns", {"conf": {}}) == (last or answers[0])
    assert asked == [(f"{airflow.url}/api/v2/dags/a/dagRuns", "POST", {"conf": {}})] * requests
