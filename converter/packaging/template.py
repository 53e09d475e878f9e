"""Machine → CloudFormation template: one stack per DAG, with all that its machine needs of its own.

What the user already has (Glue jobs, machines that are started) is referred to and never created. The
definition and the function's code are read from the artifacts bucket, under keys that follow from their
content, so that CloudFormation sees a change exactly where there is one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from converter import __version__
from converter.asl import awaiting
from converter.asl.machine import Machine
from converter.identity import child_machine_name, machine_name
from converter.operators.python import TASK_FUNCTION
from converter.operators.step import Permission
from converter.packaging.child_machines import (
    CHILDREN_PREFIX,
    child_arn,
    child_file,
    child_statements,
    logical_id,
)
from converter.packaging.outer_machine import outer_filled, outer_statements
from converter.packaging.policies import Statement, role_resources, statements_of
from converter.packaging.task_code import runs_tasks
from converter.packaging.task_function import (
    TASK_CONDITIONS,
    TASK_OUTPUTS,
    TASK_PARAMETERS,
    task_function_resources,
)
from converter.packaging.yaml_text import GetAtt, Note, Ref, Sub, yaml_text
from converter.pollers import HANDLER
from converter.workflow import Workflow

#: Folder below ``functions/`` → parameter with the key of its zip.
FUNCTION_KEYS = {"poller": "PollerKey", "tasks": "TasksKey"}
_DEFAULT_RETENTION_DAYS = 90
#: AWS documentation, PutRetentionPolicy.
_RETENTION_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557]
_RETENTION_DAYS += [2922, 3288, 3653]

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


#: The parameter with the key of the outer machine's definition.
OUTER_KEY = "OuterDefinitionKey"

_SLOT_STATEMENTS = (
    Statement(("dynamodb:GetItem", "dynamodb:UpdateItem"), (GetAtt("OutcomeTable", "Arn"),)),
    Statement(
        ("states:DescribeExecution",),
        (Sub("arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution:${MachineName}:*"),),
        "Whether the executions that hold the slots of max_active_runs still run.",
    ),
)


_OWN_ACCOUNT = {
    "StringEquals": {
        "aws:SourceAccount": Note(
            "Only for machines of this account, should the service be asked on behalf of another.",
            Ref("AWS::AccountId"),
        )
    }
}


def template_text(workflow: Workflow, machine: Machine) -> str:
    """Return the template as YAML. Raises TooManyPermissionsError."""
    header = (
        f"# Written by dag2sfn {__version__} from {workflow.location.file}.\n"
        "# To change it, change the DAG and convert it again: the next conversion writes this file anew.\n\n"
    )
    return header + yaml_text(template(workflow, machine))


def template(workflow: Workflow, machine: Machine) -> dict[str, Any]:
    """Return the template of a DAG's stack. Raises TooManyPermissionsError."""
    conditions = {"Conditions": TASK_CONDITIONS} if runs_tasks(machine.steps) else {}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"DAG {workflow.dag_id}, converted by dag2sfn",
        "Parameters": _parameters(workflow, machine),
        **conditions,
        "Resources": _resources(workflow, machine),
        "Outputs": _outputs(machine),
    }


def functions_of(machine: Machine) -> tuple[str, ...]:
    """Return the folders below ``functions/`` that the machine needs."""
    needed = {"poller": machine.needs_poller, "tasks": runs_tasks(machine.steps)}
    return tuple(name for name in FUNCTION_KEYS if needed[name])


def default_settings(dag_id: str, functions: Sequence[str] = ()) -> dict[str, str]:
    """Return the parameters that people may set on a stack, with what they are until then.

    ``functions`` are those of the manifest.
    """
    settings = {"MachineName": machine_name(dag_id), "LogRetentionDays": str(_DEFAULT_RETENTION_DAYS)}
    return {**settings, "TaskPolicyArns": ""} if "tasks" in functions else settings


def substitutions(workflow: Workflow, machine: Machine) -> dict[str, Ref | GetAtt | Sub]:
    """Return what the template fills into the definitions: name → reference."""
    filled: dict[str, Ref | GetAtt | Sub] = {}
    if machine.needs_poller:
        filled[awaiting.POLLER_FUNCTION.name] = GetAtt("PollerFunction", "Arn")
    if machine.uses_table:
        filled[awaiting.OUTCOME_TABLE.name] = Ref("OutcomeTable")
    if runs_tasks(machine.steps):
        filled[TASK_FUNCTION.name] = GetAtt("TaskFunction", "Arn")
    filled |= dict(child_arn(workflow, child) for child in machine.children)
    return filled


