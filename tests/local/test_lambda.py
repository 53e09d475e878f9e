from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from waiting import wait_until

from converter.local import LocalAws

GREETING = """
import boto3

def handler(event, context):
    print("greeting", event["name"])
    if event["name"] == "nobody":
        raise LookupError("nobody to greet")
    jobs = boto3.client("glue").list_jobs()["JobNames"]
    return {"greeting": "hello " + event["name"], "jobs": jobs}
"""


@pytest.fixture
def functions(aws: LocalAws) -> Any:
    return aws.client("lambda")


def test_a_function_really_runs_and_reaches_the_local_services(
    functions: Any, create_function: Callable[..., Any], create_job: Callable[..., str]
) -> None:
    create_job("nightly")
    create_function(GREETING)
    answer = functions.invoke(FunctionName="function", Payload=b'{"name": "Ada"}', LogType="Tail")

    assert json.loads(answer["Payload"].read()) == {"greeting": "hello Ada", "jobs": ["nightly"]}
    assert answer["StatusCode"] == 200
    assert answer["ExecutedVersion"] == "$LATEST"
    assert "FunctionError" not in answer
    assert base64.b64decode(answer["LogResult"]).decode() == "greeting Ada\n"


def test_a_function_error_is_unhandled_with_its_type(
    functions: Any, create_function: Callable[..., Any]
) -> None:
    create_function(GREETING)
    answer = functions.invoke(FunctionName="function", Payload=b'{"name": "nobody"}')
    document = json.loads(answer["Payload"].read())
    assert answer["FunctionError"] == "Unhandled"
    assert answer["StatusCode"] == 200
    assert (document["errorType"], document["errorMessage"]) == ("LookupError", "nobody to greet")


def test_an_event_invocation_runs_behind_the_answer(
    aws: LocalAws, functions: Any, create_function: Callable[..., Any]
) -> None:
    create_function("""
import boto3

def handler(event, context):
    boto3.client("s3").create_bucket(Bucket=event)
""")
    answer = functions.invoke(FunctionName="function", InvocationType="Event", Payload=b'"made-later"')
    assert answer["StatusCode"] == 202
    wait_until(lambda: aws.client("s3").list_buckets()["Buckets"], "the function has run")


def test_what_a_function_prints_is_in_its_log_group(
    aws: LocalAws, functions: Any, create_function: Callable[..., Any]
) -> None:
    create_function(GREETING)
    functions.invoke(FunctionName="function", Payload=b'{"name": "Ada"}')
    events = aws.client("logs").filter_log_events(logGroupName="/aws/lambda/function")["events"]
    assert [event["message"] for event in events] == ["greeting Ada"]


def test_updated_code_and_configuration_are_used_at_once(
    functions: Any, create_function: Callable[..., Any]
) -> None:
    create_function("import os\ndef handler(e, c): return os.environ.get('WORD')")
    assert json.loads(functions.invoke(FunctionName="function")["Payload"].read()) is None
    functions.update_function_configuration(
        FunctionName="function", Environment={"Variables": {"WORD": "changed"}}
    )
    assert json.loads(functions.invoke(FunctionName="function")["Payload"].read()) == "changed"


def test_the_functions_own_timeout_is_honoured(functions: Any, create_function: Callable[..., Any]) -> None:
    create_function("import time\ndef handler(e, c): time.sleep(30)", Timeout=1)
    started = time.monotonic()
    document = json.loads(functions.invoke(FunctionName="function")["Payload"].read())
    assert time.monotonic() - started < 25
    assert document["errorType"] == "Sandbox.Timedout"
    assert document["errorMessage"].endswith("Task timed out after 1.00 seconds")
