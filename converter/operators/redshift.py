"""Amazon Redshift: clusters, and statements through its Data API."""

from __future__ import annotations

from typing import Any

from converter import diagnostics as d
from converter.expressions.jsonata import Expression, literal
from converter.operators.arguments import Arguments
from converter.operators.declared import AMAZON
from converter.operators.registry import converts
from converter.operators.requests import (
    Request,
    allow,
    arn,
    given,
    request,
    step_of,
    wait_for,
    wait_until,
)
from converter.operators.step import Retrier, Step
from converter.workflow import Opaque

_CLUSTER = f"{AMAZON}.operators.redshift_cluster"
#: The operators try again while the cluster changes its state.
_BUSY = "Redshift.InvalidClusterStateException"

#: Members that RedshiftCreateClusterOperator passes where they are true.
_IF_GIVEN = {
    "DBName": ("db_name", "dev"),
    "ClusterType": ("cluster_type", "multi-node"),
    "ClusterSecurityGroups": ("cluster_security_groups", None),
    "VpcSecurityGroupIds": ("vpc_security_group_ids", None),
    "ClusterSubnetGroupName": ("cluster_subnet_group_name", None),
    "AvailabilityZone": ("availability_zone", None),
    "PreferredMaintenanceWindow": ("preferred_maintenance_window", None),
    "ClusterParameterGroupName": ("cluster_parameter_group_name", None),
    "AutomatedSnapshotRetentionPeriod": ("automated_snapshot_retention_period", 1),
    "ManualSnapshotRetentionPeriod": ("manual_snapshot_retention_period", None),
    "Port": ("port", 5439),
    "ClusterVersion": ("cluster_version", "1.0"),
    "AllowVersionUpgrade": ("allow_version_upgrade", True),
    "Encrypted": ("encrypted", False),
    "HsmClientCertificateIdentifier": ("hsm_client_certificate_identifier", None),
    "HsmConfigurationIdentifier": ("hsm_configuration_identifier", None),
    "ElasticIp": ("elastic_ip", None),
    "Tags": ("tags", None),
    "KmsKeyId": ("kms_key_id", None),
    "EnhancedVpcRouting": ("enhanced_vpc_routing", False),
    "AdditionalInfo": ("additional_info", None),
    "IamRoles": ("iam_roles", None),
    "MaintenanceTrackName": ("maintenance_track_name", None),
    "SnapshotScheduleIdentifier": ("snapshot_schedule_identifier", None),
    "AvailabilityZoneRelocation": ("availability_zone_relocation", None),
    "AquaConfigurationStatus": ("aqua_configuration_status", None),
    "DefaultIamRoleArn": ("default_iam_role_arn", None),
}


@converts(f"{_CLUSTER}.RedshiftCreateClusterOperator")
def create_cluster(args: Arguments) -> Step:
    """A new cluster: ``redshift:createCluster``, with the wait until it is available where it waits.

    Return value, as in Airflow: none.
    """
    cluster = args.take("cluster_identifier")
    arguments = {
        "ClusterIdentifier": cluster,
        "NodeType": args.take("node_type"),
        "MasterUsername": args.take("master_username"),
        "MasterUserPassword": args.take("master_user_password"),
    }
    more = {member: args.take(name, default) for member, (name, default) in _IF_GIVEN.items()}
    arguments |= {member: value for member, value in more.items() if value}
    nodes = args.take("number_of_nodes", 1)
    if more["ClusterType"] == "multi-node":
        arguments["NumberOfNodes"] = nodes
    arguments["PubliclyAccessible"] = args.take("publicly_accessible", True)
    for name in ("delete_cluster_on_failure", "cleanup_timeout_seconds"):
        args.set_aside(name)
    where = arn("redshift", "cluster:{}", cluster)
    create = request("redshift:createCluster", arguments, on=where)
    return _changed(
        args, create, cluster, "cluster_available", waits=False, often=(60, 5), named="max_attempt"
    )


@converts(f"{_CLUSTER}.RedshiftResumeClusterOperator")
def resume_cluster(args: Arguments) -> Step:
    """A paused cluster goes on: ``redshift:resumeCluster``, with the wait for it where it waits.

    Return value, as in Airflow: none.
    """
    return _switched(args, "resume", "cluster_resumed")


@converts(f"{_CLUSTER}.RedshiftPauseClusterOperator")
def pause_cluster(args: Arguments) -> Step:
    """A cluster pauses: ``redshift:pauseCluster``, with the wait for it where it waits.

    Return value, as in Airflow: none.
    """
    return _switched(args, "pause", "cluster_paused")


