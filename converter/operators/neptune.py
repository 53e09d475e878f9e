"""Amazon Neptune, and Neptune Analytics."""

from __future__ import annotations

from typing import Any

from converter.expressions.jsonata import Expression, literal
from converter.operators.arguments import Arguments
from converter.operators.declared import AMAZON, Wait, operator
from converter.operators.registry import converts
from converter.operators.requests import (
    arn,
    given,
    pace,
    pass_role,
    request,
    step_of,
    wait_for,
    wait_until,
    waits_for_it,
)
from converter.operators.step import Retrier, Step

_NEPTUNE = f"{AMAZON}.operators.neptune"
_ANALYTICS = "operators.neptune_analytics.Neptune"
#: The operators wait and try again while the cluster or one of its instances changes its state.
_BUSY = Retrier(
    ("Neptune.InvalidDbClusterStateException", "Neptune.InvalidDbInstanceStateException"),
    30,
    60,
    1.0,
    None,
    False,
)


@converts(f"{_NEPTUNE}.NeptuneStartDbClusterOperator")
def start_cluster(args: Arguments) -> Step:
    """A cluster starts, unless it is available: ``neptune:startDBCluster``, and the wait until it is.

    Return value, as in Airflow: ``{"db_cluster_id": …}``.
    """
    return _switched(args, "start", "available")


@converts(f"{_NEPTUNE}.NeptuneStopDbClusterOperator")
def stop_cluster(args: Arguments) -> Step:
    """A cluster stops, unless it is stopped: ``neptune:stopDBCluster``, and the wait until it is.

    Return value, as in Airflow: ``{"db_cluster_id": …}``.
    """
    return _switched(args, "stop", "stopped")


def _switched(args: Arguments, verb: str, state: str) -> Step:
    cluster = args.take("db_cluster_id")
    asked, where = {"DBClusterIdentifier": cluster}, arn("rds", "cluster:{}", cluster)
    path = "$states.result.DbClusters[0].Status"
    look = request("neptune:describeDBClusters", asked, on=where, keeps={"there": f"{path} = '{state}'"})
    switch = request(f"neptune:{verb}DBCluster", asked, on=where, when="$not($there)").retried(_BUSY)
    waits, often = waits_for_it(args, default=True), pace(args, 30, 60)
    wait = wait_until(
        "neptune:describeDBClusters", asked, "DbClusters[0].Status", (state,), on=where, **often
    )
    result = literal({"db_cluster_id": cluster})
    return step_of(args, look, switch, *([wait] if waits else []), output=result)


# --- Neptune Analytics --------------------------------------------------------------------------------------


@converts(f"{AMAZON}.{_ANALYTICS}CreateGraphOperator")
def create_graph(args: Arguments) -> Step:
    """A new graph: ``neptune-graph:createGraph``, and the wait until it is available.

    Return value, as in Airflow: ``{"graph_id": …}``.
    """
    arguments = {
        "graphName": args.take("graph_name"),
        "vectorSearchConfiguration": args.take("vector_search_config"),
        "provisionedMemory": args.take("provisioned_memory"),
        **_graph(args, protected=False),
    }
    create = request("neptune-graph:createGraph", arguments, keeps={"id": "$states.result.Id"})
    waits, often = waits_for_it(args, default=True), pace(args, 30, 60)
    wait = wait_for("neptune-graph:graph_available", {"graphIdentifier": Expression("$id")}, **often)
    return step_of(args, create, *([wait] if waits else []), output="{'graph_id': $id}")


def _graph(args: Arguments, *, protected: bool | None) -> dict[str, Any]:
    return {
        "replicaCount": args.take("replica_count"),
        "publicConnectivity": args.take("public_connectivity"),
        "deletionProtection": args.take("deletion_protection", protected),
        "kmsKeyIdentifier": args.take("kms_key_id"),
        "tags": args.take("tags"),
    }


@converts(f"{AMAZON}.{_ANALYTICS}CreateGraphWithImportOperator")
def create_graph_with_import(args: Arguments) -> Step:
    """A new graph with data: ``neptune-graph:createGraphUsingImportTask``, and the waits for both.

    Return value, as in Airflow: ``{"graph_id": …}``.
    """
    role = args.take("role_arn")
    options = given(
        {
            "neptune-analytics:blank-node-handling": args.take("blank_node_handling"),
            "neptune-analytics:parquet-type": args.take("parquet_type"),
        }
    )
    options |= args.take("import_options") or {}
    arguments = {
        "graphName": args.take("graph_name"),
        "vectorSearchConfiguration": args.take("vector_search_config"),
        "source": args.take("source"),
        "roleArn": role,
        "format": args.take("format"),
        "minProvisionedMemory": args.take("min_provisioned_memory"),
        "maxProvisionedMemory": args.take("max_provisioned_memory"),
        "failOnError": args.take("fail_on_error"),
        **_graph(args, protected=None),
        "importOptions": options or None,
    }
    keeps = {"id": "$states.result.GraphId", "task": "$states.result.TaskId"}
    action = "neptune-graph:createGraphUsingImportTask"
    create = request(action, arguments, keeps=keeps, also=(pass_role(role),))
    waits, often = waits_for_it(args, default=True), pace(args, 30, 60)
    parts = [
        wait_for("neptune-graph:graph_available", {"graphIdentifier": Expression("$id")}, **often),
        wait_for("neptune-graph:import_task_successful", {"taskIdentifier": Expression("$task")}, **often),
    ]
    return step_of(args, create, *(parts if waits else []), output="{'graph_id': $id}")


