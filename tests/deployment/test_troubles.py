from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import boto3
import pytest
from botocore import exceptions as boto
from workflows import glue, machine_of, workflow

from converter.asl.options import Options
from converter.deployment import aws_troubles_explained, deploy
from converter.diagnostics import Dag2SfnError
from converter.packaging import write_bundle


@pytest.fixture
def bundle(tmp_path):
    flow = workflow(glue("a"), source_hash="0" * 64)
    return write_bundle(tmp_path / "example", flow, machine_of(flow), Options())


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch):
    for name in (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_PROFILE",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
    ):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens: connections are refused
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        yield


def test_missing_credentials_are_one_message(bundle):
    with pytest.raises(Dag2SfnError, match=r"D403 no usable AWS credentials.*; log in") as raised:
        deploy(bundle, boto3.Session(region_name="us-east-1"))
    assert len(raised.value.diagnostics) == 1


def test_a_missing_region_is_one_message(bundle, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with pytest.raises(Dag2SfnError, match="D403 no AWS region is set; give --region"):
        deploy(bundle, boto3.Session())


def test_an_endpoint_that_does_not_answer_is_one_message(bundle, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with pytest.raises(Dag2SfnError, match=r"D403 AWS cannot be reached: .*127.0.0.1"):
        deploy(bundle, boto3.Session(region_name="us-east-1"))


def test_an_unknown_profile_is_one_message():
    expected = pytest.raises(Dag2SfnError, match=r"D403 no usable AWS credentials: .*\(nobody\)")
    with expected, aws_troubles_explained():
        boto3.Session(profile_name="nobody")


def test_an_endpoint_that_is_not_aws_is_one_message(monkeypatch):
    class Page(BaseHTTPRequestHandler):
        def do_POST(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<!doctype html><p>Welcome")

        def log_message(self, *args):
            pass

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        client = boto3.client("sts", "us-east-1", endpoint_url=f"http://127.0.0.1:{server.server_port}")
        expected = pytest.raises(Dag2SfnError, match="D403 the endpoint does not answer as AWS does")
        with expected, aws_troubles_explained():
            client.get_caller_identity()
        thread.join(60)


def test_a_parameter_that_boto_refuses_is_one_line():
    client = boto3.client("stepfunctions", "us-east-1")
    expected = pytest.raises(Dag2SfnError, match=r"^D403 AWS cannot be used: Parameter validation failed: ")
    with expected as raised, aws_troubles_explained():
        client.describe_execution(executionArn="")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("AccessDenied", "D403 AWS does not allow CreateStack: no; use credentials that"),
        ("ExpiredToken", "D403 AWS refuses the credentials: CreateStack: no; log in again"),
        ("ThrottlingException", "D403 AWS is asked too often, CreateStack: no; try again in a while"),
        ("ValidationError", "D403 AWS refuses CreateStack: no"),
    ],
)
def test_what_a_service_refuses_is_said_in_its_words(code, message):
    with pytest.raises(Dag2SfnError, match=message), aws_troubles_explained():
        raise boto.ClientError({"Error": {"Code": code, "Message": "no"}}, "CreateStack")
