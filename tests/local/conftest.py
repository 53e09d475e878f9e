from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from archives import zip_of
from waiting import ended

from converter.local import LocalAws

ROLE = "arn:aws:iam::123456789012:role/anything"


@pytest.fixture
def sfn(aws: LocalAws) -> Any:
    return aws.client("stepfunctions")


@pytest.fixture
def glue(aws: LocalAws) -> Any:
    return aws.client("glue")


@pytest.fixture
def create_machine(sfn: Any) -> Callable[..., str]:
    def create(states: dict[str, Any], name: str = "machine", **top: Any) -> str:
        definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states, **top}
        arn = sfn.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)
        return str(arn["stateMachineArn"])

    return create


@pytest.fixture
def run_task(sfn: Any, create_machine: Callable[..., str], finish: Callable[..., Any]) -> Callable[..., Any]:
    """Run one Task state to its end and return DescribeExecution's answer."""

    def run(resource: str, arguments: Any = None, name: str = "task", **fields: Any) -> Any:
        if arguments is not None:
            fields["Arguments"] = arguments
        arn = create_machine({"Task": {"Type": "Task", "Resource": resource, "End": True, **fields}}, name)
        started = sfn.start_execution(stateMachineArn=arn, input="{}")
        return finish(started["executionArn"])

    return run


@pytest.fixture
def finish(sfn: Any) -> Callable[..., Any]:
    """Wait for an execution's end and return DescribeExecution's answer."""

    return lambda execution_arn: ended(sfn, execution_arn)


@pytest.fixture
def create_job(glue: Any) -> Callable[..., str]:
    def create(name: str = "job", *, at_once: int = 100, **defaults: str) -> str:
        glue.create_job(
            Name=name,
            Role=ROLE,
            Command={"Name": "glueetl", "ScriptLocation": "s3://scripts/job.py"},
            ExecutionProperty={"MaxConcurrentRuns": at_once},
            DefaultArguments={f"--local-{key}": value for key, value in defaults.items()},
        )
        return name

    return create


@pytest.fixture
def create_function(aws: LocalAws) -> Callable[..., Any]:
    def create(source: str, name: str = "function", **options: Any) -> Any:
        iam = aws.client("iam")
        try:
            role = iam.get_role(RoleName="lambda")["Role"]["Arn"]
        except iam.exceptions.NoSuchEntityException:
            role = iam.create_role(RoleName="lambda", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        settings = {"Runtime": "python3.12", "Handler": "code.handler", "Timeout": 20, **options}
        return aws.client("lambda").create_function(
            FunctionName=name, Role=role, Code={"ZipFile": zip_of({"code.py": source})}, **settings
        )

    return create