@converts(f"{AMAZON}.{_ANALYTICS}StartImportTaskOperator")
def start_import(args: Arguments) -> Step:
    """Data goes into a graph: ``neptune-graph:startImportTask``, and the wait for its end.

    Return value, as in Airflow: the ids of task and graph.
    """
    graph, role = args.take("graph_identifier"), args.take("role_arn")
    arguments = {
        "graphIdentifier": graph,
        "roleArn": role,
        "source": args.take("source"),
        "blankNodeHandling": args.take("blank_node_handling"),
        "failOnError": args.take("fail_on_error", True),
        "format": args.take("format"),
        "importOptions": args.take("import_options"),
        "parquetType": args.take("parquet_type", "COLUMNAR"),
    }
    start = request(
        "neptune-graph:startImportTask",
        arguments,
        keeps={"task": "$states.result.TaskId"},
        also=(pass_role(role),),
    )
    waits, often = waits_for_it(args, default=True), pace(args, 30, 60)
    asked = {"taskIdentifier": Expression("$task")}
    wait = wait_for("neptune-graph:import_task_successful", asked, **often)
    result = f"{{'import_task_id': $task, 'graph_id': {literal(graph)}}}"
    return step_of(args, start, *([wait] if waits else []), output=result)


@converts(f"{AMAZON}.{_ANALYTICS}CancelImportTaskOperator")
def cancel_import(args: Arguments) -> Step:
    """An import is cancelled: ``neptune-graph:cancelImportTask``, and the wait until it is.

    Return value, as in Airflow: ``{"import_task_id": …}``.
    """
    task = args.take("import_task_id")
    cancel = request("neptune-graph:cancelImportTask", {"taskIdentifier": task})
    waits, often = waits_for_it(args, default=True), pace(args, 30, 60)
    wait = wait_for("neptune-graph:import_task_cancelled", {"taskIdentifier": task}, **often)
    return step_of(args, cancel, *([wait] if waits else []), output=literal({"import_task_id": task}))


@converts(f"{AMAZON}.{_ANALYTICS}CreatePrivateGraphEndpointOperator")
def create_endpoint(args: Arguments) -> Step:
    """A private endpoint of a graph: ``neptune-graph:createPrivateGraphEndpoint``, and the wait for it.

    Return value, as in Airflow: the ids of endpoint, graph and VPC.
    """
    graph = args.take("graph_identifier")
    arguments = {
        "graphIdentifier": graph,
        "vpcId": args.take("vpc_id"),
        "subnetIds": args.take("subnet_ids"),
        "vpcSecurityGroupIds": args.take("vpc_security_group_ids"),
    }
    create = request(
        "neptune-graph:createPrivateGraphEndpoint", arguments, keeps={"vpc": "$states.result.VpcId"}
    )
    asked = {"graphIdentifier": graph, "vpcId": Expression("$vpc")}
    waits, often = waits_for_it(args, default=True), pace(args, 30, 60)
    wait = wait_for("neptune-graph:private_graph_endpoint_available", asked, **often)
    keeps = {"endpoint": "$states.result.VpcEndpointId"}
    look = request("neptune-graph:getPrivateGraphEndpoint", asked, keeps=keeps)
    result = f"{{'vpc_endpoint_id': $endpoint, 'graph_id': {literal(graph)}, 'vpc_id': $vpc}}"
    return step_of(args, create, *([wait] if waits else []), look, output=result)


operator(
    f"{_ANALYTICS}DeletePrivateGraphEndpointOperator",
    """A private endpoint is deleted: ``neptune-graph:deletePrivateGraphEndpoint``, and the wait for it.

    Return value, as in Airflow: none.
    """,
    "neptune-graph:deletePrivateGraphEndpoint",
    "graphIdentifier=graph_identifier vpcId=vpc_id",
    wait=Wait(
        "neptune-graph:private_graph_endpoint_deleted",
        {"graphIdentifier": "graphIdentifier", "vpcId": "vpcId"},
    ),
)
operator(
    f"{_ANALYTICS}DeleteGraphOperator",
    """A graph is deleted: ``neptune-graph:deleteGraph``, and the wait until it is gone.

    Return value, as in Airflow: none. One that is not there is no failure.
    """,
    "neptune-graph:deleteGraph",
    "graphIdentifier=graph_id skipSnapshot=skip_snapshot",
    on="graph/{}",
    named="graphIdentifier",
    over=("ResourceNotFoundException",),
    wait=Wait("neptune-graph:graph_deleted", {"graphIdentifier": "graphIdentifier"}),
)
