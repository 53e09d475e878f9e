"""AWS DMS and DataSync: data on the move."""

from __future__ import annotations

from typing import Any

from converter import diagnostics as d
from converter.expressions.jsonata import Expression, literal
from converter.operators.arguments import Arguments
from converter.operators.declared import AMAZON, operator
from converter.operators.registry import converts
from converter.operators.requests import (
    Pace,
    Request,
    arn,
    json_text,
    pace,
    request,
    step_of,
    wait_for,
    wait_until,
    waits_for_it,
)
from converter.operators.step import Step

_DMS = f"{AMAZON}.operators.dms"
_NAMES = "with names and dates as Step Functions writes them"


@converts(f"{_DMS}.DmsCreateTaskOperator")
def create_task(args: Arguments) -> Step:
    """A new replication task: ``dms:createReplicationTask``, and the wait until it is ready.

    Return value, as in Airflow: its ARN.
    """
    arguments = {
        "ReplicationTaskIdentifier": args.take("replication_task_id"),
        "SourceEndpointArn": args.take("source_endpoint_arn"),
        "TargetEndpointArn": args.take("target_endpoint_arn"),
        "ReplicationInstanceArn": args.take("replication_instance_arn"),
        "MigrationType": args.take("migration_type", "full-load"),
        "TableMappings": json_text(args.take("table_mappings")),
        **args.take_mapping("create_task_kwargs"),
    }
    keeps = {"arn": "$states.result.ReplicationTask.ReplicationTaskArn"}
    create = request("dms:createReplicationTask", arguments, keeps=keeps)
    asked = {"Filters": _filter("replication-task-arn", Expression("$arn")), "WithoutSettings": True}
    path = "ReplicationTasks[0].Status"
    ready = wait_until("dms:describeReplicationTasks", asked, path, ("ready",), delay=15, attempts=60)
    return step_of(args, create, ready, output="$arn")


def _filter(name: str, value: Any) -> list[dict[str, Any]]:
    return [{"Name": name, "Values": [value]}]


operator(
    "operators.dms.DmsStartTaskOperator",
    """A replication task starts: ``dms:startReplicationTask``. Return value, as in Airflow: none.""",
    "dms:startReplicationTask",
    "ReplicationTaskArn=replication_task_arn StartReplicationTaskType=start_replication_task_type",
    merged="start_task_kwargs",
    defaults={"start_replication_task_type": "start-replication"},
    on="{}",
    named="ReplicationTaskArn",
)
for _verb, _does in (("Stop", "stopped"), ("Delete", "deleted")):
    operator(
        f"operators.dms.Dms{_verb}TaskOperator",
        f"A replication task is {_does}: ``dms:{_verb.lower()}ReplicationTask``.\n\n"
        "Return value, as in Airflow: none.",
        f"dms:{_verb.lower()}ReplicationTask",
        "ReplicationTaskArn=replication_task_arn",
        on="{}",
        named="ReplicationTaskArn",
    )


@converts(f"{_DMS}.DmsModifyTaskOperator")
def modify_task(args: Arguments) -> Step:
    """A replication task is changed: ``dms:modifyReplicationTask``, and the wait until it is.

    Return value: the task's description, with names and dates as Step Functions writes them. DMS refuses a
    task that is in no state to be changed.
    """
    task = args.take("replication_task_arn")
    arguments = {
        "ReplicationTaskArn": task,
        "TableMappings": json_text(args.take("table_mappings")),
        "MigrationType": args.take("migration_type"),
        "ReplicationTaskSettings": json_text(args.take("replication_task_settings")),
        "CdcStartTime": args.take("cdc_start_time"),
        "CdcStartPosition": args.take("cdc_start_position"),
        "CdcStopPosition": args.take("cdc_stop_position"),
    }
    keeps = {"task": "$states.result.ReplicationTask"}
    modify = request("dms:modifyReplicationTask", arguments, on=arn("dms", "{}", task), keeps=keeps)
    asked = {"Filters": _filter("replication-task-arn", task), "WithoutSettings": True}
    waits, often = waits_for_it(args, default=True), pace(args, 30, 60)
    wait = wait_for("dms:replication_task_modified", asked, **often)
    args.report(d.OTHER_RESULT, f"it returns the task {_NAMES}", "read it by these names")
    return step_of(args, modify, *([wait] if waits else []), output="$task")


