"""State machines as resources of a stack: machine, version, alias, role, alarms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from converter import __version__
from converter.identity import DAG_ID_TAG, LIVE
from converter.packaging.policies import Statement
from converter.packaging.settings import KEPT, only_if
from converter.packaging.yaml_text import Constant, GetAtt, Note, Ref, Sub
from converter.shadow_mark import BUCKET_TAG, SHADOW_TAG
from converter.workflow import Workflow

_DELIVERY = Statement(
    (
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
    ),
    ("*",),
    "Log delivery is set up for the account as a whole: these actions know no narrower resource "
    '(AWS documentation, "Using CloudWatch Logs to log execution history in Step Functions").',
)
_TRACING = Statement(
    (
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    ),
    ("*",),
    "X-Ray has no resources that a statement could name (Service Authorization Reference).",
    only_if="IsTraced",
)
_ENCRYPTION = Statement(("kms:Decrypt", "kms:GenerateDataKey"), (Ref("KmsKeyArn"),), only_if="HasKey")
#: What every machine's role may do besides what its states do.
OF_EVERY_MACHINE = (_DELIVERY, _TRACING, _ENCRYPTION)

_LOGGING = Constant(
    {
        "Level": Note(
            "Every event is in the execution's history for 90 days, where dag2sfn reads it. The log keeps "
            "failures for longer; with ALL, pollers would fill it.",
            "ERROR",
        ),
        "IncludeExecutionData": Note(
            "Input and output may be confidential: a reader of logs need not be a reader of data.", False
        ),
        "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": GetAtt("StateMachineLogs", "Arn")}}],
    }
)
_IS_TRACED = Constant({"Enabled": {"Fn::If": ["IsTraced", True, False]}})
_ENCRYPTED = Constant(
    only_if(
        "HasKey",
        {
            "Type": "CUSTOMER_MANAGED_KMS_KEY",
            "KmsKeyId": Ref("KmsKeyArn"),
            "KmsDataKeyReusePeriodSeconds": 300,
        },
    )
)


def state_machine(
    workflow: Workflow,
    name: Mapping[str, Any],
    role_arn: GetAtt,
    definition_key: Ref | Sub,
    filled: Mapping[str, Ref | GetAtt | Sub],
) -> dict[str, Any]:
    """Return a machine with its definition in the artifacts bucket. ``name``: the property that names it."""
    properties: dict[str, Any] = {
        **name,
        "StateMachineType": "STANDARD",
        "RoleArn": role_arn,
        "DefinitionS3Location": {"Bucket": Ref("ArtifactBucket"), "Key": definition_key},
    }
    if filled:
        properties["DefinitionSubstitutions"] = dict(filled)
    properties["LoggingConfiguration"] = _LOGGING
    properties["TracingConfiguration"] = _IS_TRACED
    properties["EncryptionConfiguration"] = _ENCRYPTED
    properties["Tags"] = [
        {"Key": DAG_ID_TAG, "Value": workflow.dag_id},
        {"Key": "dag2sfn:source-hash", "Value": workflow.source_hash},
        {"Key": "dag2sfn:converter-version", "Value": __version__},
        *_tags_of_shadow(workflow),
    ]
    return {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}


def _tags_of_shadow(workflow: Workflow) -> list[dict[str, Any]]:
    """Return the tags by which Airflow's listener knows that its runs may start the machine."""
    if workflow.shadow is None:
        return []
    return [
        {"Key": SHADOW_TAG, "Value": workflow.shadow.allowed},
        {"Key": BUCKET_TAG, "Value": Ref("ArtifactBucket")},
    ]


def version_of(machine: str, *, behind: str = "") -> dict[str, Any]:
    """Return the published version of a machine; each revision is a new one, and the old ones stay.

    ``behind`` is the logical id of what its executions need, and no property refers to.
    """
    return {
        "Type": "AWS::StepFunctions::StateMachineVersion",
        **({"DependsOn": behind} if behind else {}),
        **KEPT,
        "Properties": {
            "StateMachineArn": Ref(machine),
            "StateMachineRevisionId": GetAtt(machine, "StateMachineRevisionId"),
        },
    }


def alias_of(version: str) -> dict[str, Any]:
    """Return the alias that leads to a version."""
    route = {"StateMachineVersionArn": Ref(version), "Weight": 100}
    return {
        "Type": "AWS::StepFunctions::StateMachineAlias",
        "Properties": {"Name": LIVE, "RoutingConfiguration": [route]},
    }


def alarms_of(machine: str) -> dict[str, Any]:
    """Return the alarms on executions that fail, and on those that time out."""
    return {
        "FailedAlarm": _alarm(machine, "ExecutionsFailed", "Executions of ${MachineName} have failed"),
        "TimedOutAlarm": _alarm(machine, "ExecutionsTimedOut", "Executions of ${MachineName} have timed out"),
    }


def _alarm(machine: str, metric: str, description: str) -> dict[str, Any]:
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmDescription": Sub(description),
            "Namespace": "AWS/States",
            "MetricName": metric,
            "Dimensions": [{"Name": "StateMachineArn", "Value": Ref(machine)}],
            "Statistic": "Sum",
            "Period": 300,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": Note("No executions, no failures.", "notBreaching"),
            "AlarmActions": only_if("HasAlarmTopic", [Ref("AlarmTopicArn")]),
        },
    }
