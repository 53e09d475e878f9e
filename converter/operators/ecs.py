"""Amazon ECS."""

from __future__ import annotations

from typing import Any

from converter import diagnostics as d
from converter.operators.arguments import Arguments
from converter.operators.declared import AMAZON, Wait, operator
from converter.operators.registry import converts
from converter.operators.requests import allow, arn, event_rule, request, step_of
from converter.operators.step import Step

_ECS = f"{AMAZON}.operators.ecs"

for _verb, _state, _doc in (
    ("Create", "active", "A new cluster: ``ecs:createCluster``, and the wait until it is active."),
    ("Delete", "inactive", "A cluster is deleted: ``ecs:deleteCluster``, and the wait until it is inactive."),
):
    operator(
        f"operators.ecs.Ecs{_verb}ClusterOperator",
        f"{_doc}\n\nReturn value: the cluster's description, with names as Step Functions writes them.",
        f"ecs:{_verb.lower()}Cluster",
        "clusterName=cluster_name" if _verb == "Create" else "cluster=cluster_name",
        merged="create_cluster_kwargs" if _verb == "Create" else "",
        on="cluster/{}",
        named="clusterName" if _verb == "Create" else "cluster",
        # botocore's waiter takes a list.
        keeps={"cluster": "$states.result.Cluster", "asked": "[$states.result.Cluster.ClusterArn]"},
        wait=Wait(f"ecs:cluster_{_state}", {"clusters": "$asked"}, delay=("waiter_delay", 15)),
        output="$cluster",
        differs="the cluster's description, with names as Step Functions writes them",
    )
operator(
    "operators.ecs.EcsDeregisterTaskDefinitionOperator",
    """A task definition is deregistered: ``ecs:deregisterTaskDefinition``.

    Return value, as in Airflow: its ARN.
    """,
    "ecs:deregisterTaskDefinition",
    "taskDefinition=task_definition",
    keeps={"arn": "$states.result.TaskDefinition.TaskDefinitionArn"},
    output="$arn",
)
operator(
    "operators.ecs.EcsRegisterTaskDefinitionOperator",
    """A task definition is registered: ``ecs:registerTaskDefinition``.

    Return value, as in Airflow: its ARN, also under the key ``task_definition_arn``.
    """,
    "ecs:registerTaskDefinition",
    "family containerDefinitions=container_definitions",
    merged="register_task_kwargs",
    on="task-definition/{}:*",
    named="family",
    roles="taskRoleArn executionRoleArn",
    keeps={"arn": "$states.result.TaskDefinition.TaskDefinitionArn"},
    output="$arn",
    xcom={"task_definition_arn": "$arn"},
)

#: Arguments that are members of RunTask where they are given.
_MEMBERS = {
    "volumeConfigurations": "volume_configurations",
    "platformVersion": "platform_version",
    "group": "group",
    "placementConstraints": "placement_constraints",
    "placementStrategy": "placement_strategy",
    "networkConfiguration": "network_configuration",
    "propagateTags": "propagate_tags",
}


@converts(f"{_ECS}.EcsRunTaskOperator")
def run_task(args: Arguments) -> Step:
    """A task of ECS: ``ecs:runTask``, with ``.sync`` where the operator waits; an exit code fails it.

    Return value, as in Airflow without logs: none; with logs the operator returns the last line. The key
    ``ecs_task_arn`` is pushed.
    """
    cluster, definition = args.take("cluster"), args.take("task_definition")
    strategy, launch_type = args.take("capacity_provider_strategy"), args.take("launch_type", "EC2")
    tags = args.take("tags")
    arguments: dict[str, Any] = {
        "cluster": cluster,
        "taskDefinition": definition,
        "overrides": args.take("overrides"),
        "startedBy": args.task.settings.get("owner") or "airflow",
        "capacityProviderStrategy": strategy or None,
        "launchType": None if strategy else launch_type or None,
        **{member: args.take(name) for member, name in _MEMBERS.items()},
        "tags": [{"key": key, "value": value} for key, value in tags.items()]
        if isinstance(tags, dict)
        else None,
    }
    waits = bool(args.take("wait_for_completion", True)) | bool(args.take("deferrable", False))
    _report_logs(args)
    if args.take("skip_on_exit_code") is not None:
        problem = "skip_on_exit_code: a machine does not tell one exit code from another"
        args.report(d.NO_COUNTERPART, problem, "let the container succeed, and decide in a task behind it")
    if args.take("reattach"):
        args.report(
            d.LOST_FEATURE, "reattach has no effect: every try runs a task of its own", "leave it out"
        )
    if args.take("quota_retry"):
        args.report(d.LOST_FEATURE, "quota_retry has no effect", "give the task retries")
    # .sync stops the task with the execution, and asks in its own way.
    args.set_aside("stop_task_on_failure", "waiter_delay", "waiter_max_attempts", "number_logs_exception")
    where = arn("ecs", "task-definition/{}", _with_revision(definition))
    path = "$states.result.TaskArn" if waits else "$states.result.Tasks[0].TaskArn"
    ran = request(
        "ecs:runTask",
        arguments,
        on=where,
        optimised="ecs:runTask" + (".sync" if waits else ""),
        keeps={"arn": path},
        also=_also(waits),
    )
    return step_of(args, ran, xcom={"ecs_task_arn": "$arn"})


def _with_revision(definition: Any) -> Any:
    """Return a task definition's name as its ARN has it: without a revision, any may run."""
    if not isinstance(definition, str) or definition.startswith("arn:"):
        return definition
    return definition if ":" in definition else None


def _also(waits: bool) -> tuple[Any, ...]:
    roles = allow("iam:PassRole", reason="the task definition says which roles the task has")
    if not waits:
        return (roles,)
    tasks = allow("ecs:StopTask", "ecs:DescribeTasks", reason="a task's id is given by ECS")
    return (roles, tasks, event_rule("StepFunctionsGetEventsForECSTaskRule"))


def _report_logs(args: Arguments) -> None:
    if args.take("awslogs_group"):
        args.report(
            d.LOGS_STAY, "the task's log is not copied, and its last line not returned", "read CloudWatch"
        )
    args.set_aside("awslogs_region", "awslogs_stream_prefix", "awslogs_fetch_interval", "container_name")