def _switched(args: Arguments, verb: str, waiter: str) -> Step:
    cluster = args.take("cluster_identifier")
    where = arn("redshift", "cluster:{}", cluster)
    switch = request(f"redshift:{verb}Cluster", {"ClusterIdentifier": cluster}, on=where)
    patient = switch.retried(Retrier((_BUSY,), 15, 9, 1.0, None, False))
    return _changed(args, patient, cluster, waiter, waits=False, often=(30, 30))


@converts(f"{_CLUSTER}.RedshiftDeleteClusterOperator")
def delete_cluster(args: Arguments) -> Step:
    """A cluster is deleted: ``redshift:deleteCluster``, and the wait until it is gone.

    Return value, as in Airflow: none.
    """
    cluster = args.take("cluster_identifier")
    arguments = {
        "ClusterIdentifier": cluster,
        "SkipFinalClusterSnapshot": args.take("skip_final_cluster_snapshot", True),
        "FinalClusterSnapshotIdentifier": args.take("final_cluster_snapshot_identifier") or "",
    }
    delete = request("redshift:deleteCluster", arguments, on=arn("redshift", "cluster:{}", cluster))
    patient = delete.retried(Retrier((_BUSY,), 30, 29, 1.0, None, False))
    return _changed(args, patient, cluster, "cluster_deleted", waits=True, often=(30, 30))


@converts(f"{_CLUSTER}.RedshiftCreateClusterSnapshotOperator")
def create_snapshot(args: Arguments) -> Step:
    """A snapshot of a cluster: ``redshift:createClusterSnapshot``, with the wait for it where it waits.

    Return value, as in Airflow: none. The operator fails at once if the cluster is not available.
    """
    cluster, snapshot = args.take("cluster_identifier"), args.take("snapshot_identifier")
    arguments = {
        "SnapshotIdentifier": snapshot,
        "ClusterIdentifier": cluster,
        "ManualSnapshotRetentionPeriod": args.take("retention_period", -1),
        "Tags": args.take("tags") or [],
    }
    create = request("redshift:createClusterSnapshot", arguments)
    return _changed(
        args, create, cluster, "snapshot_available", waits=False, often=(15, 20), named="max_attempt"
    )


@converts(f"{_CLUSTER}.RedshiftDeleteClusterSnapshotOperator")
def delete_snapshot(args: Arguments) -> Step:
    """A snapshot of a cluster is deleted: ``redshift:deleteClusterSnapshot``, and the wait until it is gone.

    Return value, as in Airflow: none.
    """
    cluster, snapshot = args.take("cluster_identifier"), args.take("snapshot_identifier")
    arguments = {"SnapshotClusterIdentifier": cluster, "SnapshotIdentifier": snapshot}
    delay = args.take_number("poll_interval", 10)
    wait = wait_until(
        "redshift:describeClusterSnapshots",
        {"SnapshotIdentifier": snapshot},
        "Snapshots[0].Status",
        ("gone",),
        bad=(),
        delay=delay,
        attempts=None,
        fine=("ClusterSnapshotNotFoundException",),
    )
    delete = request("redshift:deleteClusterSnapshot", arguments)
    return step_of(args, delete, *([wait] if args.take("wait_for_completion", True) else []))


def _changed(
    args: Arguments,
    change: Request,
    cluster: Any,
    waiter: str,
    *,
    waits: bool,
    often: tuple[float, float],
    named: str = "max_attempts",
) -> Step:
    """Return the change of a cluster, and the wait for it if the operator waits."""
    wanted = bool(args.take("wait_for_completion", waits)) | bool(args.take("deferrable", False))
    delay, attempts = args.take_number("poll_interval", often[0]), args.take_number(named, often[1])
    wait = wait_for(f"redshift:{waiter}", {"ClusterIdentifier": cluster}, delay=delay, attempts=attempts)
    return step_of(args, change, *([wait] if wanted else []))


# --- the Data API -------------------------------------------------------------------------------------------


