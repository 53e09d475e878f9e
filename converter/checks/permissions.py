"""What IAM has to allow a machine's role, so that its Tasks can call what they call.

Sources: Step Functions Developer Guide, "How Step Functions generates IAM policies for integrated services"
(what ``.sync`` needs besides the call itself), and the Service Authorization Reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from converter import diagnostics as d
from converter.checks.findings import Finding, about_state
from converter.checks.integrations import Call, api_of, call_of, iam_prefix
from converter.checks.machine import MachineTree, State, is_expression
from converter.checks.shapes import object_of
from converter.checks.template import Template, logical_id, matches

_EVENT_RULE = ("events:PutTargets", "events:PutRule", "events:DescribeRule")
#: How the call of an action is allowed, where it is not the action's own name.
_ALLOWED_AS = {
    "apigateway:invoke": "execute-api:Invoke",
    "elasticmapreduce:addStep": "elasticmapreduce:AddJobFlowSteps",
    "elasticmapreduce:cancelStep": "elasticmapreduce:CancelSteps",
    "elasticmapreduce:modifyInstanceFleetByName": "elasticmapreduce:ModifyInstanceFleet",
    "elasticmapreduce:modifyInstanceGroupByName": "elasticmapreduce:ModifyInstanceGroups",
    "elasticmapreduce:setClusterTerminationProtection": "elasticmapreduce:SetTerminationProtection",
    "elasticmapreduce:terminateCluster": "elasticmapreduce:TerminateJobFlows",
    "http:invoke": "states:InvokeHTTPEndpoint",
    "lambda:invoke": "lambda:InvokeFunction",
    "aws-sdk:lambda:invoke": "lambda:InvokeFunction",
}
#: What waiting for the end of a job needs besides: to ask, and to stop it with the execution.
_TO_WAIT = {
    "athena:startQueryExecution": ("athena:GetQueryExecution", "athena:StopQueryExecution"),
    "batch:submitJob": ("batch:DescribeJobs", "batch:TerminateJob", *_EVENT_RULE),
    "codebuild:startBuild": ("codebuild:StopBuild", "codebuild:BatchGetBuilds", *_EVENT_RULE),
    "databrew:startJobRun": ("databrew:ListJobRuns", "databrew:StopJobRun"),
    "ecs:runTask": ("ecs:StopTask", "ecs:DescribeTasks", *_EVENT_RULE),
    "elasticmapreduce:addStep": ("elasticmapreduce:DescribeStep", "elasticmapreduce:CancelSteps"),
    "elasticmapreduce:createCluster": (
        "elasticmapreduce:DescribeCluster", "elasticmapreduce:TerminateJobFlows",
    ),
    "emr-serverless:startJobRun": ("emr-serverless:GetJobRun", "emr-serverless:CancelJobRun"),
    "glue:startJobRun": ("glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun"),
    "states:startExecution": ("states:DescribeExecution", "states:StopExecution", *_EVENT_RULE),
}  # fmt: skip
#: "IAM policies for using Distributed Map states".
_TO_RUN_A_MAP = ("states:StartExecution", "states:DescribeExecution", "states:StopExecution")
#: The argument that names the resource of a call, and how the name stands in its ARN.
_NAMED_BY = {
    "glue:startJobRun": ("JobName", "job/"),
    "states:startExecution": ("StateMachineArn", "stateMachine:"),
    "lambda:invoke": ("FunctionName", "function:"),
    "sns:publish": ("TopicArn", ""),
    **{f"dynamodb:{action}Item": ("TableName", "table/") for action in ("get", "put", "update", "delete")},
}
#: Services whose actions IAM names after other things than the operations of their APIs.
_IRREGULAR = frozenset({"s3", "eks"})


@dataclass(frozen=True)
class _Need:
    """An action that must be allowed; ``on`` is the resource's name in its ARN, or empty: any resource."""

    action: str
    on: str = ""


def check_permissions(machine: MachineTree, template: Template) -> Iterator[Finding]:
    """Find calls that the machine's role may not make (D546)."""
    if template.grants is None:
        return
    for state in machine.states:
        if any(block.is_apart for block in state.blocks):
            yield from _map_run_problems(state, template)
        call = call_of(state.text("Resource")) if state.type == "Task" else None
        if call is None or "Credentials" in state.content:  # acts as another role
            continue
        for need in _needs(call, state, template):
            if not _is_granted(need, template):
                on = f" on '{need.on}'" if need.on else ""
                problem = f"{call.name} needs {need.action}{on}, which the machine's role does not allow"
                yield about_state(d.MISSING_PERMISSION, state, problem, "add it to the role's policy")


def _map_run_problems(state: State, template: Template) -> Iterator[Finding]:
    """Find what a distributed Map may not do, whose executions are of its own machine."""
    for action in _TO_RUN_A_MAP:
        if not _is_granted(_Need(action), template):
            problem = f"a distributed Map needs {action}, which the machine's role does not allow"
            yield about_state(d.MISSING_PERMISSION, state, problem, "add it to the role's policy")


def _needs(call: Call, state: State, template: Template) -> Iterator[_Need]:
    service, operation = api_of(call)
    action = _ALLOWED_AS.get(call.name, "")
    if not action and service and service not in _IRREGULAR:
        action = f"{iam_prefix(service)}:{operation}"
    if action:
        yield _Need(action, _resource_name(call, state, template))
    if call.pattern.startswith("sync"):
        yield from map(_Need, _TO_WAIT.get(call.name, ()))


def _resource_name(call: Call, state: State, template: Template) -> str:
    """Return the resource of a call as its name in an ARN, or as a reference; empty if it is not known."""
    argument, prefix = _NAMED_BY.get(call.name, ("", ""))
    arguments = object_of(state.arguments)
    name = arguments.get(argument)
    if not isinstance(name, str) or is_expression(name):
        return ""
    if "${" in name:
        filled = template.substitutions.get(name.removeprefix("${").removesuffix("}"), "")
        return _end_of_arn(filled) if filled.startswith("arn:") else filled
    return _end_of_arn(name) if name.startswith("arn:") else prefix + name


def _is_granted(need: _Need, template: Template) -> bool:
    grants = [grant for grant in template.grants or () if grant.allows(need.action)]
    if not need.on:
        return bool(grants)
    resources = [resource for grant in grants for resource in grant.resources]
    reference = logical_id(need.on)
    if reference:
        names = template.names_of(reference)
        return any(resource == "*" or logical_id(resource) in names for resource in resources)
    return any(resource == "*" or matches(_end_of_arn(resource), need.on) for resource in resources)


def _end_of_arn(arn: str) -> str:
    """Return what stands behind partition, service, region and account."""
    return arn.replace("${AWS::", "${").split(":", 5)[-1]