def _parameters(workflow: Workflow, machine: Machine) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "ArtifactBucket": {
            "Type": "String",
            "Description": "The bucket that holds the definition and the code of functions",
        },
        "DefinitionKey": {"Type": "String", "Description": "The definition's key in that bucket"},
    }
    if machine.outer is not None:
        parameters[OUTER_KEY] = {
            "Type": "String",
            "Description": "The key of the outer machine's definition in that bucket",
        }
    if machine.children:
        parameters[CHILDREN_PREFIX] = {
            "Type": "String",
            "Description": "What the keys of the definitions of child machines begin with",
        }
    if machine.needs_poller:
        parameters["PollerKey"] = {
            "Type": "String",
            "Description": "The key of the poller function's zip in that bucket",
        }
    if runs_tasks(machine.steps):
        parameters |= TASK_PARAMETERS
    parameters["MachineName"] = {
        "Type": "String",
        "Default": machine_name(workflow.dag_id),
        "AllowedPattern": "[A-Za-z0-9_-]{1,80}",
        "Description": "The machine's name; dag2sfn finds the DAG's machine by the default",
    }
    parameters["LogRetentionDays"] = {
        "Type": "Number",
        "Default": _DEFAULT_RETENTION_DAYS,
        "AllowedValues": _RETENTION_DAYS,
        "Description": "How long logs are kept; the history of an execution is kept for 90 days anyway",
    }
    return parameters


def _resources(workflow: Workflow, machine: Machine) -> dict[str, Any]:
    resources: dict[str, Any] = {
        **_machines(workflow, machine),
        **_child_machines(workflow, machine),
        **_state_machine_role(workflow, machine),
        # A log group of a fixed name that outlived its stack would be in the way of the next deployment,
        # so log groups go with the stack, which is the default.
        "StateMachineLogs": Note(
            "Under /aws/vendedlogs/, log groups share one entry in the account's resource policy, which has "
            "room for few.",
            _log_group("/aws/vendedlogs/states/${MachineName}"),
        ),
    }
    if machine.needs_poller:
        resources["PollerFunction"] = _poller_function(machine)
        resources |= _poller_role(machine)
        resources["PollerLogs"] = _log_group("/aws/lambda/${MachineName}-poller")
    if runs_tasks(machine.steps):
        resources |= task_function_resources(workflow, machine.steps)
        resources["TaskLogs"] = _log_group("/aws/lambda/${MachineName}-tasks")
    if machine.uses_table:
        resources["OutcomeTable"] = _outcome_table()
    return resources


def _machines(workflow: Workflow, machine: Machine) -> dict[str, Any]:
    """Return the machine that has the DAG's name, and its body and role if it is an outer one."""
    name = {"StateMachineName": Ref("MachineName")}
    filled = _used(substitutions(workflow, machine), machine.definition)
    key = Ref("DefinitionKey")
    if machine.outer is None:
        return {"StateMachine": _state_machine(workflow, name, "StateMachineRole", key, filled)}
    tears_down = outer_filled(workflow, machine.steps)
    return {
        "StateMachine": Note(
            "It starts the body, and runs teardowns where that was cut short. Runs are started here.",
            _state_machine(workflow, name, "OuterRole", Ref(OUTER_KEY), tears_down),
        ),
        # CloudFormation names it: a name of ours might be taken, or too long.
        "BodyMachine": Note("The tasks.", _state_machine(workflow, {}, "StateMachineRole", key, filled)),
        **role_resources(
            "OuterRole",
            service="states.amazonaws.com",
            statements=[
                *outer_statements(workflow, machine.steps),
                *(_SLOT_STATEMENTS if machine.slots is not None else ()),
                _DELIVERY,
            ],
            comment="What the outer machine does: it starts the body, and tears down.",
            condition=_OWN_ACCOUNT,
        ),
    }


def _child_machines(workflow: Workflow, machine: Machine) -> dict[str, Any]:
    """Return the machines that the run's own one starts, and those that they start."""
    filled = substitutions(workflow, machine)
    return {
        logical_id(child.number): _state_machine(
            workflow,
            {"StateMachineName": child_machine_name(workflow.dag_id, child.number)},
            "StateMachineRole",
            Sub(f"${{{CHILDREN_PREFIX}}}{child_file(child.number)}"),
            _used(filled, child.definition),
        )
        for child in machine.children
    }


def _used(
    filled: Mapping[str, Ref | GetAtt | Sub], definition: Mapping[str, Any]
) -> dict[str, Ref | GetAtt | Sub]:
    """Return what is filled into a definition: that of which it has the name."""
    text = json.dumps(definition)
    return {name: value for name, value in filled.items() if f"${{{name}}}" in text}


