"""The local AWS on the real clock: pollers, a crowd of executions, a long history."""

from __future__ import annotations

import io
import json
import time
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.local.figures import Figure
from converter.local import LocalAws

ROLE = "arn:aws:iam::123456789012:role/load"
TRUST = {
    "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    ]
}
POLLER = "import time\n\ndef handler(event, context):\n    return {'done': time.time() >= event['until']}\n"
CLIENTS = 8


def measure() -> list[Figure]:
    """Measure everything, each on a local AWS that is empty but running."""
    figures = []
    with LocalAws() as aws:
        # Nine events a poll: 200 branches would reach the limit of 25,000 after 14 s.
        for branches, seconds in ((50, 20), (100, 20), (200, 10)):
            figures.append(poll(aws, branches, seconds))
            aws.reset()
        figures.append(crowd(aws, executions=1000, seconds=15))
        aws.reset()
        figures += read_history(aws, rounds=5994)
    return figures


def poll(aws: LocalAws, branches: int, seconds: int) -> Figure:
    """So many branches that each poll a warm Lambda function once a second, until it says that it is done."""
    _create_poller(aws)
    parallel = {
        "Type": "Parallel",
        "Branches": [_polling_branch(number) for number in range(branches)],
        "Output": None,
        "End": True,
    }
    machine = _create_machine(aws, {"All": parallel})
    # Done half a second before the last poll: what is measured is how late that poll comes.
    started = _start(aws, machine, {"until": time.time() + seconds - 0.5})
    ended = _finished(aws, started)
    assert ended["status"] == "SUCCEEDED", ended.get("cause")
    took = (ended["stopDate"] - ended["startDate"]).total_seconds()
    return Figure(f"{branches} branches poll a warm function once a second for {seconds} s", took, seconds)


def crowd(aws: LocalAws, executions: int, seconds: int) -> Figure:
    """So many executions that wait at the same time: the longest, from its start to its end."""
    states = {"Wait": {"Type": "Wait", "Seconds": seconds, "Next": "End"}, "End": {"Type": "Succeed"}}
    machine = _create_machine(aws, states)
    sfn = aws.client("stepfunctions")

    def start(number: int) -> str:
        return str(sfn.start_execution(stateMachineArn=machine, name=f"run-{number}")["executionArn"])

    before = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as clients:
        arns = list(clients.map(start, range(executions)))
    starting = time.monotonic() - before
    ends = [_finished(aws, arn, sfn) for arn in arns]
    assert {end["status"] for end in ends} == {"SUCCEEDED"}
    assert starting < seconds, f"the first of them had ended before the last began ({starting:.1f} s)"
    longest = max((end["stopDate"] - end["startDate"]).total_seconds() for end in ends)
    what = f"{executions:,} executions at once that wait {seconds} s, the longest of them"
    return Figure(what, longest, seconds, executions / starting, "starts")


def read_history(aws: LocalAws, rounds: int) -> list[Figure]:
    """The history of a long loop in pages of a thousand: by plain HTTP, and by boto3, which parses it."""
    states = {
        "Count": {"Type": "Pass", "Output": {"n": "{% $states.input.n + 1 %}"}, "Next": "Enough"},
        "Enough": {
            "Type": "Choice",
            "Choices": [{"Condition": f"{{% $states.input.n < {rounds} %}}", "Next": "Count"}],
            "Default": "End",
        },
        "End": {"Type": "Succeed"},
    }
    execution = _start(aws, _create_machine(aws, states), {"n": 0})
    assert _finished(aws, execution)["status"] == "SUCCEEDED"
    figures = []
    for reader, name in ((_pages_by_http, "plain HTTP"), (_pages_by_boto3, "boto3")):
        before = time.monotonic()
        events = sum(reader(aws, execution))
        took = time.monotonic() - before
        what = f"a history of {events:,} events, read by {name}"
        figures.append(Figure(what, took, None, events / took, "events"))
    return figures


def _pages_by_http(aws: LocalAws, execution: str) -> Iterator[int]:
    """Yield the number of events on each page."""
    headers = {
        "X-Amz-Target": "AWSStepFunctions.GetExecutionHistory",
        "Content-Type": "application/x-amz-json-1.0",
        "Authorization": "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/states/aws4_request",
    }
    token: str | None = None
    while True:
        wanted = {"executionArn": execution, "maxResults": 1000} | ({"nextToken": token} if token else {})
        request = urllib.request.Request(aws.endpoint, json.dumps(wanted).encode(), headers)  # noqa: S310 - ours
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - ours
            page = json.load(answer)
        yield len(page["events"])
        token = page.get("nextToken")
        if token is None:
            return


def _pages_by_boto3(aws: LocalAws, execution: str) -> Iterator[int]:
    """Yield the number of events on each page."""
    pages = aws.client("stepfunctions").get_paginator("get_execution_history")
    for page in pages.paginate(executionArn=execution, PaginationConfig={"PageSize": 1000}):
        yield len(page["events"])


def _create_poller(aws: LocalAws) -> None:
    """Create the function and have it warm."""
    aws.client("iam").create_role(RoleName="load", AssumeRolePolicyDocument=json.dumps(TRUST))
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("code.py", POLLER)
    functions = aws.client("lambda")
    functions.create_function(
        FunctionName="poller",
        Role=ROLE,
        Runtime="python3.12",
        Handler="code.handler",
        Timeout=30,
        Code={"ZipFile": code.getvalue()},
    )
    functions.invoke(FunctionName="poller", Payload=json.dumps({"until": 0}))


def _polling_branch(number: int) -> dict[str, Any]:
    wait, ask, look, end = (f"{what} {number}" for what in ("wait", "ask", "look", "end"))
    arguments = {
        "FunctionName": "poller",
        "Payload": {"until": "{% $states.context.Execution.Input.until %}"},
    }
    return {
        "StartAt": wait,
        "States": {
            wait: {"Type": "Wait", "Seconds": 1, "Next": ask},
            ask: {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": arguments,
                "Output": "{% $states.result.Payload %}",
                "Next": look,
            },
            look: {
                "Type": "Choice",
                "Choices": [{"Condition": "{% $states.input.done %}", "Next": end}],
                "Default": wait,
            },
            end: {"Type": "Succeed"},
        },
    }


def _create_machine(aws: LocalAws, states: Mapping[str, Any]) -> str:
    definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states}
    created = aws.client("stepfunctions").create_state_machine(
        name="load", definition=json.dumps(definition), roleArn=ROLE
    )
    return str(created["stateMachineArn"])


def _start(aws: LocalAws, machine: str, data: Mapping[str, Any]) -> str:
    started = aws.client("stepfunctions").start_execution(stateMachineArn=machine, input=json.dumps(data))
    return str(started["executionArn"])


def _finished(aws: LocalAws, execution: str, client: Any = None) -> Any:
    sfn = client or aws.client("stepfunctions")
    while (described := sfn.describe_execution(executionArn=execution))["status"] == "RUNNING":
        time.sleep(0.1)
    return described
