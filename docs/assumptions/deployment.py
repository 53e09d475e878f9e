"""What is assumed of CloudFormation, IAM, Lambda and the scheduler: of what a deployed bundle is made of."""

from __future__ import annotations

import json
import time
from typing import Any

from botocore.exceptions import ClientError

from docs.assumptions.model import CannotTell, assumed, by_hand, expect
from docs.assumptions.world import World, block

_PATIENCE = 300.0
_DEPLOYED = "it shows in a stack of a bundle: deploying one is the check"
_SWITCHED_ON = "it takes a schedule that is on, and hours"


@assumed(
    "D1",
    "`AWS::StepFunctions::StateMachineVersion` is replaced when `StateMachineRevisionId` changes, after the machine's "
    "own update; the versions before stay with `UpdateReplacePolicy: Retain`",
)
def _version_is_replaced(world: World) -> None:
    client, role = world.session.client("cloudformation"), world.role()
    name = f"{world.name}-stack"

    def template(seconds: int) -> str:
        definition = {"QueryLanguage": "JSONata", **block({"wait": {"Type": "Wait", "Seconds": seconds}})}
        machine: dict[str, Any] = {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {"StateMachineName": name, "RoleArn": role, "Definition": definition},
        }
        version = {
            "Type": "AWS::StepFunctions::StateMachineVersion",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "StateMachineArn": {"Ref": "Machine"},
                "StateMachineRevisionId": {"Fn::GetAtt": ["Machine", "StateMachineRevisionId"]},
            },
        }
        outputs = {"Version": {"Value": {"Ref": "Version"}}, "Machine": {"Value": {"Ref": "Machine"}}}
        return json.dumps({"Resources": {"Machine": machine, "Version": version}, "Outputs": outputs})

    client.create_stack(StackName=name, TemplateBody=template(1))
    world.afterwards(f"stack {name}", lambda: _delete(client, name))
    first = _outputs(client, name, "CREATE_COMPLETE")
    client.update_stack(StackName=name, TemplateBody=template(2))
    second = _outputs(client, name, "UPDATE_COMPLETE")
    listed = world.states.list_state_machine_versions(stateMachineArn=first["Machine"])[
        "stateMachineVersions"
    ]
    versions = {item["stateMachineVersionArn"] for item in listed}
    expect(first["Version"] != second["Version"], f"both are {first['Version']}")
    expect(versions == {first["Version"], second["Version"]}, f"it has the versions {sorted(versions)}")
    told = world.states.describe_state_machine(stateMachineArn=second["Version"])["definition"]
    expect(json.loads(told)["States"]["wait"]["Seconds"] == 2, "the new version has the old definition")


@assumed(
    "D2",
    "starting an execution by a version's ARN is allowed where `states:StartExecution` is, on the machine",
)
def _start_by_version(world: World) -> None:
    child = world.machine({"in": {"Type": "Pass"}})
    version = world.states.publish_state_machine_version(stateMachineArn=child)["stateMachineVersionArn"]
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution",
        "Arguments": {"StateMachineArn": version, "Input": {}},
    }
    run = world.run({"task": task})
    world.states.delete_state_machine_version(stateMachineVersionArn=version)
    expect(run.status == "SUCCEEDED", f"{run.status} {run.error}")


@assumed("D3", "calling a published version of a function is allowed by `function ARN:*`")
def _call_version(world: World) -> None:
    function = world.function("def handler(event, context): return context.function_version\n")
    version = world.session.client("lambda").publish_version(FunctionName=function)["FunctionArn"]
    arguments = {"FunctionName": version, "Payload": {}}
    run = world.run(
        {"task": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": arguments}}
    )
    expect(run.output is not None and run.output["Payload"] == "1", f"{run.status} {run.error} {run.output}")


def _delete(client: Any, name: str) -> None:
    """Delete a stack and wait until it has gone: what goes after it is its role."""
    client.delete_stack(StackName=name)
    client.get_waiter("stack_delete_complete").wait(
        StackName=name, WaiterConfig={"Delay": 5, "MaxAttempts": int(_PATIENCE / 5)}
    )


def _outputs(client: Any, name: str, wanted: str) -> dict[str, str]:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            (stack,) = client.describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            raise CannotTell(str(error)) from None
        if stack["StackStatus"] == wanted:
            return {item["OutputKey"]: item["OutputValue"] for item in stack["Outputs"]}
        if not stack["StackStatus"].endswith("_IN_PROGRESS") or time.monotonic() > deadline:
            raise CannotTell(f"the stack is in {stack['StackStatus']}: {stack.get('StackStatusReason', '')}")
        time.sleep(2)


for _id, _text, _how, _why in (
    (
        "D4",
        "a name in `DefinitionSubstitutions` is filled in where it is a key of an object, too",
        "run a DAG with an Await for two tasks that are no Glue jobs",
        _DEPLOYED,
    ),
    (
        "D5",
        "an execution goes on with the role that its version was published with, after the machine has another",
        "deploy, start, change a job's name, deploy, and let the first run end",
        _DEPLOYED,
    ),
    (
        "D6",
        "`RetainExceptOnCreate` keeps a role that an update takes out of the template, and removes it when its "
        "creation is rolled back",
        "deploy twice with different jobs; list the roles below `/dag2sfn/`",
        _DEPLOYED,
    ),
    (
        "D7",
        "the eight log-delivery actions in the template are enough, also under the `aws:SourceAccount` condition",
        "deploy, and look for errors of log delivery",
        _DEPLOYED,
    ),
    (
        "D8",
        "`LoggingConfig.LogGroup` of the poller with a fixed name works on first creation",
        "deploy",
        _DEPLOYED,
    ),
    (
        "D9",
        "with `KmsKeyArn`, `kms:Decrypt` and `kms:GenerateDataKey` are enough for the machine's role, `kms:Decrypt` "
        "for functions",
        "deploy with a key and run",
        "a key costs a dollar a month and goes a week after it is deleted, at the earliest",
    ),
    (
        "D10",
        "EventBridge Scheduler fills `<aws.scheduler.scheduled-time>` with the minute of the expression, however "
        "late it delivers",
        "switch a schedule on, look at the starter's log",
        _SWITCHED_ON,
    ),
    (
        "D11",
        "a cron schedule of EventBridge leaves out local times that clocks skip, and takes one that comes twice once",
        "its documentation says so; two schedules over a change of clocks",
        "clocks change twice a year",
    ),
    (
        "D12",
        "starting a machine by its alias needs `states:StartExecution` on the alias alone",
        "switch a schedule on",
        _SWITCHED_ON,
    ),
    (
        "D13",
        "a schedule may call a published version of a function, with a role that `aws:SourceAccount` restricts",
        "switch a schedule on",
        _SWITCHED_ON,
    ),
    (
        "D14",
        "an update with `UsePreviousTemplate` that changes `ScheduleState` changes the schedules alone",
        "`dag2sfn schedule on`, look at the stack's events",
        _DEPLOYED,
    ),
):
    by_hand(_id, _text, _how, _why)