def _state_machine(
    workflow: Workflow,
    name: Mapping[str, Any],
    role: str,
    definition_key: Ref | Sub,
    filled: Mapping[str, Ref | GetAtt | Sub],
) -> dict[str, Any]:
    properties: dict[str, Any] = {
        **name,
        "StateMachineType": "STANDARD",
        "RoleArn": GetAtt(role, "Arn"),
        "DefinitionS3Location": {"Bucket": Ref("ArtifactBucket"), "Key": definition_key},
    }
    if filled:
        properties["DefinitionSubstitutions"] = dict(filled)
    properties["LoggingConfiguration"] = {
        "Level": Note(
            "Every event is in the execution's history for 90 days, where dag2sfn reads it. The log keeps "
            "failures for longer, and feeds alarms; with ALL, pollers would fill it.",
            "ERROR",
        ),
        "IncludeExecutionData": Note(
            "Input and output may be confidential: a reader of logs need not be a reader of data.", False
        ),
        "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": GetAtt("StateMachineLogs", "Arn")}}],
    }
    properties["Tags"] = [
        {"Key": "dag2sfn:dag-id", "Value": workflow.dag_id},
        {"Key": "dag2sfn:source-hash", "Value": workflow.source_hash},
        {"Key": "dag2sfn:converter-version", "Value": __version__},
    ]
    return {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}


def _state_machine_role(workflow: Workflow, machine: Machine) -> dict[str, Any]:
    permissions = [permission for step in machine.steps.values() for permission in step.permissions]
    statements = list(statements_of(permissions))
    if machine.needs_poller:
        statements.append(Statement(("lambda:InvokeFunction",), (GetAtt("PollerFunction", "Arn"),)))
    if machine.needs_table:
        statements.append(Statement(("dynamodb:PutItem",), (GetAtt("OutcomeTable", "Arn"),)))
    if machine.children:
        statements += child_statements(workflow)
    if machine.slots is not None and machine.outer is None:
        statements += _SLOT_STATEMENTS
    if runs_tasks(machine.steps):
        statements.append(Statement(("lambda:InvokeFunction",), (GetAtt("TaskFunction", "Arn"),)))
    return role_resources(
        "StateMachineRole",
        service="states.amazonaws.com",
        statements=[*statements, _DELIVERY],
        comment="What the machine's states do, and nothing else.",
        condition=_OWN_ACCOUNT,
    )


def _poller_function(machine: Machine) -> Any:
    properties: dict[str, Any] = {
        "Description": "Tells a branch which tasks of its sibling branches are finished",
        "Runtime": "python3.12",
        "Architectures": Note("Plain Python runs anywhere; arm64 costs a fifth less.", ["arm64"]),
        "Handler": HANDLER,
        "Code": {"S3Bucket": Ref("ArtifactBucket"), "S3Key": Ref("PollerKey")},
        "Role": GetAtt("PollerRole", "Arn"),
        "MemorySize": Note("CPU comes with memory: at 128 MB, the first import of boto3 takes seconds.", 256),
        "Timeout": 60,
        "LoggingConfig": {"LogGroup": Ref("PollerLogs")},
    }
    if machine.needs_table:
        properties["Environment"] = {"Variables": {"OUTCOME_TABLE": Ref("OutcomeTable")}}
    return {"Type": "AWS::Lambda::Function", "Properties": properties}


def _poller_role(machine: Machine) -> dict[str, Any]:
    arns = tuple(
        f"arn:${{AWS::Partition}}:glue:${{AWS::Region}}:${{AWS::AccountId}}:job/{job}"
        for job in machine.polled_jobs
    )
    statements = list(statements_of([Permission(("glue:GetJobRuns",), arns)])) if arns else []
    if machine.needs_table:
        statements.append(Statement(("dynamodb:BatchGetItem",), (GetAtt("OutcomeTable", "Arn"),)))
    statements.append(
        Statement(("logs:CreateLogStream", "logs:PutLogEvents"), (GetAtt("PollerLogs", "Arn"),))
    )
    return role_resources(
        "PollerRole",
        service="lambda.amazonaws.com",
        statements=statements,
        comment="What the poller asks, and its own log.",
    )


def _outcome_table() -> Any:
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
            },
        },
    )


def _log_group(name: str) -> dict[str, Any]:
    return {
        "Type": "AWS::Logs::LogGroup",
        "Properties": {"LogGroupName": Sub(name), "RetentionInDays": Ref("LogRetentionDays")},
    }


def _outputs(machine: Machine) -> Mapping[str, Any]:
    outputs: dict[str, Any] = {
        "StateMachineArn": {"Value": Ref("StateMachine")},
        "StateMachineName": {"Value": GetAtt("StateMachine", "Name")},
    }
    if machine.needs_poller:
        outputs["PollerFunctionArn"] = {"Value": GetAtt("PollerFunction", "Arn")}
    if runs_tasks(machine.steps):
        outputs |= TASK_OUTPUTS
    return outputs
