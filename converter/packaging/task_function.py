"""The function that runs a DAG's Python tasks, as resources of its stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from converter.operators.step import Permission, Step
from converter.packaging.policies import Statement, role_resources, statements_of
from converter.packaging.task_code import uses_variables
from converter.packaging.yaml_text import GetAtt, Note, Ref
from converter.task_runtime import HANDLER, LONGEST_RUN, PYTHON_VERSION
from converter.workflow import Workflow

TASK_PARAMETERS: Mapping[str, Any] = {
    "TasksKey": {
        "Type": "String",
        "Description": "The key of the zip of the function that runs the Python tasks, in that bucket",
    },
    "TaskPolicyArns": {
        "Type": "CommaDelimitedList",
        "Default": "",
        "Description": "Managed policies for what the Python tasks do in AWS; none by default",
    },
}
TASK_CONDITIONS: Mapping[str, Any] = {
    "HasTaskPolicies": {"Fn::Not": [{"Fn::Equals": [{"Fn::Join": ["", Ref("TaskPolicyArns")]}, ""]}]}
}
TASK_OUTPUTS: Mapping[str, Any] = {
    "TaskFunctionArn": {"Value": GetAtt("TaskFunction", "Arn")},
    "TaskRoleArn": {"Value": GetAtt("TaskRole", "Arn")},
}
_VARIABLES = "Airflow's Variables, under the names that its own Parameter Store backend uses."


def task_function_resources(workflow: Workflow, steps: Mapping[str, Step]) -> dict[str, Any]:
    """Return the function and its role; the role may also read Variables if something asks for one."""
    return {"TaskFunction": _task_function(), **_task_role(workflow, steps)}


def _task_function() -> dict[str, Any]:
    properties: dict[str, Any] = {
        "Description": "Runs the Python and Bash tasks, from the DAG file itself",
        "Runtime": f"python{PYTHON_VERSION}",
        "Architectures": Note(
            "Packages are installed for it: wheels for x86_64 are never missing.", ["x86_64"]
        ),
        "Handler": HANDLER,
        "Code": {"S3Bucket": Ref("ArtifactBucket"), "S3Key": Ref("TasksKey")},
        "Role": GetAtt("TaskRole", "Arn"),
        "MemorySize": Note("CPU comes with memory: at 1,769 MB a function has one CPU for itself.", 1769),
        "Timeout": Note("As long as Lambda allows; the tasks' own limits are in the machine.", LONGEST_RUN),
        "LoggingConfig": {"LogGroup": Ref("TaskLogs")},
    }
    return {"Type": "AWS::Lambda::Function", "Properties": properties}


def _task_role(workflow: Workflow, steps: Mapping[str, Step]) -> dict[str, Any]:
    statements = [Statement(("logs:CreateLogStream", "logs:PutLogEvents"), (GetAtt("TaskLogs", "Arn"),))]
    if uses_variables(workflow, steps):
        parameters = (
            "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/airflow/variables/*"
        )
        statements += statements_of([Permission(("ssm:GetParameter",), (parameters,), _VARIABLES)])
    role = role_resources(
        "TaskRole",
        service="lambda.amazonaws.com",
        statements=statements,
        comment="The function's own log. What the tasks do in AWS is allowed by TaskPolicyArns.",
    )
    properties = role["TaskRole"].value["Properties"]
    properties["ManagedPolicyArns"] = {
        "Fn::If": ["HasTaskPolicies", Ref("TaskPolicyArns"), Ref("AWS::NoValue")]
    }
    return role
