from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def bundles(monkeypatch: pytest.MonkeyPatch, plugins_folder: Path) -> Any:
    monkeypatch.syspath_prepend(str(plugins_folder))
    from dag2sfn_pages import bundles

    return bundles


def test_bundles_are_listed_by_dag_id(bundles: Any, tmp_path: Path, write_manifest: Any) -> None:
    write_manifest(tmp_path, "orders")
    write_manifest(tmp_path, "invoices")
    assert bundles.read_bundles(tmp_path) == [
        bundles.Bundle("invoices", "dag2sfn-invoices", 1, "0.1.0", "dags/invoices.py", "0" * 64),
        bundles.Bundle("orders", "dag2sfn-orders", 1, "0.1.0", "dags/orders.py", "0" * 64),
    ]


def test_what_is_no_bundle_is_not_listed(bundles: Any, tmp_path: Path, write_manifest: Any) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "README.md").write_text("not a bundle")
    write_manifest(tmp_path, ".orders.1.new")
    assert bundles.read_bundles(tmp_path) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"format": 1, "dag', "no JSON text"),
        ("[]", "another format"),
        ('{"format": 99}', "another format"),
        ('{"format": 1, "dag_id": "broken"}', "incomplete"),
        ("[" * 100_000, "nested too deeply"),
        ("\0\1", "no JSON text"),
    ],
)
def test_a_broken_manifest_is_listed_with_its_problem(
    bundles: Any, tmp_path: Path, write_manifest: Any, text: str, said: str
) -> None:
    write_manifest(tmp_path, "broken", text)
    write_manifest(tmp_path, "good")
    broken, good = bundles.read_bundles(tmp_path)
    assert broken.dag_id == "broken"
    assert said in broken.problem
    assert isinstance(good, bundles.Bundle)


@pytest.mark.parametrize("change", [{"dag_id": 5}, {"machine_name": None}, {"converter_version": [1]}])
def test_a_value_of_the_wrong_type_makes_a_manifest_unreadable(
    bundles: Any, tmp_path: Path, write_manifest: Any, change: dict[str, Any]
) -> None:
    write_manifest(tmp_path, "odd", **change)
    (bundle,) = bundles.read_bundles(tmp_path)
    assert bundle.dag_id == "odd"
    assert next(iter(change)) in bundle.problem
