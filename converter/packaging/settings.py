"""What people may set on a stack, because it differs between accounts, and what resources have in common."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from converter.identity import DAG_ID_TAG
from converter.json_text import compact_json
from converter.packaging.yaml_text import Constant, Note, Ref, Sub

DEFAULT_RETENTION_DAYS = 90
#: AWS documentation, PutRetentionPolicy.
_RETENTION_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557]
_RETENTION_DAYS += [2922, 3288, 3653]

#: For what running executions may still need when an update takes it away. `deploy` removes it later; what a
#: failed creation leaves, CloudFormation removes.
KEPT: Mapping[str, str] = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}
#: The parameter that switches the DAG's schedule on.
SCHEDULE_STATE = "ScheduleState"


def parameters(machine: str, functions: Sequence[str], *, xcom_in_s3: bool = False) -> dict[str, Any]:
    """Return the parameters that people may set; ``functions`` are the folders of the stack's functions.

    ``machine`` is the name of the machine. ``xcom_in_s3``: the function that runs tasks keeps large XComs in
    a bucket.
    """
    name = {
        "Type": "String",
        "Default": machine,
        "AllowedPattern": "[A-Za-z0-9_-]{1,80}",
        "Description": "The machine's name; dag2sfn finds the DAG's machine by the default",
    }
    return {"MachineName": name, **_alike_parameters(tuple(functions), xcom_in_s3=xcom_in_s3)}


@cache
def _alike_parameters(functions: tuple[str, ...], *, xcom_in_s3: bool) -> Mapping[str, Constant]:
    """Return those that all stacks with such functions have alike."""
    written: dict[str, Any] = {
        "LogRetentionDays": {
            "Type": "Number",
            "Default": DEFAULT_RETENTION_DAYS,
            "AllowedValues": _RETENTION_DAYS,
            "Description": "How long logs are kept; the history of an execution is kept for 90 days anyway",
        },
        "Tracing": {
            "Type": "String",
            "Default": "true",
            "AllowedValues": ["true", "false"],
            "Description": "Whether AWS X-Ray traces executions and functions",
        },
        "AlarmTopicArn": _optional("The SNS topic that alarms tell; none by default"),
        "KmsKeyArn": _optional(
            "The key that encrypts history, logs, table and functions' variables; AWS's own by default. Its "
            "policy must allow the service CloudWatch Logs to use it"
        ),
        "PermissionsBoundaryArn": _optional("The permissions boundary of all roles; none by default"),
    }
    if functions:
        for name, what in (("VpcSubnetIds", "subnets"), ("VpcSecurityGroupIds", "security groups")):
            written[name] = {
                "Type": "CommaDelimitedList",
                "Default": "",
                "Description": f"The {what} in which the functions run; in no VPC by default",
            }
    if "starter" in functions:
        written[SCHEDULE_STATE] = {
            "Type": "String",
            "Default": "DISABLED",
            "AllowedValues": ["ENABLED", "DISABLED"],
            "Description": "Whether runs are started as scheduled; `dag2sfn schedule on` switches it",
        }
    if "tasks" in functions:
        written["TaskPolicyArns"] = {
            "Type": "CommaDelimitedList",
            "Default": "",
            "Description": "Managed policies for what the Python tasks do in AWS; none by default",
        }
    if xcom_in_s3:
        written["XComBucket"] = _optional(
            "The bucket for large XComs, below dag2sfn-xcom/; that of the artifacts by default. Give it a "
            "lifecycle rule that removes them"
        )
    return {name: Constant(parameter) for name, parameter in written.items()}


def _optional(description: str) -> dict[str, Any]:
    return {"Type": "String", "Default": "", "Description": description}


@cache
def conditions(functions: tuple[str, ...], *, xcom_in_s3: bool = False) -> Constant:
    """Return the conditions that follow from the parameters."""
    written: dict[str, Any] = {
        "IsTraced": {"Fn::Equals": [Ref("Tracing"), "true"]},
        "HasAlarmTopic": _is_given(Ref("AlarmTopicArn")),
        "HasKey": _is_given(Ref("KmsKeyArn")),
        "HasBoundary": _is_given(Ref("PermissionsBoundaryArn")),
    }
    if functions:
        written["IsInVpc"] = _is_given({"Fn::Join": ["", Ref("VpcSubnetIds")]})
    if "tasks" in functions:
        written["HasTaskPolicies"] = _is_given({"Fn::Join": ["", Ref("TaskPolicyArns")]})
    if xcom_in_s3:
        written["HasXComBucket"] = _is_given(Ref("XComBucket"))
        written["HasNoXComBucket"] = {"Fn::Equals": [Ref("XComBucket"), ""]}
    return Constant(written)


def _is_given(value: Any) -> dict[str, Any]:
    return {"Fn::Not": [{"Fn::Equals": [value, ""]}]}


def default_settings(
    machine: str, functions: Sequence[str] = (), *, xcom_in_s3: bool = False
) -> dict[str, str]:
    """Return the parameters that people may set on a stack, with what they are until then.

    ``machine`` is its name, ``functions`` and ``xcom_in_s3`` are those of the manifest.
    """
    written = parameters(machine, functions, xcom_in_s3=xcom_in_s3)
    return {name: str(item["Default"]) for name, item in written.items()}


def only_if(condition: str, value: Any) -> dict[str, Any]:
    """Return a value that stands only under a condition of the template."""
    return {"Fn::If": [condition, value, Ref("AWS::NoValue")]}


#: The key that the stack was given.
KEY_IF_ANY = Constant(only_if("HasKey", Ref("KmsKeyArn")))


def tags_of(dag_id: str) -> list[dict[str, str]]:
    """Return the tag by which costs can be told apart by DAG."""
    return [{"Key": DAG_ID_TAG, "Value": dag_id}]


def log_group(name: str, dag_id: str) -> dict[str, Any]:
    """Return a log group.

    One of a fixed name that outlived its stack would be in the way of the next deployment, so log groups go
    with the stack, which is the default.
    """
    return {
        "Type": "AWS::Logs::LogGroup",
        "Properties": {
            "LogGroupName": Sub(name),
            "RetentionInDays": Ref("LogRetentionDays"),
            "KmsKeyId": KEY_IF_ANY,
            "Tags": tags_of(dag_id),
        },
    }


def digest_of(value: Any) -> str:
    """Return a digest of eight digits: what differs has another."""
    return hashlib.sha256(compact_json(value, default=_as_json, sort_keys=True)).hexdigest()[:8]


def _as_json(value: Any) -> Any:
    # Comments do not count. What is left are references, whose text says what they are.
    return value.value if isinstance(value, Note) else str(value)
