"""The function that runs a DAG's Python tasks, as resources of its stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from converter.operators.step import Permission, Step
from converter.packaging.functions import Function, function
from converter.packaging.policies import Statement, statements_of
from converter.packaging.task_code import uses_variables
from converter.packaging.yaml_text import GetAtt, Note, Ref
from converter.task_runtime import HANDLER, LONGEST_RUN, PYTHON_VERSION
from converter.workflow import Workflow

TASKS_KEY: Mapping[str, Any] = {
    "Type": "String",
    "Description": "The key of the zip of the function that runs the Python tasks, in that bucket",
}
_VARIABLES = "Airflow's Variables, under the names that its own Parameter Store backend uses."


def task_function(
    workflow: Workflow, steps: Mapping[str, Step], source: Mapping[str, str | bytes]
) -> Function:
    """Return the function; its role may also read Variables if something asks for one."""
    properties: dict[str, Any] = {
        "Description": "Runs the Python and Bash tasks, from the DAG file itself",
        "Runtime": f"python{PYTHON_VERSION}",
        "Architectures": Note(
            "Packages are installed for it: wheels for x86_64 are never missing.", ["x86_64"]
        ),
        "Handler": HANDLER,
        "Code": {"S3Bucket": Ref("ArtifactBucket"), "S3Key": Ref("TasksKey")},
        "MemorySize": Note("CPU comes with memory: at 1,769 MB a function has one CPU for itself.", 1769),
        "Timeout": Note("As long as Lambda allows; the tasks' own limits are in the machine.", LONGEST_RUN),
    }
    return function(
        "Task",
        "tasks",
        properties,
        _statements(workflow, steps),
        dag_id=workflow.dag_id,
        source=source,
        role_comment="The function's own log. What the tasks do in AWS is allowed by TaskPolicyArns.",
        role_more={
            "ManagedPolicyArns": {"Fn::If": ["HasTaskPolicies", Ref("TaskPolicyArns"), Ref("AWS::NoValue")]}
        },
    )


def _statements(workflow: Workflow, steps: Mapping[str, Step]) -> tuple[Statement, ...]:
    if not uses_variables(workflow, steps):
        return ()
    parameters = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/airflow/variables/*"
    return statements_of([Permission(("ssm:GetParameter",), (parameters,), _VARIABLES)])


def task_outputs(made: Function) -> dict[str, Any]:
    """Return what the stack tells of the function."""
    role = made.resources[made.id]["Properties"]["Role"]
    return {
        "TaskFunctionArn": {"Value": GetAtt(made.id, "Arn")},
        "TaskRoleArn": {"Value": role},
    }
