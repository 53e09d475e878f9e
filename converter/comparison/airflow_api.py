"""Airflow's REST API: that of Airflow 3 (``/api/v2``), of 2.10 and 2.11 (``/api/v1``), and through MWAA."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

import urllib3
from botocore.exceptions import ClientError

from converter import diagnostics as d
from converter.diagnostics import Dag2SfnError, Diagnostic

#: The largest page unless somebody has changed ``[api] maximum_page_limit``.
_PAGE = 100
#: Airflow's API server has few workers; more requests at once only queue there.
_AT_ONCE = 8
#: Seconds before each attempt to start a run.
_PAUSES = (0, 1, 3, 9)
#: Seconds after which somebody who waits is told how far it is.
_SILENCE = 5.0
_HINT = "check the address, and the token or the user (see docs/comparison.md)"


@dataclass(frozen=True)
class Answer:
    """What the API said: a status, and a JSON document if there was one."""

    status: int
    document: Any

    @property
    def detail(self) -> str:
        """What the API says is wrong."""
        if isinstance(self.document, Mapping):
            detail = self.document.get("detail") or self.document.get("title") or ""
            return detail if isinstance(detail, str) else json.dumps(detail)
        return ""


class Transport(Protocol):
    """How requests reach the API. ``path`` begins behind ``/api/v1`` or ``/api/v2``."""

    def call(
        self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Any = None
    ) -> Answer:
        """Return the answer, whatever its status."""
        ...


class HttpTransport:
    """An Airflow at an address. A token is used as it is; a user and password get one, on 3, as needed."""

    def __init__(
        self, url: str, *, token: str | None = None, user: str | None = None, password: str | None = None
    ) -> None:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
            raise unusable(
                f"{url!r} is no address of an Airflow", "give one like https://airflow.example.com"
            )
        self._url = url.rstrip("/")
        self._token, self._user, self._password = token, user, password or ""
        self._http = urllib3.PoolManager(
            maxsize=_AT_ONCE,
            timeout=urllib3.Timeout(connect=10, read=60),
            retries=urllib3.Retry(
                3, backoff_factor=0.3, status_forcelist=(502, 503, 504), raise_on_status=False
            ),
        )

    def call(
        self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Any = None
    ) -> Answer:
        """Return the answer. Raises Dag2SfnError (D701) if there is none."""
        return self._send(method, f"{self._base}{path}", query, body, self._headers)

    def call_plugin(self, path: str) -> Answer:
        """Return what dag2sfn's own plugin answers there, if this Airflow has it."""
        return self._send("GET", f"{self._url}/dag2sfn/api/v1{path}", None, None, self._headers)

    @cached_property
    def _base(self) -> str:
        # A refusal shows that a version is there, too; what is not there is a 404, or a page of the UI.
        for version in ("v2", "v1"):
            answer = self._send("GET", f"{self._url}/api/{version}/version", None, None, {})
            known = isinstance(answer.document, Mapping)
            if known and answer.status in (200, 401, 403):
                return f"{self._url}/api/{version}"
        raise unusable(f"there is no REST API of Airflow at {self._url}")

    @cached_property
    def _headers(self) -> dict[str, str]:
        if self._token:
            return {"Authorization": f"Bearer {self._token}"}
        if not self._user:
            return {}
        if self._base.endswith("v1"):
            pair = f"{self._user}:{self._password}".encode()
            return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        body = {"username": self._user, "password": self._password}
        answer = self._send("POST", f"{self._url}/auth/token", None, body, {})
        token = answer.document.get("access_token") if isinstance(answer.document, Mapping) else None
        if not token:
            raise unusable(f"Airflow at {self._url} refuses the login of {self._user!r}: {answer.detail}")
        return {"Authorization": f"Bearer {token}"}

    def _send(
        self, method: str, url: str, query: Mapping[str, Any] | None, body: Any, headers: Mapping[str, str]
    ) -> Answer:
        given = urlencode(query or {}, doseq=True)
        content = None if body is None else json.dumps(body)
        target = f"{url}?{given}" if given else url
        try:
            response = self._http.request(
                method, target, body=content, headers={**headers, "Content-Type": "application/json"}
            )
        except urllib3.exceptions.HTTPError as error:
            reason = getattr(error, "reason", None) or error
            raise unusable(f"Airflow at {self._url} cannot be reached: {reason}") from None
        try:
            return Answer(response.status, json.loads(response.data))
        except ValueError:
            return Answer(response.status, None)


