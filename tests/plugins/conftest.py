from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def plugins_folder() -> Path:
    return ROOT / "plugins"


def manifest(dag_id: str) -> dict[str, Any]:
    return {
        "format": 1,
        "dag_id": dag_id,
        "machine_name": f"dag2sfn-{dag_id}",
        "stack_name": f"dag2sfn-{dag_id}",
        "converter_version": "0.1.0",
        "source": {"file": f"dags/{dag_id}.py", "line": 3, "sha256": "0" * 64},
        "options": {},
        "tasks": [{"task_id": "only", "operator": "airflow.x.EmptyOperator", "state": "only"}],
        "functions": [],
        "substitutions": [],
    }


@pytest.fixture(scope="session")
def write_manifest() -> Any:
    def write(folder: Path, name: str, text: str | None = None, **changes: Any) -> None:
        (folder / name).mkdir(parents=True)
        text = json.dumps(manifest(name) | changes) if text is None else text
        (folder / name / "bundle.json").write_text(text)

    return write


@pytest.fixture(scope="session")
def airflow_environment() -> Any:
    """Return the settings of an Airflow of its own, with its home in a folder."""

    def environment(home: Path, **settings: str) -> dict[str, str]:
        for folder in ("dags", "plugins"):
            (home / folder).mkdir(parents=True, exist_ok=True)
        passwords = home / "passwords.json"
        passwords.write_text(json.dumps({name: name for name in ("admin", "user", "viewer")}))
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        return kept | {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of the tests " * 3,
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,user:user,viewer:viewer",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            **settings,
        }

    return environment
