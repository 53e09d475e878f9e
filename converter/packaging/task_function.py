"""The function that runs a DAG's Python tasks, as resources of its stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from converter.expressions.deployment import ENVIRONMENT, parameter_name
from converter.operators.http import SECRETS
from converter.operators.python import calls_function
from converter.operators.step import Permission, Step
from converter.packaging.functions import Function, function
from converter.packaging.policies import Statement, statements_of
from converter.packaging.task_code import uses_variables
from converter.packaging.variables import PARAMETERS, REASON
from converter.packaging.yaml_text import Constant, GetAtt, Note, Ref, Sub
from converter.task_runtime import HANDLER, LONGEST_RUN, PYTHON_VERSION
from converter.task_runtime.dag2sfn_tasks.xcoms import BUCKET, PREFIX
from converter.workflow import StandInKind, Workflow

TASKS_KEY = Constant(
    {
        "Type": "String",
        "Description": "The key of the zip of the function that runs the Python tasks, in that bucket",
    }
)
_XCOMS = "Large XComs: what tasks push, and what others read of it."
_XCOM_BUCKET: Mapping[str, Any] = {"Fn::If": ["HasXComBucket", Ref("XComBucket"), Ref("ArtifactBucket")]}
_CONNECTIONS = "Airflow's connections, under the names that its own Secrets Manager backend uses."


def task_function(
    workflow: Workflow,
    steps: Mapping[str, Step],
    source: Mapping[str, str | bytes],
    *,
    xcom_in_s3: bool,
) -> Function:
    """Return the function; its role may also read Variables if something asks for one.

    ``xcom_in_s3``: it keeps large XComs in a bucket.
    """
    properties: dict[str, Any] = {
        "Description": "Runs the Python and Bash tasks, from the DAG file itself",
        "Runtime": f"python{PYTHON_VERSION}",
        "Architectures": Note(
            "Packages are installed for it: wheels for x86_64 are never missing.", ["x86_64"]
        ),
        "Handler": HANDLER,
        "Code": {"S3Bucket": Ref("ArtifactBucket"), "S3Key": Ref("TasksKey")},
        "MemorySize": Note("CPU comes with memory: at 1,769 MB a function has one CPU for itself.", 1769),
        **_environment(workflow, xcom_in_s3=xcom_in_s3),
        "Timeout": Note("As long as Lambda allows; the tasks' own limits are in the machine.", LONGEST_RUN),
    }
    return function(
        "Task",
        "tasks",
        properties,
        _statements(workflow, steps, source, xcom_in_s3=xcom_in_s3),
        dag_id=workflow.dag_id,
        source=source,
        role_comment="The function's own log. What the tasks do in AWS is allowed by TaskPolicyArns.",
        takes_policies=True,
    )


def _environment(workflow: Workflow, *, xcom_in_s3: bool) -> dict[str, Any]:
    variables: dict[str, Any] = {key: Ref(name) for key, name in environment_of(workflow).items()}
    if xcom_in_s3:
        variables |= {BUCKET: _XCOM_BUCKET, PREFIX: _prefix(workflow)}
    return {"Environment": {"Variables": variables}} if variables else {}


def environment_of(workflow: Workflow) -> dict[str, str]:
    """Return the environment variables that the DAG file asks for, with the parameters that give them."""
    return {
        item.name: parameter_name(ENVIRONMENT, item.name)
        for item in workflow.stand_ins
        if item.kind is StandInKind.ENVIRONMENT
    }


def _prefix(workflow: Workflow) -> str:
    """Return what the keys of XComs begin with. Ids of DAGs need no escapes in a key, nor in a policy."""
    return f"dag2sfn-xcom/{workflow.dag_id}"


def _statements(
    workflow: Workflow, steps: Mapping[str, Step], source: Mapping[str, str | bytes], *, xcom_in_s3: bool
) -> tuple[Statement, ...]:
    found: tuple[Statement, ...] = ()
    if xcom_in_s3:
        found = tuple(
            Statement(
                ("s3:GetObject", "s3:PutObject"),
                (Sub("arn:${AWS::Partition}:s3:::${" + bucket + "}/" + f"{_prefix(workflow)}/*"),),
                _XCOMS,
                only_if=condition,
            )
            for condition, bucket in (("HasXComBucket", "XComBucket"), ("HasNoXComBucket", "ArtifactBucket"))
        )
    if uses_variables(workflow, steps, source):
        found += statements_of([Permission(("ssm:GetParameter",), (PARAMETERS + "*",), REASON)])
    if secrets := _connections(workflow, steps):
        resources = tuple(
            "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:"
            f"{SECRETS}{name}-*"
            for name in secrets
        )
        found += statements_of([Permission(("secretsmanager:GetSecretValue",), resources, _CONNECTIONS)])
    return found


def _connections(workflow: Workflow, steps: Mapping[str, Step]) -> list[str]:
    """Return the connections that tasks of the function use; ``*`` if the run says which."""
    names = {
        str(task.arguments.get("http_conn_id") or "http_default")
        for task in workflow.tasks
        if task.operator.startswith("airflow.providers.http.") and calls_function(steps[task.task_id])
    }
    return sorted("*" if "{" in name else name for name in names)


def task_outputs(made: Function) -> dict[str, Any]:
    """Return what the stack tells of the function."""
    role = made.resources[made.id]["Properties"]["Role"]
    return {
        "TaskFunctionArn": {"Value": GetAtt(made.id, "Arn")},
        "TaskRoleArn": {"Value": role},
    }