@converts(f"{AMAZON}.operators.redshift_data.RedshiftDataOperator")
def redshift_data(args: Arguments) -> Step:
    """Statements through the Data API: ``redshift-data:executeStatement``, and the wait for their end.

    Return value, as in Airflow: the ids of the statements; with ``return_sql_result``, the results, of one
    statement only. The key ``session_id`` is pushed where there is one.
    """
    sql = args.take("sql")
    several = isinstance(sql, list)
    parameters = args.take("parameters")
    interval = args.take_number("poll_interval", 10)
    wanted = bool(args.take("wait_for_completion", True)) | bool(args.take("deferrable", False))
    results = bool(args.take("return_sql_result", False))
    args.set_aside("cancel_on_kill", "durable")
    arguments = given(
        {
            "ClusterIdentifier": args.take("cluster_identifier"),
            "Database": args.take("database"),
            "DbUser": args.take("db_user"),
            "Parameters": parameters,
            "WithEvent": args.take("with_event", False),
            "SecretArn": args.take("secret_arn"),
            "StatementName": args.take("statement_name"),
            "WorkgroupName": args.take("workgroup_name"),
            "SessionId": args.take("session_id"),
            "SessionKeepAliveSeconds": args.take("session_keep_alive_seconds"),
        }
    )
    if sum(name in arguments for name in ("ClusterIdentifier", "WorkgroupName", "SessionId")) != 1:
        remedy = "give one of cluster_identifier, workgroup_name and session_id"
        args.report(d.BAD_ARGUMENT, "it has to be told where the statement runs, once", remedy)
    if several and results:
        problem = "the results of several statements are not fetched"
        args.report(d.NO_COUNTERPART, problem, "use a task for each statement, or return_sql_result=False")
    return step_of(
        args,
        *statement(sql, arguments, waits=wanted, interval=interval, fetches=results),
        output="[$fetched]" if results else "$ids" if several and wanted else "[$id]",
        xcom={"session_id": "$session"} if arguments.get("SessionKeepAliveSeconds") else None,
    )


def statement(
    sql: Any,
    where: dict[str, Any],
    *,
    deployed: Expression | None = None,
    waits: bool = True,
    interval: float = 10,
    fetches: bool = False,
) -> list[Request]:
    """Return the requests that run SQL. They keep ``id``, of several statements ``ids``, and ``fetched``.

    ``deployed`` gives further arguments that only the deployment knows.
    """
    several = isinstance(sql, list)
    action = f"redshift-data:{'batchExecuteStatement' if several else 'executeStatement'}"
    keeps = {"id": "$states.result.Id"}
    if where.get("SessionKeepAliveSeconds"):
        keeps["session"] = "$states.result.SessionId"
    target = _target(where)
    run = request(
        action,
        {**_named(sql), **where},
        on=target,
        does="execute",
        keeps=keeps,
        also=_credentials(where),
    )
    if deployed is not None and not _is_python(sql):
        run = run.with_arguments(
            Expression(f"$merge([{deployed.text}, {literal({**_named(sql), **where})}])")
        )
    found = [run]
    if waits:
        found.append(
            wait_until(
                "redshift-data:describeStatement",
                {"Id": Expression("$id")},
                "Status",
                ("finished",),
                bad=("failed", "aborted"),
                delay=interval,
                attempts=None,
                keeps={"ids": "[$states.result.SubStatements.Id]"} if several else None,
            )
        )
    if fetches:
        answer = {"fetched": "$states.result"}
        found.append(request("redshift-data:getStatementResult", {"Id": Expression("$id")}, keeps=answer))
    return found


def _is_python(sql: Any) -> bool:
    """Whether a statement is a Python object, which is reported where it is taken."""
    return any(isinstance(one, Opaque) for one in (sql if isinstance(sql, list) else [sql]))


def _named(sql: Any) -> dict[str, Any]:
    return {"Sqls" if isinstance(sql, list) else "Sql": sql}


def _target(where: dict[str, Any]) -> str:
    if "ClusterIdentifier" in where:
        return arn("redshift", "cluster:{}", where["ClusterIdentifier"])
    # A workgroup's ARN has its id, not its name.
    return "*"


def _credentials(where: dict[str, Any]) -> tuple[Any, ...]:
    """Return what the Data API needs to log in."""
    if where.get("SecretArn"):
        return (
            allow("secretsmanager:GetSecretValue", on=arn("secretsmanager", "secret:{}", where["SecretArn"])),
        )
    group = allow("redshift-serverless:GetCredentials", reason="a workgroup's ARN has an id of its own")
    actions = ("redshift:GetClusterCredentials", "redshift:GetClusterCredentialsWithIAM")
    cluster = allow(*actions, reason="the database and its user are parts of the ARN")
    if "WorkgroupName" in where:
        return (group,)
    return (cluster,) if "ClusterIdentifier" in where else (group, cluster)
