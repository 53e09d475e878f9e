"""The local AWS in a process of its own, killed, and started again in the same folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from archives import zip_of
from waiting import ended, wait_until

from converter.local.sessions import isolated_session

pytestmark = pytest.mark.full  # minutes on the real local AWS

SERVE = "import sys; from pathlib import Path; from converter.local import serve; serve(0, Path(sys.argv[1]))"
ROLE = "arn:aws:iam::123456789012:role/r"


class Server:
    """One life of the local AWS."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(folder)], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        environment = {}
        for line in self._process.stdout:
            if line.startswith("export "):
                name, _, value = line.removeprefix("export ").rstrip().partition("=")
                environment[name] = value
            if "METADATA" in line:
                break
        self.endpoint = environment["AWS_ENDPOINT_URL"]

    def client(self, service: str) -> Any:
        session = isolated_session("us-east-1")
        return session.client(service, endpoint_url=self.endpoint)  # type: ignore[call-overload]  # any service

    def end(self, number: signal.Signals = signal.SIGKILL) -> None:
        if self._process.poll() is None:
            os.kill(self._process.pid, number)
        self._process.communicate(timeout=60)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Server]]:
    lives: list[Server] = []

    def begin() -> Server:
        lives.append(Server(tmp_path / "state"))
        return lives[-1]

    yield begin
    for life in lives:
        life.end()


