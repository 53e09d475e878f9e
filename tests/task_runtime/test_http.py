"""HTTP requests, made by the function to a server of the test's own."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

FILE = """\
from airflow import DAG
from airflow.providers.http.operators.http import SimpleHttpOperator
from airflow.providers.http.sensors.http import HttpSensor

with DAG("etl", schedule=None):
    SimpleHttpOperator(
        task_id="fetch", http_conn_id="api", endpoint="rates?x=1", method="GET", data={"day": 6},
        headers={"X-Mine": "2"}, response_filter=lambda response: response.json()["path"],
        response_check=lambda response, ds: response.status_code == 200 and ds == "2024-05-06",
    )
    SimpleHttpOperator(task_id="send", http_conn_id="api", endpoint="/in", data={"a": "b c"})
    SimpleHttpOperator(task_id="gone", http_conn_id="api", endpoint="missing", method="GET")
    HttpSensor(task_id="wait", http_conn_id="api", endpoint="missing")
    HttpSensor(task_id="look", http_conn_id="api", endpoint="r", response_check=lambda r: "path" in r.text)
    HttpSensor(task_id="broken", http_conn_id="api", endpoint="broken")
"""


class Echo(BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        status = {"/missing": 404, "/broken": 500}.get(self.path, 200)
        told = {"path": self.path, "body": body, "auth": self.headers.get("Authorization")}
        content = json.dumps({**told, "mine": self.headers.get("X-Mine")}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = answer  # noqa: N815 - names of Python's own

    def log_message(self, *args):
        pass


@pytest.fixture
def tasks(function_of):
    server = HTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    uri = f"http://me:secret@127.0.0.1:{server.server_port}"
    yield function_of(FILE, AIRFLOW_CONN_API=uri)
    server.shutdown()
    server.server_close()


def event(task_id):
    return {"task_id": task_id, "run": {"run_id": "r", "logical_date": "2024-05-06T00:00:00+00:00"}}


def test_requests_are_made_as_airflows_hook_makes_them(tasks):
    assert tasks(event("fetch"))["return_value"] == "/rates?x=1&day=6"
    sent = json.loads(tasks(event("send"))["return_value"])
    assert (sent["path"], sent["body"], sent["auth"]) == ("/in", "a=b+c", "Basic bWU6c2VjcmV0")


def test_an_error_of_the_server_fails_the_task_with_its_status(tasks):
    assert tasks(event("gone"))["message"] == "404:Not Found"


def test_a_sensor_looks_again_after_404_and_fails_with_other_errors(tasks):
    assert tasks(event("wait"))["done"] is False
    assert tasks(event("look"))["done"] is True
    assert tasks(event("broken"))["message"] == "500:Internal Server Error"
