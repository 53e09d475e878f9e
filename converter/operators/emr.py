"""Amazon EMR on EC2: clusters, steps, notebooks."""

from __future__ import annotations

import ast
from typing import Any

from converter import diagnostics as d
from converter.expressions.jsonata import Expression, literal
from converter.operators.arguments import Arguments
from converter.operators.declared import AMAZON, Wait, operator
from converter.operators.registry import converts
from converter.operators.requests import (
    Request,
    allow,
    arn,
    pass_role,
    request,
    step_of,
    wait_for,
    wait_until,
)
from converter.operators.step import Step
from converter.workflow import Opaque

_EMR = f"{AMAZON}.operators.emr"
#: EmrCreateJobFlowOperator's wait policies, and the waiters that they are.
_WAITERS = {
    "wait_for_completion": "emr:job_flow_terminated",
    "wait_for_steps_completion": "emr:job_flow_waiting",
}


@converts(f"{_EMR}.EmrCreateJobFlowOperator")
def create_job_flow(args: Arguments) -> Step:
    """A new cluster: ``emr:runJobFlow``, with the wait that the operator's wait policy names.

    Return value, as in Airflow: the cluster's id.
    """
    connection = args.take("emr_conn_id", None) or "emr_default"
    config = _structure(args, "job_flow_overrides")
    # Airflow merges both; its own connection of that name has something in it where somebody wrote it there.
    if connection != "emr_default" or not {"Name", "Instances"} <= config.keys():
        problem = f"what the connection '{connection}' adds to the cluster's configuration is not known here"
        remedy = "write what is in the connection's extra into job_flow_overrides"
        args.report(d.NAME_UNKNOWN, problem, remedy)
    policy, wanted = args.take("wait_policy"), args.take("wait_for_completion")
    waits = policy is not None or bool(wanted)
    args.take("deferrable")
    # In Airflow's own words the attempts count from the defaults where none are given.
    delay, attempts = args.take("waiter_delay") or 60, args.take("waiter_max_attempts") or 60
    args.set_aside("terminate_job_flow_on_failure")
    roles = [config.get(name) for name in ("ServiceRole", "JobFlowRole", "AutoScalingRole")]
    create = request(
        "emr:runJobFlow",
        config,
        keeps={"id": "$states.result.JobFlowId"},
        does="create the cluster",
        also=(
            *(pass_role(role) for role in roles if role),
            allow("elasticmapreduce:AddTags", reason="a cluster's id is given by EMR"),
        ),
    )
    if not waits:
        return step_of(args, create, output="$id")
    waiter = _WAITERS.get(str(policy), "emr:job_flow_terminated")
    wait = wait_for(waiter, {"ClusterId": Expression("$id")}, delay=delay, attempts=attempts)
    return step_of(args, create, wait, output="$id")


def _structure(args: Arguments, name: str) -> dict[str, Any]:
    """Return an argument that is a dict, or the text of one, as a template field may be."""
    value = args.task.arguments.get(name)
    if isinstance(value, str) and "{{" not in value:
        args.set_aside(name)
        try:
            value = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            value = None
        if not isinstance(value, dict):
            args.report(d.BAD_ARGUMENT, f"argument '{name}' is a text that is no dict", "write a dict")
            return {}
        return value
    return args.take_structure(name)


@converts(f"{_EMR}.EmrAddStepsOperator")
def add_steps(args: Arguments) -> Step:
    """Steps for a cluster: ``emr:addJobFlowSteps``, with the wait for the end of each where it waits.

    Return value, as in Airflow: the list of step ids; the key ``job_flow_id`` is pushed.
    """
    cluster, finds = _cluster(args)
    steps = args.take("steps") or []
    steps = _literal_list(args, steps)
    role = args.take("execution_role_arn")
    waits = bool(args.take("wait_for_completion", False)) | bool(args.take("deferrable", False))
    delay, attempts = args.take_number("waiter_delay", 30), args.take_number("waiter_max_attempts", 60)
    if args.take("openlineage_inject_parent_job_info"):
        args.report(d.LOST_FEATURE, "OpenLineage information is not injected", "pass it in the steps")
    roles = (pass_role(role),) if role else ()
    xcom = {"job_flow_id": "$cluster" if finds else literal(cluster)}
    add = request(
        "emr:addJobFlowSteps",
        {"JobFlowId": cluster, "Steps": steps, "ExecutionRoleArn": role},
        on=_cluster_arn(cluster),
        does="add the steps",
        keeps={"ids": "[$states.result.StepIds]"},
        also=roles,
    )
    if not waits:
        return step_of(args, *finds, add, output="$ids", xcom=xcom)
    # botocore's waiter looks at one step; a list of them is over when none is under way.
    states = "$states.result.Steps.Status.State"
    bad = "['FAILED', 'CANCELLED', 'INTERRUPTED']"
    phase = (
        f"$count($filter([{states}], function($s) {{ $s in {bad} }})) > 0 ? 'failed' : "
        f"$count($filter([{states}], function($s) {{ $s != 'COMPLETED' }})) = 0 ? 'completed' : 'on'"
    )
    asked = {"ClusterId": cluster, "StepIds": Expression("$ids")}
    wait = wait_until(
        "emr:listSteps",
        asked,
        f"({phase})",
        ("completed",),
        on=_cluster_arn(cluster),
        delay=delay,
        attempts=attempts,
    )
    return step_of(args, *finds, add, wait, output="$ids", xcom=xcom)


