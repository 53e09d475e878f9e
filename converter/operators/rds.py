"""Amazon RDS: instances, clusters, snapshots, exports and event subscriptions."""

from __future__ import annotations

from typing import Any

from converter import diagnostics as d
from converter.operators.arguments import Arguments
from converter.operators.declared import AMAZON, Wait, operator
from converter.operators.registry import converts
from converter.operators.requests import (
    Request,
    arn,
    pass_role,
    request,
    step_of,
    wait_for,
    wait_until,
)
from converter.operators.step import Step

_RDS = f"{AMAZON}.operators.rds"
_TEXT = {"response": "$string($states.result)"}
_DIFFERS = "the answer as JSON, with names and dates as Step Functions writes them"

operator(
    "operators.rds.RdsCreateDbInstanceOperator",
    """A new database instance: ``rds:createDBInstance``, and the wait until it is available.

    Return value: the answer as JSON text, with names and dates as Step Functions writes them.
    """,
    "rds:createDBInstance",
    "DBInstanceIdentifier=db_instance_identifier DBInstanceClass=db_instance_class Engine=engine",
    merged="rds_kwargs",
    on="db:{}",
    named="DBInstanceIdentifier",
    wait=Wait("rds:db_instance_available", {"DBInstanceIdentifier": "DBInstanceIdentifier"}),
    keeps=_TEXT,
    output="$response",
    differs=_DIFFERS,
)
operator(
    "operators.rds.RdsDeleteDbInstanceOperator",
    """A database instance is deleted: ``rds:deleteDBInstance``, and the wait until it is gone.

    Return value: the answer as JSON text, with names and dates as Step Functions writes them.
    """,
    "rds:deleteDBInstance",
    "DBInstanceIdentifier=db_instance_identifier",
    merged="rds_kwargs",
    on="db:{}",
    named="DBInstanceIdentifier",
    wait=Wait("rds:db_instance_deleted", {"DBInstanceIdentifier": "DBInstanceIdentifier"}),
    keeps=_TEXT,
    output="$response",
    differs=_DIFFERS,
)
operator(
    "operators.rds.RdsDeleteEventSubscriptionOperator",
    """An event subscription is deleted: ``rds:deleteEventSubscription``.

    Return value: the answer as JSON text, with names and dates as Step Functions writes them.
    """,
    "rds:deleteEventSubscription",
    "SubscriptionName=subscription_name",
    on="es:{}",
    named="SubscriptionName",
    keeps=_TEXT,
    output="$response",
    differs=_DIFFERS,
)


@converts(f"{_RDS}.RdsCreateEventSubscriptionOperator")
def create_event_subscription(args: Arguments) -> Step:
    """A new event subscription: ``rds:createEventSubscription``, and the wait until it is active.

    Return value: the answer as JSON text, with names and dates as Step Functions writes them.
    """
    name = args.take("subscription_name")
    where = arn("rds", "es:{}", name)
    create = request(
        "rds:createEventSubscription",
        {
            "SubscriptionName": name,
            "SnsTopicArn": args.take("sns_topic_arn"),
            "SourceType": args.take("source_type", ""),
            "EventCategories": args.take("event_categories") or [],
            "SourceIds": args.take("source_ids") or [],
            "Enabled": args.take("enabled", True),
            "Tags": _tags(args),
        },
        on=where,
        keeps=_TEXT,
    )
    asked = {"SubscriptionName": name}
    path = "EventSubscriptionsList.Status"
    wait = wait_until("rds:describeEventSubscriptions", asked, path, ("active",), on=where)
    return _answered(args, create, wait if args.take("wait_for_completion", True) else None)


@converts(f"{_RDS}.RdsCreateDbSnapshotOperator")
def create_snapshot(args: Arguments) -> Step:
    """A new snapshot of an instance or a cluster, and the wait until it is available.

    Return value: the answer as JSON text, with names and dates as Step Functions writes them.
    """
    kind = _kind(args)
    database, snapshot = args.take("db_identifier"), args.take("db_snapshot_identifier")
    arguments = {f"{kind}Identifier": database, _snapshot(kind): snapshot, "Tags": _tags(args)}
    action = "rds:createDBSnapshot" if kind == "DBInstance" else "rds:createDBClusterSnapshot"
    create = request(action, arguments, keeps=_TEXT)
    return _answered(args, create, _snapshot_wait(args, kind, snapshot, "available"))


@converts(f"{_RDS}.RdsCopyDbSnapshotOperator")
def copy_snapshot(args: Arguments) -> Step:
    """A copy of a snapshot of an instance or a cluster, and the wait until it is available.

    Return value: the answer as JSON text, with names and dates as Step Functions writes them.
    """
    kind = _kind(args)
    target = args.take("target_db_snapshot_identifier")
    arguments = {
        f"Source{_snapshot(kind)}": args.take("source_db_snapshot_identifier"),
        f"Target{_snapshot(kind)}": target,
        "KmsKeyId": args.take("kms_key_id", ""),
        "Tags": _tags(args),
        "CopyTags": args.take("copy_tags", False),
        "PreSignedUrl": args.take("pre_signed_url", ""),
    }
    more = {
        "OptionGroupName": args.take("option_group_name", ""),
        "TargetCustomAvailabilityZone": args.take("target_custom_availability_zone", ""),
    }
    if args.take("source_region"):
        problem = "boto3 signs a URL for source_region, and Step Functions cannot"
        args.report(d.NO_COUNTERPART, problem, "give pre_signed_url, or copy within the region")
    action = "rds:copyDBSnapshot" if kind == "DBInstance" else "rds:copyDBClusterSnapshot"
    arguments |= more if kind == "DBInstance" else {}
    copy = request(action, arguments, keeps=_TEXT)
    return _answered(args, copy, _snapshot_wait(args, kind, target, "available"))


