from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from converter.local import LocalAws


def trusted_by(*services: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": list(services)}}
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.fixture
def role() -> dict[str, Any]:
    """A role that any of the services may assume."""
    services = [f"{name}.amazonaws.com" for name in ("states", "lambda", "scheduler")]
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trusted_by(*services)}}


class Stack:
    """A stack under test: brought to one set of resources after the other."""

    def __init__(self, aws: LocalAws) -> None:
        self.cloudformation = aws.client("cloudformation")
        self.exists = False

    def apply(self, resources: dict[str, Any], expect: str = "COMPLETE") -> None:
        """Create or update; the stack must end in this status."""
        body = json.dumps({"Resources": resources})
        change = self.cloudformation.update_stack if self.exists else self.cloudformation.create_stack
        status = f"UPDATE_{expect}" if self.exists else expect if expect != "COMPLETE" else "CREATE_COMPLETE"
        change(StackName="stack", TemplateBody=body)
        self.exists = True
        assert self.status == status, self.reasons

    def delete(self) -> None:
        self.cloudformation.delete_stack(StackName="stack")
        assert self.cloudformation.describe_stacks()["Stacks"] == []

    @property
    def status(self) -> str:
        return str(self.cloudformation.describe_stacks(StackName="stack")["Stacks"][0]["StackStatus"])

    @property
    def reasons(self) -> dict[str, str]:
        """Of the resources that failed, by their logical ids."""
        events = self.cloudformation.describe_stack_events(StackName="stack")["StackEvents"]
        return {
            event["LogicalResourceId"]: event["ResourceStatusReason"]
            for event in events
            if event["ResourceStatus"].endswith("_FAILED") and "ResourceStatusReason" in event
        }

    def id_of(self, logical_id: str) -> str:
        """A resource's physical id: what Ref gives."""
        found = self.cloudformation.list_stack_resources(StackName="stack")["StackResourceSummaries"]
        return next(r["PhysicalResourceId"] for r in found if r.get("LogicalResourceId") == logical_id)


@pytest.fixture
def stack(aws: LocalAws) -> Stack:
    return Stack(aws)


@pytest.fixture
def machine(role: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """Resources of a machine ``Machine`` that says a word, and its role ``Role``."""

    def resources(word: str = "one", **properties: Any) -> dict[str, Any]:
        definition = {
            "QueryLanguage": "JSONata",
            "StartAt": "Say",
            "States": {"Say": {"Type": "Succeed", "Output": word}},
        }
        return {
            "Role": role,
            "Machine": {
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {
                    "StateMachineName": "speaking",
                    "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Definition": definition,
                    **properties,
                },
            },
        }

    return resources
