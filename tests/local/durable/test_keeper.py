from __future__ import annotations

import io
from typing import Any

import pytest

from converter.local.durable.keeper import changed_service

pytestmark = pytest.mark.full  # minutes on the real local AWS


def request(service: str, *, target: str = "", method: str = "POST", path: str = "/", form: str = "") -> Any:
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/{service}/aws4_request",
        "HTTP_X_AMZ_TARGET": target,
        "wsgi.input": io.BytesIO(form.encode()),
    }
    if form:
        environ |= {"CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": str(len(form))}
    return environ


@pytest.mark.parametrize(
    ("environ", "service"),
    [
        (request("states", target="AWSStepFunctions.CreateStateMachine"), "stepfunctions"),
        (request("states", target="AWSStepFunctions.DescribeExecution"), None),
        (request("states", target="AWSStepFunctions.StartExecution"), None),
        (request("glue", target="AWSGlue.StartJobRun"), "glue"),
        (request("glue", target="AWSGlue.GetJobRuns"), None),
        (request("dynamodb", target="DynamoDB_20120810.PutItem"), "dynamodb"),
        (request("dynamodb", target="DynamoDB_20120810.BatchGetItem"), None),
        (request("iam", form="Action=CreateRole&RoleName=r"), "iam"),
        (request("iam", form="Action=GetRole&RoleName=r"), None),
        (request("s3", method="PUT", path="/bucket/key"), "s3"),
        (request("s3", method="GET", path="/bucket/key"), None),
        (request("lambda", path="/2015-03-31/functions"), "lambda"),
        (request("lambda", path="/2015-03-31/functions/f/invocations"), None),
        (request("monitoring", form="Action=PutMetricAlarm"), "cloudwatch"),
        ({"REQUEST_METHOD": "POST", "PATH_INFO": "/moto-api/reset"}, "*"),
        ({"REQUEST_METHOD": "GET", "PATH_INFO": "/unsigned"}, None),
    ],
)
def test_only_what_a_request_may_change_is_saved(environ: Any, service: str | None) -> None:
    assert changed_service(environ) == service


def test_a_form_can_still_be_read_by_the_service() -> None:
    environ = request("iam", form="Action=CreateRole&RoleName=r")
    changed_service(environ)
    assert environ["wsgi.input"].read() == b"Action=CreateRole&RoleName=r"
