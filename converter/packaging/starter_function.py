"""The DAG's schedule: EventBridge schedules, and the function that they call, as resources of a stack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from converter.packaging.folders import Alike
from converter.packaging.functions import Function, function
from converter.packaging.policies import Role, Statement, role
from converter.packaging.settings import SCHEDULE_STATE
from converter.packaging.yaml_text import Constant, GetAtt, Note, Ref, Sub
from converter.schedules import HANDLER, SOURCE, Timing, timing_of
from converter.task_runtime import PYTHON_VERSION
from converter.workflow import Workflow

STARTER_KEY = Constant(
    {
        "Type": "String",
        "Description": "The key of the zip of the function that starts scheduled runs, in that bucket",
    }
)


def is_scheduled(workflow: Workflow) -> bool:
    """Return whether the stack of a DAG has a schedule; runs of a shadow are started by those of Airflow."""
    return workflow.shadow is None and isinstance(timing_of(workflow), Timing)


def starter_files(workflow: Workflow) -> dict[str, str | bytes]:
    """Return the code of the starter, with what it has to know about the DAG's schedule."""
    timing = _timing(workflow)
    code: dict[str, str | bytes] = {**_alike_everywhere()}
    code[f"{SOURCE.name}/schedule.json"] = json.dumps(timing.document, indent=2) + "\n"
    if timing.zone is not None:
        # Lambda's own database may be another one, or none: runs shall be due when the conversion says.
        rules = files("tzdata").joinpath("zoneinfo", *timing.zone.split("/"))
        code[f"{SOURCE.name}/zone.tzif"] = rules.read_bytes()
    return code


@cache
def _alike_everywhere() -> Mapping[str, Alike]:
    return {f"{SOURCE.name}/{file.name}": Alike(file.read_bytes()) for file in sorted(SOURCE.glob("*.py"))}


def starter_function(workflow: Workflow, source: Mapping[str, str | bytes]) -> Function:
    """Return the function that the schedules call."""
    properties: dict[str, Any] = {
        "Description": "Starts each run of the DAG's schedule once, with its data interval",
        "Runtime": f"python{PYTHON_VERSION}",
        "Architectures": ["arm64"],
        "Handler": HANDLER,
        "Code": {"S3Bucket": Ref("ArtifactBucket"), "S3Key": Ref("StarterKey")},
        "MemorySize": Note("CPU comes with memory: at 128 MB, the first import of boto3 takes seconds.", 256),
        "Timeout": 60,
        "Environment": {"Variables": {"STATE_MACHINE": Ref("StateMachineAlias")}},
    }
    return function(
        "Starter",
        "starter",
        properties,
        _statements(workflow),
        dag_id=workflow.dag_id,
        source=source,
        role_comment="What the starter does: it starts the version of the machine that is in force.",
    )


def _statements(workflow: Workflow) -> list[Statement]:
    statements = [Statement(("states:StartExecution",), (Ref("StateMachineAlias"),))]
    if _timing(workflow).document.get("continuous"):
        statements.append(
            Statement(
                ("states:ListExecutions",),
                (Ref("StateMachine"),),
                "Whether the run before has ended (@continuous).",
            )
        )
    return statements


def schedule_resources(workflow: Workflow, starter: Function) -> dict[str, Any]:
    """Return the schedules of a DAG, and the role with which they call the starter."""
    its_role = _schedule_role(starter.callable_as)
    timing = _timing(workflow)
    resources: dict[str, Any] = {}
    for number, wakeup in enumerate(timing.wakeups, 1):
        resources["Schedule" if number == 1 else f"Schedule{number}"] = Note(
            f"Airflow's schedule: {timing.document['schedule']} ({timing.document['zone']}). The starter is "
            "called at least whenever a run is due; it knows which run that is, and whether there is any.",
            {
                "Type": "AWS::Scheduler::Schedule",
                "Properties": {
                    "Description": f"Calls the starter of DAG {workflow.dag_id}"[:512],
                    "State": Ref(SCHEDULE_STATE),
                    "ScheduleExpression": wakeup.expression,
                    "ScheduleExpressionTimezone": wakeup.zone,
                    "FlexibleTimeWindow": {"Mode": "OFF"},
                    "Target": {
                        "Arn": starter.version,
                        "RoleArn": its_role.arn,
                        "Input": json.dumps({"scheduled": "<aws.scheduler.scheduled-time>"}),
                        "RetryPolicy": Note(
                            "A call that fails is made again for a day; its run stays the same.",
                            {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185},
                        ),
                    },
                },
            },
        )
    return {**resources, **its_role.resources}


@cache
def _schedule_role(called: Sub) -> Role:
    return role(
        "ScheduleRole",
        service="scheduler.amazonaws.com",
        statements=[Statement(("lambda:InvokeFunction",), (called,))],
        comment="What the schedule does: it calls the starter.",
        for_own_account=True,
    )


def schedule_outputs(starter: Function) -> dict[str, Any]:
    """Return what the stack tells of the schedule."""
    return {
        "StarterFunctionArn": {"Value": GetAtt("StarterFunction", "Arn")},
        "StarterFunctionVersionArn": {"Value": starter.version},
    }


def _timing(workflow: Workflow) -> Timing:
    timing = timing_of(workflow)
    if not isinstance(timing, Timing):
        raise ValueError(f"DAG '{workflow.dag_id}' has no schedule that is deployed")
    return timing