def _literal_list(args: Arguments, steps: Any) -> Any:
    if isinstance(steps, str):
        try:
            return ast.literal_eval(steps)
        except (ValueError, SyntaxError):
            args.report(d.BAD_ARGUMENT, "argument 'steps' is a text that is no list", "write a list of dicts")
            return []
    return steps


def _cluster(args: Arguments) -> tuple[Any, list[Request]]:
    """Return the cluster's id, and the request that finds it where only its name is given."""
    cluster, name = args.take("job_flow_id"), args.take("job_flow_name")
    states = args.take("cluster_states") or []
    if cluster is not None or isinstance(name, Opaque):
        return cluster, []
    found = f"$states.result.Clusters[Name = {literal(name)}].Id"
    only = f"$count([{found}]) = 1 ? {found} : $error('no cluster, or more than one, of this name')"
    find = request(
        "emr:listClusters",
        {"ClusterStates": states or None},
        does="find the cluster",
        keeps={"cluster": only},
    )
    return Expression("$cluster"), [find]


def _cluster_arn(cluster: Any) -> str:
    return arn("elasticmapreduce", "cluster/{}", cluster)


@converts(f"{_EMR}.EmrTerminateJobFlowOperator")
def terminate(args: Arguments) -> Step:
    """A cluster is terminated: ``emr:terminateJobFlows``; deferred, the wait until it is.

    Return value, as in Airflow: none.
    """
    cluster = args.take("job_flow_id")
    end = request("emr:terminateJobFlows", {"JobFlowIds": [cluster]}, on=_cluster_arn(cluster))
    delay, attempts = args.take_number("waiter_delay", 60), args.take_number("waiter_max_attempts", 20)
    if not args.take("deferrable", False):
        return step_of(args, end)
    where = _cluster_arn(cluster)
    wait = wait_for(
        "emr:job_flow_terminated", {"ClusterId": cluster}, on=where, delay=delay, attempts=attempts
    )
    return step_of(args, end, wait)


operator(
    "operators.emr.EmrModifyClusterOperator",
    """A cluster's step concurrency is changed: ``emr:modifyCluster``.

    Return value, as in Airflow: the new concurrency. The key ``cluster_id`` is not pushed.
    """,
    "emr:modifyCluster",
    "ClusterId=cluster_id StepConcurrencyLevel=step_concurrency_level",
    on="cluster/{}",
    named="ClusterId",
    keeps={"level": "$states.result.StepConcurrencyLevel"},
    output="$level",
)
operator(
    "operators.emr.EmrStopNotebookExecutionOperator",
    """A notebook's execution is stopped: ``emr:stopNotebookExecution``, with the wait where it waits.

    Return value, as in Airflow: none.
    """,
    "emr:stopNotebookExecution",
    "NotebookExecutionId=notebook_execution_id",
    wait=Wait(
        "emr:notebook_stopped",
        {"NotebookExecutionId": "NotebookExecutionId"},
        by_default=False,
        delay=("waiter_delay", 60),
        attempts=("waiter_max_attempts", 25),
    ),
)


@converts(f"{_EMR}.EmrStartNotebookExecutionOperator")
def start_notebook(args: Arguments) -> Step:
    """A notebook is executed: ``emr:startNotebookExecution``, with the wait until it runs where it waits.

    Return value, as in Airflow: the execution's id.
    """
    role = args.take("service_role")
    engine = {
        "Id": args.take("cluster_id"),
        "Type": "EMR",
        "MasterInstanceSecurityGroupId": args.take("master_instance_security_group_id") or "",
    }
    arguments = {
        "EditorId": args.take("editor_id"),
        "RelativePath": args.take("relative_path"),
        "NotebookExecutionName": args.take("notebook_execution_name")
        or Expression(f"{literal('emr_notebook_')} & $uuid()"),
        "NotebookParams": args.take("notebook_params") or "",
        "ExecutionEngine": engine,
        "ServiceRole": role,
        "NotebookInstanceSecurityGroupId": args.take("notebook_instance_security_group_id") or "",
        "Tags": args.take("tags") or [],
    }
    start = request(
        "emr:startNotebookExecution",
        arguments,
        keeps={"id": "$states.result.NotebookExecutionId"},
        also=(pass_role(role),),
    )
    delay, attempts = args.take("waiter_delay") or 60, args.take("waiter_max_attempts") or 25
    asked = {"NotebookExecutionId": Expression("$id")}
    wait = wait_for("emr:notebook_running", asked, delay=delay, attempts=attempts)
    waits = args.take("wait_for_completion", False)
    return step_of(args, start, *([wait] if waits else []), output="$id")
