from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import boto3
import pytest
from botocore.stub import Stubber

from converter.comparison import airflow_api
from converter.comparison.airflow_api import AirflowApi, Answer, HttpTransport, MwaaTransport
from converter.diagnostics import Dag2SfnError


class Server(ThreadingHTTPServer):
    """An Airflow of one version, as far as logins go."""

    def __init__(self, version):
        super().__init__(("127.0.0.1", 0), Handler)
        self.version = version
        self.others = {}
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def answer(self, status, document):
        text = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        if self.path == f"/api/{self.server.version}/version":
            self.answer(200, {"version": "3.3.2" if self.server.version == "v2" else "2.11.0"})
        elif self.path in self.server.others:
            self.answer(200, self.server.others[self.path])
        elif not self.path.startswith(f"/api/{self.server.version}/"):
            self.answer(404, "not found")
        elif self.headers.get("Authorization") in ("Bearer good", "Basic YW5uYTpzZWNyZXQ="):
            self.answer(200, {"dag_id": "etl", "path": self.path})
        else:
            self.answer(401, {"detail": "Not authenticated"})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/auth/token" and body == {"username": "anna", "password": "secret"}:
            self.answer(201, {"access_token": "good"})
        else:
            self.answer(401, {"detail": "Invalid credentials"})

    def log_message(self, *said):
        pass


@pytest.fixture(params=["v2", "v1"])
def server(request):
    server = Server(request.param)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_user_logs_in_as_the_version_asks_for(server):
    api = AirflowApi(HttpTransport(server.url + "/", user="anna", password="secret"))
    assert api.dag("etl")["path"] == f"/api/{server.version}/dags/etl"


def test_a_token_is_used_as_it_is(server):
    assert AirflowApi(HttpTransport(server.url, token="good")).dag("etl")["dag_id"] == "etl"


def test_a_refused_login_is_told(server):
    api = AirflowApi(HttpTransport(server.url, user="anna", password="wrong"))
    with pytest.raises(Dag2SfnError, match=r"D701.*(refuses the login of 'anna'|Not authenticated)"):
        api.dag("etl")


def test_nobody_listens():
    with pytest.raises(Dag2SfnError, match=r"D701.*cannot be reached"):
        AirflowApi(HttpTransport("http://127.0.0.1:9")).dag("etl")


def test_something_else_listens(server):
    server.version = "none"
    with pytest.raises(Dag2SfnError, match="no REST API of Airflow"):
        AirflowApi(HttpTransport(server.url)).dag("etl")


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://airflow", "http://"])
def test_what_is_no_address(url):
    with pytest.raises(Dag2SfnError, match="is no address"):
        HttpTransport(url)


def test_ids_are_quoted(server):
    api = AirflowApi(HttpTransport(server.url, token="good"))
    assert api.dag("etl/../x y")["path"].endswith("/dags/etl%2F..%2Fx%20y")


class Failing:
    """An Airflow whose database is busy for the first requests that would start a run."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def call(self, method, path, query=None, body=None):
        if method == "POST":
            return self.answers.pop(0)
        return Answer(200, {"dag_run_id": path.rsplit("/", 1)[1], "version": "3.3.2"})


BUSY = Answer(500, {"detail": "database is locked"})


def test_a_run_is_started_although_the_server_fails_at_first(monkeypatch):
    monkeypatch.setattr(airflow_api, "time", SimpleNamespace(sleep=lambda seconds: None))
    accepted = Answer(200, {"dag_run_id": "r"})
    assert AirflowApi(Failing(BUSY, BUSY, accepted)).trigger("etl", "r", {}, None) is accepted
    assert AirflowApi(Failing(*[BUSY] * 4)).trigger("etl", "r", {}, None) is BUSY
    # Of a failure that came after the run was there, the run is what is known.
    there = Answer(409, {"detail": "a run of this id exists"})
    assert AirflowApi(Failing(BUSY, there)).trigger("etl", "r", {}, None).document["dag_run_id"] == "r"
    assert AirflowApi(Failing(there)).trigger("etl", "r", {}, None) is there


@pytest.fixture
def mwaa():
    client = boto3.client(
        "mwaa", region_name="eu-west-1", aws_access_key_id="none", aws_secret_access_key="none"
    )
    with Stubber(client) as stub:
        yield client, stub


def test_mwaa_calls_the_same_api(mwaa):
    client, stub = mwaa
    stub.add_response(
        "invoke_rest_api",
        {"RestApiStatusCode": 200, "RestApiResponse": {"dag_id": "etl"}},
        {"Name": "prod", "Method": "GET", "Path": "/dags/etl"},
    )
    assert AirflowApi(MwaaTransport(client, "prod")).dag("etl") == {"dag_id": "etl"}


def test_what_the_api_refuses_through_mwaa_is_an_answer(mwaa):
    client, stub = mwaa
    stub.add_client_error(
        "invoke_rest_api",
        "RestApiClientException",
        modeled_fields={"RestApiStatusCode": 404, "RestApiResponse": {"title": "DAG not found"}},
    )
    assert AirflowApi(MwaaTransport(client, "prod")).dag("etl") is None


def test_the_plugin_is_asked_if_there_is_one(server):
    api = AirflowApi(HttpTransport(server.url, token="good"))
    assert api.from_plugin("/runs/r%201/xcoms", "xcom_entries") is None
    server.others["/dag2sfn/api/v1/runs/r%201/xcoms"] = {"xcom_entries": [3]}
    assert api.from_plugin("/runs/r%201/xcoms", "xcom_entries") == [3]
    server.others["/dag2sfn/api/v1/runs/r%201/xcoms"] = "a page of the UI"
    assert api.from_plugin("/runs/r%201/xcoms", "xcom_entries") is None