class MwaaTransport:
    """An environment of Amazon Managed Workflows for Apache Airflow, through ``airflow:InvokeRestApi``."""

    def __init__(self, client: Any, environment: str) -> None:
        self._client, self._environment = client, environment

    def call(
        self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Any = None
    ) -> Answer:
        """Return the answer; what AWS itself refuses is raised by boto3."""
        request: dict[str, Any] = {"Name": self._environment, "Method": method, "Path": path}
        if query:
            request["QueryParameters"] = {
                name: value if isinstance(value, list) else str(value) for name, value in query.items()
            }
        if body is not None:
            request["Body"] = body
        refusals = (
            self._client.exceptions.RestApiClientException,
            self._client.exceptions.RestApiServerException,
        )
        try:
            answer = self._client.invoke_rest_api(**request)
        except refusals as refusal:
            response = refusal.response
            return Answer(int(response.get("RestApiStatusCode", 500)), response.get("RestApiResponse"))
        return Answer(answer["RestApiStatusCode"], answer["RestApiResponse"])


class AirflowApi:
    """What the comparison asks of Airflow. Every method may raise Dag2SfnError (D701).

    ``say`` is told how far it is, now and then, where many requests are needed.
    """

    def __init__(self, transport: Transport, say: Callable[[str], object] = lambda text: None) -> None:
        self._transport = transport
        self._plugin = transport if isinstance(transport, HttpTransport) else None
        self._say = say

    def run(self, dag_id: str, run_id: str) -> Mapping[str, Any] | None:
        """Return a DAG run, None if there is none."""
        return self.found(f"/dags/{part(dag_id)}/dagRuns/{part(run_id)}")

    def last_runs(self, dag_id: str, count: int) -> list[Mapping[str, Any]] | None:
        """Return the runs that were due last, the latest first; None if there is no such DAG."""
        path = f"/dags/{part(dag_id)}/dagRuns"
        order = "-execution_date" if self.version[:1] == (2,) else "-run_after"
        found: list[Mapping[str, Any]] = []
        while len(found) < count:
            query = {"order_by": order, "limit": min(_PAGE, count - len(found)), "offset": len(found)}
            document = self.found(path, query)
            if document is None:
                return None
            found += document.get("dag_runs", ())
            if not document.get("dag_runs"):
                break
        return found

    def dag(self, dag_id: str) -> Mapping[str, Any] | None:
        """Return a DAG, None if there is none."""
        return self.found(f"/dags/{part(dag_id)}")

    def trigger(self, dag_id: str, run_id: str, conf: Any, logical_date: str | None) -> Answer:
        """Start a run; the answer says whether that was accepted.

        A server that fails is asked again: its database may be busy. The run's id keeps it from starting two.
        """
        body = {"dag_run_id": run_id, "conf": conf, "logical_date": logical_date}
        if self.version[:1] == (2,) and logical_date is None:
            del body["logical_date"]  # it then takes the time
        path, answer = f"/dags/{part(dag_id)}/dagRuns", Answer(500, None)
        for pause in _PAUSES:
            time.sleep(pause)
            answer = self._transport.call("POST", path, None, body)
            if answer.status == 409 and pause and (started := self.run(dag_id, run_id)):
                return Answer(200, started)
            if answer.status < 500:
                break
        return answer

    def tasks(self, dag_id: str) -> list[Mapping[str, Any]]:
        """Return the tasks of a DAG as it is now."""
        found = self.found(f"/dags/{part(dag_id)}/tasks") or {}
        return list(found.get("tasks", ()))

    def task_instances(self, dag_id: str, run_id: str) -> list[Mapping[str, Any]]:
        """Return all task instances of a run, each with its last try."""
        path = f"/dags/{part(dag_id)}/dagRuns/{part(run_id)}/taskInstances"
        return list(self.pages(path, "task_instances"))

    def tries(self, instances: list[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
        """Return for each of the task instances all of its tries."""
        found = self.each([(self._tries_path(instance), {}) for instance in instances], "tasks' tries")
        return [list((document or {}).get("task_instances", ())) for document in found]

    def from_plugin(self, path: str, member: str) -> list[Mapping[str, Any]] | None:
        """Return a list of dag2sfn's own plugin, None if this Airflow does not have it."""
        if self._plugin is None:
            return None
        answer = self._plugin.call_plugin(path)
        found = answer.document.get(member) if isinstance(answer.document, Mapping) else None
        return found if answer.status == 200 and isinstance(found, list) else None

    def results(self, path: str, task_ids: list[str]) -> Mapping[str, Any] | None:
        """Return what tasks of a run that has ended returned, None if Airflow does not tell them together."""
        try:
            answer = self._transport.call("GET", path, {"interval": 1, "result": task_ids})
        # MWAA may refuse a list.
        except (Dag2SfnError, ClientError):
            return None
        results = answer.document.get("results") if isinstance(answer.document, Mapping) else None
        return results if answer.status == 200 and isinstance(results, Mapping) else None

    @cached_property
    def version(self) -> tuple[int, ...]:
        """The version of Airflow; () if it does not say."""
        answer = self.found("/version") or {}
        return tuple(int(number) for number in re.findall(r"\d+", str(answer.get("version", "")))[:3])

    def _tries_path(self, instance: Mapping[str, Any]) -> str:
        run = f"/dags/{part(instance['dag_id'])}/dagRuns/{part(instance['dag_run_id'])}"
        index = f"/{instance['map_index']}" if instance["map_index"] >= 0 else ""
        return f"{run}/taskInstances/{part(instance['task_id'])}{index}/tries"

    def each(
        self, requests: list[tuple[str, Mapping[str, Any]]], what: str
    ) -> list[Mapping[str, Any] | None]:
        """Return the document of each path and query, None for those that are not there."""
        found: list[Mapping[str, Any] | None] = []
        said = time.monotonic()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for document in pool.map(lambda request: self.found(*request), requests):
                found.append(document)
                if time.monotonic() - said > _SILENCE:
                    said = time.monotonic()
                    self._say(f"read {len(found):,} of {len(requests):,} {what}")
        return found

    def pages(self, path: str, member: str) -> Iterator[Mapping[str, Any]]:
        """Yield what a list has, page by page."""
        seen = 0
        while True:
            document = self.found(path, {"limit": _PAGE, "offset": seen}) or {}
            page = document.get(member, ())
            yield from page
            seen += len(page)
            if not page or seen >= document.get("total_entries", 0):
                return

    def found(self, path: str, query: Mapping[str, Any] | None = None) -> Mapping[str, Any] | None:
        """Return a document, None if there is none."""
        answer = self._transport.call("GET", path, query)
        if answer.status == 404:
            return None
        if answer.status >= 400 or not isinstance(answer.document, Mapping):
            raise unusable(f"Airflow answers {path} with status {answer.status}: {answer.detail}")
        return answer.document


def unusable(problem: str, remedy: str = _HINT) -> Dag2SfnError:
    """Return the error (D701) for an Airflow that cannot be used."""
    return Dag2SfnError(Diagnostic(d.AIRFLOW_UNREACHABLE, problem.rstrip(": "), remedy))


def part(text: str) -> str:
    """Return a text as a part of a path."""
    return quote(text, safe="~")