@converts(f"{_DMS}.DmsReloadTablesOperator")
def reload_tables(args: Arguments) -> Step:
    """Tables are loaded again: ``dms:reloadTables``, and the wait for each of them.

    Return value, as in Airflow: the task's ARN.
    """
    task, tables = args.take("replication_task_arn"), args.take("tables_to_reload")
    option = args.take("reload_option", "data-reload")
    arguments = {"ReplicationTaskArn": task, "TablesToReload": tables, "ReloadOption": option}
    keeps = {"arn": "$states.result.ReplicationTaskArn"}
    start = request("dms:reloadTables", arguments, on=arn("dms", "{}", task), keeps=keeps)
    waits, often = waits_for_it(args, default=True), pace(args, 30, 60)
    waiter = "validation" if option == "validate-only" else "reload"
    if waits and not isinstance(tables, list):
        args.report(d.TEMPLATE, "which tables it waits for is not known", "write the list of tables")
    parts = [
        wait_for(
            f"dms:table_{waiter}_complete",
            {
                "ReplicationTaskArn": task,
                "Filters": [
                    *_filter("schema-name", table.get("SchemaName")),
                    *_filter("table-name", table.get("TableName")),
                ],
            },
            **often,
        )
        for table in (tables if waits and isinstance(tables, list) else [])
    ]
    return step_of(args, start, *parts, output="$arn")


@converts(f"{_DMS}.DmsDescribeTasksOperator")
def describe_tasks(args: Arguments) -> Step:
    """Replication tasks are described: ``dms:describeReplicationTasks``.

    Return value: marker and list, as the operator's, with names and dates as Step Functions writes them.
    """
    asked = args.take_mapping("describe_tasks_kwargs")
    found = (
        "[$exists($states.result.Marker) ? $states.result.Marker : null, [$states.result.ReplicationTasks]]"
    )
    described = request("dms:describeReplicationTasks", asked, keeps={"found": found})
    args.report(d.OTHER_RESULT, f"it returns the tasks {_NAMES}", "read them by these names")
    return step_of(args, described, output="$found")


for _name, _action, _member in (
    ("DmsDescribeReplicationConfigsOperator", "describeReplicationConfigs", "ReplicationConfigs"),
    ("DmsDescribeReplicationsOperator", "describeReplications", "Replications"),
):
    operator(
        f"operators.dms.{_name}",
        f"Replications are described: ``dms:{_action}``.\n\nReturn value: the list {_NAMES}.",
        f"dms:{_action}",
        "Filters=filter",
        keeps={"found": f"[$states.result.{_member}]"},
        output="$found",
        differs=f"the list {_NAMES}",
    )
operator(
    "operators.dms.DmsCreateReplicationConfigOperator",
    """A new replication config: ``dms:createReplicationConfig``. Return value, as in Airflow: its ARN.""",
    "dms:createReplicationConfig",
    "ReplicationConfigIdentifier=replication_config_id SourceEndpointArn=source_endpoint_arn "
    "TargetEndpointArn=target_endpoint_arn ComputeConfig=compute_config ReplicationType=replication_type "
    "TableMappings=table_mappings",
    merged="additional_config_kwargs",
    keeps={"arn": "$states.result.ReplicationConfig.ReplicationConfigArn"},
    output="$arn",
)


def _replications(waiter: str, config: Any, often: Pace) -> Request:
    return wait_for(f"dms:{waiter}", {"Filters": _filter("replication-config-arn", config)}, **often)


