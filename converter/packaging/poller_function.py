"""The poller function and the table that it reads, as resources of a stack."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from converter.asl.machine import Machine
from converter.operators.step import Permission
from converter.packaging.folders import Alike
from converter.packaging.functions import Function, function
from converter.packaging.policies import Statement, statements_of
from converter.packaging.settings import only_if, tags_of
from converter.packaging.yaml_text import GetAtt, Note, Ref
from converter.pollers import HANDLER, SOURCE


@cache
def poller_files() -> Mapping[str, Alike]:
    """Return the function's code, which is the same for every DAG."""
    return {SOURCE.name: Alike(SOURCE.read_bytes())}


def poller_function(machine: Machine, dag_id: str, source: Mapping[str, str | bytes]) -> Function:
    """Return the function that pollers call."""
    properties: dict[str, Any] = {
        "Description": "Tells a branch which tasks of its sibling branches are finished",
        "Runtime": "python3.12",
        "Architectures": Note("Plain Python runs anywhere; arm64 costs a fifth less.", ["arm64"]),
        "Handler": HANDLER,
        "Code": {"S3Bucket": Ref("ArtifactBucket"), "S3Key": Ref("PollerKey")},
        "MemorySize": Note("CPU comes with memory: at 128 MB, the first import of boto3 takes seconds.", 256),
        "Timeout": 60,
    }
    if machine.needs_table:
        properties["Environment"] = {"Variables": {"OUTCOME_TABLE": Ref("OutcomeTable")}}
    return function(
        "Poller",
        "poller",
        properties,
        _statements(machine),
        dag_id=dag_id,
        source=source,
        role_comment="What the poller asks, and its own log.",
    )


def _statements(machine: Machine) -> list[Statement]:
    arns = tuple(
        f"arn:${{AWS::Partition}}:glue:${{AWS::Region}}:${{AWS::AccountId}}:job/{job}"
        for job in machine.polled_jobs
    )
    statements = list(statements_of([Permission(("glue:GetJobRuns",), arns)])) if arns else []
    if machine.needs_table:
        statements.append(Statement(("dynamodb:BatchGetItem",), (GetAtt("OutcomeTable", "Arn"),)))
    return statements


def outcome_table(dag_id: str) -> Any:
    """Return the table of outcome records."""
    return Note(
        "How awaited tasks ended, told by their own branches: one item per task and execution, removed by "
        "DynamoDB once nobody can wait for it any more. One item more if max_active_runs is limited: which "
        "executions run.",
        {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
                "SSESpecification": only_if(
                    "HasKey", {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": Ref("KmsKeyArn")}
                ),
                "Tags": tags_of(dag_id),
            },
        },
    )
