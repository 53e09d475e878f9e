from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from converter.local import LocalAws

TOPIC = "AWS::SNS::Topic"


@pytest.mark.parametrize(
    ("resources", "problem"),
    [
        (
            {"A": {"Type": TOPIC, "DependsOn": "B"}, "B": {"Type": TOPIC, "DependsOn": "A"}},
            r"Circular dependency between resources: \[A, B\]",
        ),
        (
            {"A": {"Type": TOPIC, "Properties": {"TopicName": {"Ref": "Nobody"}}}},
            r"Unresolved resource dependencies \[Nobody\]",
        ),
        (
            {"A": {"Type": TOPIC, "Properties": {"TopicName": {"Fn::Sub": "${Nobody.Arn}"}}}},
            r"Unresolved resource dependencies \[Nobody\]",
        ),
        ({"A": {"Type": "AWS::No::Such"}}, "Unrecognized resource types"),
    ],
)
def test_an_impossible_template_is_refused_as_a_whole(
    aws: LocalAws, resources: dict[str, Any], problem: str
) -> None:
    cloudformation = aws.client("cloudformation")
    body = json.dumps({"Resources": resources})
    with pytest.raises(ClientError, match=problem):
        cloudformation.create_stack(StackName="stack", TemplateBody=body)
    with pytest.raises(ClientError, match=problem):
        cloudformation.create_change_set(
            StackName="stack", ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=body
        )
    assert cloudformation.describe_stacks()["Stacks"] == []


def test_pseudo_parameters_and_a_subs_own_variables_are_resolved(aws: LocalAws) -> None:
    name = {"Fn::Sub": ["${Word}-${AWS::Region}", {"Word": "topic"}]}
    body = json.dumps({"Resources": {"A": {"Type": TOPIC, "Properties": {"TopicName": name}}}})
    aws.client("cloudformation").create_stack(StackName="stack", TemplateBody=body)
    arns = [topic["TopicArn"] for topic in aws.client("sns").list_topics()["Topics"]]
    assert arns == ["arn:aws:sns:us-east-1:123456789012:topic-us-east-1"]
