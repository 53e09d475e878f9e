"""A real Airflow on this machine: ``airflow standalone``, with SQLite and the LocalExecutor.

It runs in a session of its own. ``airflow standalone`` leaves some of its processes behind when it is told to
end, so all processes of that session are ended, and nothing else.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).parents[1]
#: Name and password are the same; each has the role of its name.
USERS = ("admin", "user", "viewer")
#: What `airflow standalone` runs, as its API names it.
PARTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")
_SECONDS_TO_START = 300


class AirflowDidNotStart(RuntimeError):
    """Airflow ended, or was not healthy in time. The message has the end of its log."""


#: Seconds before a request that the database had no time for is made again.
_PAUSES = (1, 2, 4)


@dataclass
class Airflow:
    """An Airflow with its home in a folder. A context manager; ``dags`` is the folder of its DAG files.

    ``settings`` are environment variables, on top of those that this process has (but for Airflow's own).
    ``python`` is the one that has Airflow, by default this one.
    """

    home: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    parts: str = "standalone"
    python: Path = Path(sys.executable)
    _process: subprocess.Popen[bytes] | None = None
    _tokens: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where its UI and its REST API are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def command(self) -> Path:
        """The ``airflow`` that is started."""
        return self.python.parent / "airflow"

    @property
    def dags(self) -> Path:
        """The folder of its DAG files."""
        return self.home / "dags"

    @property
    def bundles(self) -> Path:
        """The folder in which its plugin looks for bundles."""
        return self.home / "dag2sfn"

    @property
    def log(self) -> Path:
        """What it says."""
        return self.home / "airflow.log"

    def environment(self) -> dict[str, str]:
        """The environment of its processes, and of any ``airflow`` command about it."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        passwords = self.home / "passwords.json"
        roles = ",".join(f"{name}:{name}" for name in USERS)
        return kept | {
            # `airflow standalone` looks for `airflow` there.
            "PATH": f"{self.python.parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "AIRFLOW_HOME": str(self.home),
            "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
            "AIRFLOW__API__BASE_URL": f"{self.url}/",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API_AUTH__JWT_SECRET": "of this machine only, and of no use elsewhere " * 2,
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PARALLELISM": "8",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": roles,
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
            # What has changed is read at once; else one core would do nothing but read files again.
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",
            # A small machine that is busy answers its workers late.
            "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            **self.settings,
        }

    def start(self) -> Airflow:
        """Start it, and return when all of it is healthy. Raises AirflowDidNotStart."""
        self.port = self.port or free_port()
        for folder in (self.dags, self.bundles, self.home / "plugins"):
            folder.mkdir(parents=True, exist_ok=True)
        passwords = self.home / "passwords.json"
        passwords.write_text(json.dumps({name: name for name in USERS}))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [self.command, *self.parts.split()],
                env=self.environment(),
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait(self._is_healthy, "was not healthy in time", _SECONDS_TO_START)
        except BaseException:
            self.stop()
            raise
        return self

    def processes(self) -> list[int]:
        """The ids of its processes, as far as it runs."""
        return _members(self._process.pid) if self._process else []

    def stop(self) -> None:
        """End all of it. Safe to call twice."""
        process, self._process = self._process, None
        if process is not None:
            end_session(process)

    def __enter__(self) -> Airflow:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def wait_for_dags(self, dag_ids: Iterable[str], seconds: float = 300) -> None:
        """Return when Airflow has read these DAGs. Raises AirflowDidNotStart if it does not."""
        wanted = set(dag_ids)

        def has_all() -> bool:
            try:
                listed = self.get("/api/v2/dags?limit=100")
            except OSError:  # on a small machine that reads files it may answer late
                return False
            return wanted <= {dag["dag_id"] for dag in listed["dags"] if not dag["is_stale"]}

        self._wait(has_all, f"has not read all of {', '.join(sorted(wanted))}", seconds)

    def get(self, path: str, user: str = "admin") -> Any:
        """Return a JSON document of the REST API."""
        return self.request("GET", path, user=user)[1]

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        user: str = "admin",
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Return status and JSON document of a request.

        SQLite, which this Airflow keeps its data in, has one writer at a time. One that waits too long while
        the scheduler writes is turned away with all that it asked for: it is tried again.
        """
        login = {"Authorization": f"Bearer {self.token(user)}"}
        for pause in (*_PAUSES, None):
            answer = _request(f"{self.url}{path}", method, body, {**(headers or {}), **login})
            if pause is None or not _is_of_the_database(*answer):
                break
            time.sleep(pause)
        return answer

    def token(self, user: str = "admin") -> str:
        """Return a token of a user, who logs in once: it is good for a day."""
        if user not in self._tokens:
            _, answer = _request(f"{self.url}/auth/token", "POST", {"username": user, "password": user}, {})
            self._tokens[user] = str(answer["access_token"])
        return self._tokens[user]

    def _is_healthy(self) -> bool:
        try:
            health = _request(f"{self.url}/api/v2/monitor/health", "GET", None, {})[1]
        except OSError:
            return False
        return is_healthy(health, PARTS if self.parts == "standalone" else ("metadatabase",))

    def _wait(self, is_so: Callable[[], bool], otherwise: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._process and self._process.poll() is None:
            if is_so():
                return
            time.sleep(0.5)
        end = self.log.read_text(errors="replace")[-4000:]
        raise AirflowDidNotStart(f"Airflow {otherwise}:\n{end}")


def is_healthy(health: Mapping[str, Any], parts: Iterable[str] = PARTS) -> bool:
    """Return whether these parts are healthy, from what `/api/v2/monitor/health` says: it answers before."""
    return all((health.get(part) or {}).get("status") == "healthy" for part in parts)


def free_port() -> int:
    """Return a port that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end_session(leader: subprocess.Popen[bytes], patience: float = 15.0) -> None:
    """End all processes of the session that a process leads, and wait for that."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        members = _members(leader.pid)
        for pid in members:
            _send(pid, number)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            leader.poll()
            if not _members(leader.pid):
                leader.wait()
                return
            time.sleep(0.1)


def _members(session: int) -> list[int]:
    """Return the processes of a session, zombies not counted."""
    ps = shutil.which("ps")
    if Path("/proc/self/stat").exists():
        return [pid for pid in _pids_of_proc() if _session_of(pid) == session]
    if ps is None:
        return []
    listed = subprocess.run([ps, "-axo", "pid=,sess=,stat="], capture_output=True, text=True, check=False)
    rows = (line.split() for line in listed.stdout.splitlines())
    return [int(pid) for pid, sess, stat in rows if sess == str(session) and not stat.startswith("Z")]


def _pids_of_proc() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _session_of(pid: int) -> int | None:
    try:
        state, _, _, session, *_ = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if state == "Z" else int(session)


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _is_of_the_database(status: int, answer: Any) -> bool:
    """Whether Airflow says that its database failed, and nothing else did."""
    detail = answer.get("detail") if isinstance(answer, dict) else None
    return status == 500 and isinstance(detail, dict) and detail.get("reason") == "Database error"


def _request(url: str, method: str, body: Any, headers: Mapping[str, str]) -> tuple[int, Any]:
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310 - our own server
        url, content, {**headers, "Content-Type": "application/json"}, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=120) as response:  # noqa: S310
            status, text = response.status, response.read()
    except urllib.error.HTTPError as refusal:
        status, text = refusal.code, refusal.read()
    return status, json.loads(text) if text else None