def create_machine(sfn: Any, states: dict[str, Any], name: str = "m") -> str:
    definition = json.dumps({"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states})
    return str(sfn.create_state_machine(name=name, definition=definition, roleArn=ROLE)["stateMachineArn"])


WAITS = {
    "Say": {"Type": "Pass", "Output": {"said": "{% $states.input.word %}"}, "Next": "Wait"},
    "Wait": {"Type": "Wait", "Seconds": 600, "End": True},
}


def test_machines_executions_histories_and_runs_survive_a_kill(start: Callable[[], Server]) -> None:
    first = start()
    sfn, glue = first.client("stepfunctions"), first.client("glue")
    machine = create_machine(sfn, {"Say": {**WAITS["Say"], "Next": "End"}, "End": {"Type": "Succeed"}})
    version = sfn.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
    waiting = create_machine(sfn, WAITS, "waiting")
    done = sfn.start_execution(stateMachineArn=version, name="done", input='{"word": "hello"}')[
        "executionArn"
    ]
    before = ended(sfn, done)
    history = sfn.get_execution_history(executionArn=done)["events"]
    running = sfn.start_execution(stateMachineArn=waiting, name="running", input='{"word": 1}')[
        "executionArn"
    ]
    wait_until(lambda: len(sfn.get_execution_history(executionArn=running)["events"]) >= 4, "it waits")
    cut = sfn.get_execution_history(executionArn=running)["events"]
    glue.create_job(
        Name="job",
        Role=ROLE,
        Command={"Name": "glueetl", "ScriptLocation": "s3://code/job.py"},
        DefaultArguments={"--local-seconds": "600"},
    )
    run = glue.start_job_run(JobName="job", Arguments={"--day": "monday"})["JobRunId"]
    first.end()

    second = start()
    sfn, glue = second.client("stepfunctions"), second.client("glue")
    assert {m["name"] for m in sfn.list_state_machines()["stateMachines"]} == {"m", "waiting"}
    after = ended(sfn, done)
    for answer in (before, after):
        del answer["ResponseMetadata"]
    assert after == before
    assert after["stateMachineVersionArn"] == version
    assert sfn.get_execution_history(executionArn=done)["events"] == history

    lost = ended(sfn, running)
    assert (lost["status"], lost["error"]) == ("FAILED", "States.Runtime")
    assert "ended while this execution ran" in lost["cause"]
    assert lost["input"] == '{"word": 1}'
    events = sfn.get_execution_history(executionArn=running)["events"]
    assert events[:-1] == cut
    assert (events[-1]["type"], events[-1]["id"]) == ("ExecutionFailed", 5)

    again = glue.get_job_run(JobName="job", RunId=run)["JobRun"]
    assert (again["JobRunState"], again["Arguments"]) == ("RUNNING", {"--day": "monday"})
    # It works as before: names are taken, new executions run, machines can be updated.
    with pytest.raises(sfn.exceptions.ExecutionAlreadyExists):
        sfn.start_execution(stateMachineArn=machine, name="done", input="{}")
    fresh = sfn.start_execution(stateMachineArn=machine, name="fresh", input='{"word": "again"}')
    assert ended(sfn, fresh["executionArn"])["output"] == '{"said":"again"}'
    second.end()

    third = start()
    sfn = third.client("stepfunctions")
    names = [e["name"] for e in sfn.list_executions(stateMachineArn=machine)["executions"]]
    assert names == ["fresh", "done"]
    assert ended(sfn, running)["cause"] == lost["cause"]


def test_what_was_answered_was_written(start: Callable[[], Server]) -> None:
    first = start()
    first.client("s3").create_bucket(Bucket="code")
    first.client("s3").put_object(
        Bucket="code", Key="code.zip", Body=zip_of({"code.py": "def handler(e, c):\n    return e\n"})
    )
    first.client("dynamodb").create_table(
        TableName="outcomes",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    services = ["states.amazonaws.com", "lambda.amazonaws.com", "scheduler.amazonaws.com"]
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": services}}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document}}
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": "echo",
            "Runtime": "python3.12",
            "Handler": "code.handler",
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Code": {"S3Bucket": "code", "S3Key": "code.zip"},
        },
    }
    template = {"Resources": {"Role": role, "Function": function}}
    first.client("cloudformation").create_stack(StackName="stack", TemplateBody=json.dumps(template))
    first.client("sqs").create_queue(QueueName="queue")
    first.client("scheduler").create_schedule(
        Name="daily",
        ScheduleExpression="cron(0 6 * * ? *)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:states:us-east-1:123456789012:stateMachine:m", "RoleArn": ROLE},
    )
    first.client("dynamodb").put_item(TableName="outcomes", Item={"id": {"S": "last"}})
    first.end()

    second = start()
    answer = second.client("lambda").invoke(FunctionName="echo", Payload=b'"hello"')
    assert json.loads(answer["Payload"].read()) == "hello"
    assert "Item" in second.client("dynamodb").get_item(TableName="outcomes", Key={"id": {"S": "last"}})
    assert second.client("sqs").list_queues()["QueueUrls"]
    assert second.client("scheduler").get_schedule(Name="daily")["State"] == "ENABLED"
    cloudformation = second.client("cloudformation")
    assert cloudformation.describe_stacks()["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    template["Resources"]["Function"]["Properties"]["Timeout"] = 9
    cloudformation.update_stack(StackName="stack", TemplateBody=json.dumps(template))
    assert second.client("lambda").get_function_configuration(FunctionName="echo")["Timeout"] == 9
    cloudformation.delete_stack(StackName="stack")
    assert second.client("lambda").list_functions()["Functions"] == []


def test_an_orderly_end_keeps_everything_too_and_a_reset_nothing(start: Callable[[], Server]) -> None:
    first = start()
    sfn = first.client("stepfunctions")
    arn = sfn.start_execution(stateMachineArn=create_machine(sfn, WAITS), input='{"word": 1}')["executionArn"]
    first.end(signal.SIGTERM)

    second = start()
    sfn = second.client("stepfunctions")
    assert ended(sfn, arn)["status"] == "FAILED"
    reset = urllib.request.Request(f"{second.endpoint}/moto-api/reset", method="POST")  # noqa: S310
    urllib.request.urlopen(reset).close()  # noqa: S310
    second.end()

    third = start()
    sfn = third.client("stepfunctions")
    assert sfn.list_state_machines()["stateMachines"] == []
    with pytest.raises(sfn.exceptions.ExecutionDoesNotExist):
        sfn.describe_execution(executionArn=arn)


def test_a_kill_in_the_middle_of_work_loses_no_execution(start: Callable[[], Server]) -> None:
    first = start()
    sfn = first.client("stepfunctions")
    loop = {
        "Count": {"Type": "Pass", "Output": {"n": "{% $states.input.n + 1 %}"}, "Next": "More"},
        "More": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input.n < 5000 %}", "Next": "Count"}],
            "Default": "End",
        },
        "End": {"Type": "Succeed"},
    }
    machine = create_machine(sfn, loop)
    arns = [
        sfn.start_execution(stateMachineArn=machine, name=f"run-{number}", input='{"n": 0}')["executionArn"]
        for number in range(5)
    ]
    first.end()

    sfn = start().client("stepfunctions")
    for arn in arns:
        found = ended(sfn, arn)
        assert found["status"] in {"FAILED", "SUCCEEDED"}
        pages = sfn.get_paginator("get_execution_history").paginate(executionArn=arn)
        ids = [event["id"] for page in pages for event in page["events"]]
        assert ids == list(range(1, len(ids) + 1))
