"""What can be known of docker-compose.yml without a container engine."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return dict(yaml.safe_load(FILE.read_text("utf-8"))["services"])


def _binds(service: dict[str, Any]) -> dict[str, str]:
    return {mount["target"]: mount["source"] for mount in service["volumes"] if mount["type"] == "bind"}


def _has_docker_compose() -> bool:
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0


def test_ports_are_open_on_the_hosts_loopback_only(services: dict[str, Any]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert all(service.get("network_mode") != "host" for service in services.values())


def test_what_is_mounted_is_there_and_stays_as_it_is(services: dict[str, Any]) -> None:
    for service in services.values():
        for source in _binds(service).values():
            assert source == "./build" or (ROOT / source).is_dir()
        assert all(mount.get("read_only") for mount in service["volumes"] if mount["type"] == "bind")


def test_airflow_finds_dags_plugin_converter_and_bundles(services: dict[str, Any]) -> None:
    airflow = services["airflow"]
    binds = _binds(airflow)
    assert binds["/opt/airflow/dags"] == "./dags"
    assert binds["/opt/airflow/plugins"] == "./plugins"
    assert binds[f"{airflow['environment']['PYTHONPATH']}/converter"] == "./converter"
    assert binds[airflow["environment"]["AIRFLOW__DAG2SFN__BUNDLES_FOLDER"]] == "./build"


def test_airflow_is_the_version_that_the_project_is_tested_with(services: dict[str, Any]) -> None:
    constraints = (ROOT / "constraints.txt").read_text().splitlines()
    version = services["airflow"]["image"].partition(":")[2]
    assert f"apache-airflow=={version}" in [line.partition(" ;")[0] for line in constraints]


def test_both_services_use_the_local_aws_and_airflow_waits_for_it(services: dict[str, Any]) -> None:
    local_aws, airflow = services["local-aws"], services["airflow"]
    assert airflow["network_mode"] == "service:local-aws"
    assert airflow["depends_on"] == {"local-aws": {"condition": "service_healthy"}}
    endpoint = "http://127.0.0.1:4566"
    assert local_aws["environment"]["AWS_ENDPOINT_URL"] == endpoint
    assert airflow["environment"]["AWS_ENDPOINT_URL"] == endpoint
    assert "dag2sfn local start --port 4566" in local_aws["command"][-1]


def test_every_service_says_whether_it_is_healthy(services: dict[str, Any]) -> None:
    assert all(service["healthcheck"]["test"][0] == "CMD" for service in services.values())


def test_docker_compose_accepts_the_file() -> None:
    if not _has_docker_compose():
        pytest.skip("Docker Compose 2 is not installed")
    command = ["docker", "compose", "--file", str(FILE), "config", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