@converts(f"{_DMS}.DmsDeleteReplicationConfigOperator")
def delete_config(args: Arguments) -> Step:
    """A replication config is deleted once it is at rest: ``dms:deleteReplicationConfig``, and the wait.

    Return value, as in Airflow: none.
    """
    config = args.take("replication_config_arn")
    waits, often = waits_for_it(args, default=True), pace(args, 60, 60)
    delete = request(
        "dms:deleteReplicationConfig", {"ReplicationConfigArn": config}, on=arn("dms", "{}", config)
    )
    gone = [_replications("replication_config_deleted", config, often)] if waits else []
    return step_of(args, _replications("replication_terminal_status", config, often), delete, *gone)


@converts(f"{_DMS}.DmsStartReplicationOperator")
def start_replication(args: Arguments) -> Step:
    """A serverless replication starts: ``dms:startReplication``, and the wait for its end.

    Return value, as in Airflow: none. DMS refuses one that is in no state to start.
    """
    config = args.take("replication_config_arn")
    arguments = {
        "ReplicationConfigArn": config,
        "StartReplicationType": args.take("replication_start_type"),
        "CdcStartTime": args.take("cdc_start_time"),
        "CdcStartPosition": args.take("cdc_start_pos"),
        "CdcStopPosition": args.take("cdc_stop_pos"),
    }
    waits, often = waits_for_it(args, default=True), pace(args, 30, 60)
    start = request("dms:startReplication", arguments, on=arn("dms", "{}", config))
    end = [_replications("replication_complete", config, often)] if waits else []
    return step_of(args, start, *end)


@converts(f"{_DMS}.DmsStopReplicationOperator")
def stop_replication(args: Arguments) -> Step:
    """A serverless replication stops: ``dms:stopReplication``, and the wait until it has.

    Return value, as in Airflow: none. One that is at rest already is no failure.
    """
    config = args.take("replication_config_arn")
    waits, often = waits_for_it(args, default=True), pace(args, 30, 60)
    arguments = {"ReplicationConfigArn": config}
    stop = request(
        "dms:stopReplication",
        arguments,
        on=arn("dms", "{}", config),
        fine=("InvalidResourceStateException",),
    )
    return step_of(args, stop, *([_replications("replication_stopped", config, often)] if waits else []))


@converts(f"{AMAZON}.operators.datasync.DataSyncOperator")
def datasync(args: Arguments) -> Step:
    """A task of DataSync runs: ``datasync:startTaskExecution``, and the wait for its end.

    Return value, as in Airflow: the ARNs of task and execution. The task is named by its ARN: it is not
    looked for by its locations, nor made.
    """
    task = args.take("task_arn")
    if task is None:
        problem = "the task is not looked for by its locations, nor made"
        args.report(d.NO_COUNTERPART, problem, "deploy the task, and give task_arn")
    for name in ("source_location_uri", "destination_location_uri", "create_task_kwargs"):
        args.set_aside(name)
    args.set_aside("create_source_location_kwargs", "create_destination_location_kwargs")
    args.set_aside("allow_random_task_choice", "allow_random_location_choice")
    where = arn("datasync", "task/*", task)
    changes = args.take_mapping("update_task_kwargs")
    update = [request("datasync:updateTask", {"TaskArn": task, **changes}, on=where)] if changes else []
    start = request(
        "datasync:startTaskExecution",
        {"TaskArn": task, **args.take_mapping("task_execution_kwargs")},
        on=where,
        keeps={"execution": "$states.result.TaskExecutionArn"},
    )
    delay, attempts = args.take_number("wait_interval_seconds", 30), args.take_number("max_iterations", 60)
    wait = wait_until(
        "datasync:describeTaskExecution",
        {"TaskExecutionArn": Expression("$execution")},
        "Status",
        ("success",),
        bad=("error",),
        delay=delay,
        attempts=attempts,
    )
    waits = args.take("wait_for_completion", True)
    delete = args.take("delete_task_after_execution", False)
    deleted = [request("datasync:deleteTask", {"TaskArn": task}, on=where)] if delete else []
    result = f"{{'TaskArn': {literal(task)}, 'TaskExecutionArn': $execution}}"
    return step_of(args, *update, start, *([wait] if waits else []), *deleted, output=result)