@converts(f"{_RDS}.RdsDeleteDbSnapshotOperator")
def delete_snapshot(args: Arguments) -> Step:
    """A snapshot of an instance or a cluster is deleted, and the wait until it is gone.

    Return value: the answer as JSON text, with names and dates as Step Functions writes them.
    """
    kind, snapshot = _kind(args), args.take("db_snapshot_identifier")
    action = "rds:deleteDBSnapshot" if kind == "DBInstance" else "rds:deleteDBClusterSnapshot"
    delete = request(action, {_snapshot(kind): snapshot}, keeps=_TEXT)
    return _answered(args, delete, _snapshot_wait(args, kind, snapshot, "deleted"))


@converts(f"{_RDS}.RdsStartExportTaskOperator")
def start_export(args: Arguments) -> Step:
    """A snapshot is exported to S3: ``rds:startExportTask``, and the wait until that is complete.

    Return value: the answer as JSON text, with names and dates as Step Functions writes them.
    """
    task, role = args.take("export_task_identifier"), args.take("iam_role_arn")
    export = request(
        "rds:startExportTask",
        {
            "ExportTaskIdentifier": task,
            "SourceArn": args.take("source_arn"),
            "S3BucketName": args.take("s3_bucket_name"),
            "IamRoleArn": role,
            "KmsKeyId": args.take("kms_key_id"),
            "S3Prefix": args.take("s3_prefix", ""),
            "ExportOnly": args.take("export_only") or [],
        },
        keeps=_TEXT,
        also=(pass_role(role),),
    )
    wait = _export_wait(args, task, "complete", "waiter_interval", "waiter_max_attempts")
    return _answered(args, export, wait)


@converts(f"{_RDS}.RdsCancelExportTaskOperator")
def cancel_export(args: Arguments) -> Step:
    """An export to S3 is cancelled: ``rds:cancelExportTask``, and the wait until it is.

    Return value: the answer as JSON text, with names and dates as Step Functions writes them.
    """
    task = args.take("export_task_identifier")
    cancel = request("rds:cancelExportTask", {"ExportTaskIdentifier": task}, keeps=_TEXT)
    return _answered(args, cancel, _export_wait(args, task, "canceled", "check_interval", "max_attempts"))


@converts(f"{_RDS}.RdsStartDbOperator")
def start_database(args: Arguments) -> Step:
    """An instance or a cluster is started, and the wait until it is available.

    Return value: the answer as JSON text, with names and dates as Step Functions writes them.
    """
    return _switched(args, "start", "available")


@converts(f"{_RDS}.RdsStopDbOperator")
def stop_database(args: Arguments) -> Step:
    """An instance or a cluster is stopped, and the wait until it is.

    Return value: the answer as JSON text, with names and dates as Step Functions writes them.
    """
    return _switched(args, "stop", "stopped")


def _switched(args: Arguments, verb: str, state: str) -> Step:
    kind, database = _kind(args, default="instance"), args.take("db_identifier")
    arguments = {f"{kind}Identifier": database}
    where = arn("rds", "db:{}" if kind == "DBInstance" else "cluster:{}", database)
    snapshot = args.take("db_snapshot_identifier") if verb == "stop" else None
    more = {"DBSnapshotIdentifier": snapshot} if snapshot and kind == "DBInstance" else {}
    switch = request(f"rds:{verb}{kind}", {**arguments, **more}, on=where, keeps=_TEXT)
    waits = bool(args.take("wait_for_completion", True)) | bool(args.take("deferrable", False))
    delay, attempts = args.take_number("waiter_delay", 30), args.take_number("waiter_max_attempts", 40)
    waiter = f"rds:db_{'instance' if kind == 'DBInstance' else 'cluster'}_{state}"
    wait = wait_for(waiter, arguments, on=where, delay=delay, attempts=attempts)
    return _answered(args, switch, wait if waits else None)


def _answered(args: Arguments, first: Request, wait: Request | None) -> Step:
    args.report(d.OTHER_RESULT, f"it returns {_DIFFERS}", "nothing to do if nothing reads its XCom")
    return step_of(args, first, *([wait] if wait else []), output="$response")


def _kind(args: Arguments, default: str | None = None) -> str:
    kind = args.take("db_type", default)
    if kind not in ("instance", "cluster"):
        args.report(d.BAD_ARGUMENT, f"argument 'db_type' is {kind!r}", "write 'instance' or 'cluster'")
    return "DBCluster" if kind == "cluster" else "DBInstance"


def _snapshot(kind: str) -> str:
    return "DBSnapshotIdentifier" if kind == "DBInstance" else "DBClusterSnapshotIdentifier"


def _tags(args: Arguments) -> Any:
    tags = args.take("tags")
    if isinstance(tags, dict):
        return [{"Key": key, "Value": value} for key, value in tags.items()]
    return tags or []


def _snapshot_wait(args: Arguments, kind: str, snapshot: Any, state: str) -> Request | None:
    if not args.take("wait_for_completion", True):
        return None
    word = "snapshot" if kind == "DBInstance" else "cluster_snapshot"
    ending = {"available": "completed" if kind == "DBInstance" else "available", "deleted": "deleted"}[state]
    return wait_for(f"rds:db_{word}_{ending}", {_snapshot(kind): snapshot}, delay=30, attempts=40)


def _export_wait(args: Arguments, task: Any, state: str, delay: str, attempts: str) -> Request | None:
    seconds, times = args.take_number(delay, 30), args.take_number(attempts, 40)
    if not args.take("wait_for_completion", True):
        return None
    asked = {"ExportTaskIdentifier": task}
    path = "ExportTasks.Status"
    return wait_until("rds:describeExportTasks", asked, path, (state,), delay=seconds, attempts=times)
