"""Requests that no AWS client sends get AWS's refusals: never a page of HTML, never a traceback."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from converter.local import LocalAws

ROLE = "arn:aws:iam::123456789012:role/anything"
DEFINITION = '{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}'
MACHINE = {"name": "m", "definition": DEFINITION, "roleArn": ROLE}


def ask(aws: LocalAws, action: str, body: Any, service: str = "states") -> tuple[int, dict[str, Any]]:
    target = {"states": "AWSStepFunctions", "glue": "AWSGlue"}[service]
    headers = {
        "X-Amz-Target": f"{target}.{action}",
        "Content-Type": "application/x-amz-json-1.0",
        "Authorization": f"AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/{service}/aws4_request",
    }
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(aws.endpoint, content, headers)  # noqa: S310 - our own server
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"null", b'"x"', b"5", b"\xff\xfe", b"[" * 100_000, b'{"stateMachineArn": "\\ud800"}'],
)
def test_what_is_no_json_object_is_refused(aws: LocalAws, body: bytes) -> None:
    status, answer = ask(aws, "StartExecution", body)
    assert (status, answer["__type"]) == (400, "SerializationException")


@pytest.mark.parametrize("given", [5, True, 1.5, ["x"], {"a": 1}])
def test_a_member_of_another_type_is_refused(aws: LocalAws, given: Any) -> None:
    for action, body in (
        ("StartExecution", {"stateMachineArn": given}),
        ("CreateStateMachine", {**MACHINE, "definition": given}),
        ("SendTaskSuccess", {"taskToken": given, "output": "{}"}),
        ("TagResource", {"resourceArn": "x", "tags": [{"key": given}]}),
    ):
        status, answer = ask(aws, action, body)
        assert (status, answer["__type"]) == (400, "SerializationException")


@pytest.mark.parametrize("action", ["NoSuchOperation", "__class__", "", "RedriveExecution"])
def test_an_operation_that_is_not_there_is_refused(aws: LocalAws, action: str) -> None:
    status, answer = ask(aws, action, {})
    assert (status, answer["__type"]) == (400, "UnknownOperationException")


@pytest.mark.parametrize(
    ("action", "body", "problem"),
    [
        (
            "StartExecution",
            {},
            "Value null at 'stateMachineArn' failed to satisfy constraint: Member",
        ),
        ("CreateStateMachine", {"name": "m"}, "2 validation errors detected: Value null at 'definition'"),
        ("CreateStateMachine", {**MACHINE, "name": ""}, "greater than or equal to 1"),
        ("CreateStateMachine", {**MACHINE, "name": "a" * 81}, "length less than or equal to 80"),
        ("ListStateMachines", {"maxResults": -1}, "Value '-1' at 'maxResults' failed to satisfy"),
        ("ListStateMachines", {"maxResults": 10**30}, "value less than or equal to 1000"),
        (
            "ListExecutions",
            {"stateMachineArn": "x", "statusFilter": "GONE"},
            "Member must satisfy enum value set: [RUNNING, ",
        ),
        ("ListExecutions", {"stateMachineArn": None}, "State Machine ARN or Map Run ARN"),
        ("StopExecution", {"executionArn": "x", "error": "e" * 257}, "Value at 'error' failed"),
    ],
)
def test_what_breaks_a_limit_of_the_service_is_refused(
    aws: LocalAws, action: str, body: dict[str, Any], problem: str
) -> None:
    status, answer = ask(aws, action, body)
    assert (status, answer["__type"]) == (400, "ValidationException")
    assert problem in answer["message"]


def test_null_is_as_good_as_nothing(aws: LocalAws) -> None:
    arn = ask(aws, "CreateStateMachine", {**MACHINE, "tags": None})[1]["stateMachineArn"]
    status, _ = ask(aws, "StartExecution", {"stateMachineArn": arn, "name": None, "input": None})
    assert status == 200


def test_glue_refuses_in_the_same_way(aws: LocalAws) -> None:
    assert ask(aws, "StartJobRun", {}, "glue")[1]["__type"] == "ValidationException"
    assert ask(aws, "BatchStopJobRun", {"JobName": 5}, "glue")[1]["__type"] == "SerializationException"
