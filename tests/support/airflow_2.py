"""A running Airflow 2.10 or 2.11, of another Python's: ``airflow standalone`` with SQLite."""

from __future__ import annotations

import base64
import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from playground.airflow import ROOT, Airflow

_PARTS = ("metadatabase", "scheduler", "triggerer")


@dataclass
class Airflow2(Airflow):
    """As :class:`playground.airflow.Airflow`, with the settings and the REST API of Airflow 2."""

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        return kept | {
            "PATH": f"{self.python.parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "AIRFLOW_HOME": str(self.home),
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "ignore",
            "AIRFLOW__API__AUTH_BACKENDS": "airflow.api.auth.backend.basic_auth",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.dags),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
            "AIRFLOW__SCHEDULER__MIN_FILE_PROCESS_INTERVAL": "600",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            "AIRFLOW__WEBSERVER__SECRET_KEY": "of this machine only",
            "AIRFLOW__WEBSERVER__WEB_SERVER_HOST": "127.0.0.1",
            "AIRFLOW__WEBSERVER__WEB_SERVER_PORT": str(self.port),
            "AIRFLOW__WEBSERVER__WORKERS": "1",
            **self.settings,
        }

    def login(self) -> dict[str, str]:
        """The environment with which ``dag2sfn compare`` finds it."""
        return {
            "DAG2SFN_AIRFLOW_URL": self.url,
            "DAG2SFN_AIRFLOW_USER": "admin",
            "DAG2SFN_AIRFLOW_PASSWORD": self._password(),
        }

    def request(self, method: str, path: str, body: Any = None, **_: Any) -> tuple[int, Any]:
        pair = base64.b64encode(f"admin:{self._password()}".encode()).decode()
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{self.url}{path}",
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Basic {pair}", "Content-Type": "application/json"},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
                return response.status, json.loads(response.read() or b"null")
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.loads(refusal.read() or b"null")

    def has_dags(self, *dag_ids: str) -> bool:
        return set(dag_ids) <= {dag["dag_id"] for dag in self.get("/api/v1/dags")["dags"]}

    def _password(self) -> str:
        return (self.home / "standalone_admin_password.txt").read_text()

    def _is_healthy(self) -> bool:
        try:
            status, health = self.request("GET", "/api/v1/health")
        except OSError:
            return False
        return status == 200 and all(health[part]["status"] == "healthy" for part in _PARTS)
