"""Sensors that look for something in particular: an item's value, a partition, a replication, an ingestion.

What each takes for done, failed and not yet is read in its ``poke`` (Amazon provider 9.39).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from converter import diagnostics as d
from converter.expressions.jsonata import Expression, literal, path
from converter.operators.arguments import Arguments
from converter.operators.aws import set_aside_connection
from converter.operators.declared import AMAZON
from converter.operators.parts import Call, Caught
from converter.operators.registry import converts
from converter.operators.requests import Request, arn, request
from converter.operators.sensing import Look, sensor_step, take_sensing
from converter.operators.sensors_states import Status, status_step
from converter.operators.step import Step

_SENSORS = f"{AMAZON}.sensors"
_ACCOUNT = Expression("$split($states.context.StateMachine.Id, ':')[4]")
#: What the sensor takes where the author gives nothing (its own default).
_TODAYS_PARTITION = "ds='{{ ds }}'"


@converts(f"{_SENSORS}.dynamodb.DynamoDBValueSensor")
def dynamodb_value(args: Arguments) -> Step:
    """Polls ``dynamodb:GetItem`` until an attribute of the item has one of the values, texts or numbers.

    Return value, as in Airflow: none. An error of DynamoDB means not yet, as in Airflow.
    """
    sensing = take_sensing(args)
    table, name = args.take("table_name"), args.take("attribute_name")
    key = {_text(args, "partition_key_name"): _attribute(args.take("partition_key_value"))}
    sort_name, sort_value = args.take("sort_key_name"), args.take("sort_key_value")
    if sort_name and sort_value:
        key[str(sort_name)] = _attribute(sort_value)
    wanted = args.take("attribute_value")
    values = wanted if isinstance(wanted, list) else [wanted]
    set_aside_connection(args)
    asked = request(
        "dynamodb:getItem", {"TableName": table, "Key": key}, on=arn("dynamodb", "table/{}", table)
    )
    found = f"$states.result.Item.{path(str(name))}"
    state = f"$exists({found}.S) ? {found}.S : $exists({found}.N) ? $number({found}.N) : null"
    call = _asking(asked, Expression(state), Caught(("States.TaskFailed",), {"state": None}))
    return sensor_step(
        args, sensing, Look(call, Expression(f"$state in {literal(values)}")), asked.permissions
    )


def _text(args: Arguments, name: str) -> str:
    value = args.take(name)
    if not isinstance(value, str) or not value:
        args.report(d.BAD_ARGUMENT, f"argument '{name}' is no text", "write it as a literal")
    return str(value)


def _attribute(value: Any) -> dict[str, Any]:
    """Return a key's value as DynamoDB has it."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return {"N": str(value)}
    return {"S": value}


def _asking(asked: Request, state: Expression, *caught: Caught) -> Call:
    """Return a request's call as a look, which keeps a state."""
    return replace(asked.call, does="look", keeps={"state": state}, caught=caught)


@converts(f"{_SENSORS}.glue_catalog_partition.GlueCatalogPartitionSensor")
def glue_partition(args: Arguments) -> Step:
    """Polls ``glue:GetPartitions`` until there is a partition that the expression is true for.

    Return value, as in Airflow: none. What Glue finds on its first page counts.
    """
    sensing = take_sensing(args, interval=180)
    table, database = _text(args, "table_name"), args.take("database_name", "default")
    if "." in table:
        database, _, table = table.partition(".")
    given = args.take("expression")
    arguments = {
        "DatabaseName": database,
        "TableName": table,
        "Expression": args.translated("expression", _TODAYS_PARTITION) if given is None else given,
    }
    set_aside_connection(args)
    permitted = (
        arn("glue", "catalog"),
        arn("glue", "database/{}", database),
        arn("glue", "table/{}/{}", database, table),
    )
    asked = request("glue:getPartitions", arguments)
    state = "$count($states.result.Partitions) > 0 ? 'there' : 'not there'"
    call = _asking(asked, Expression(state))
    permissions = [replace(permission, resources=permitted) for permission in asked.permissions]
    return sensor_step(args, sensing, Look(call, Expression("$state = 'there'")), permissions)


@converts(f"{_SENSORS}.dms.DmsTaskBaseSensor")
def dms_task(args: Arguments) -> Step:
    """Polls ``dms:DescribeReplicationTasks`` until the status is one of target_statuses.

    Return value, as in Airflow: none. One of termination_statuses fails the try.
    """
    chosen = Status("", "", "", done_argument="target_statuses", failed_argument="termination_statuses")
    return _dms(args, chosen)


@converts(f"{_SENSORS}.dms.DmsTaskCompletedSensor")
def dms_completed(args: Arguments) -> Step:
    """Polls ``dms:DescribeReplicationTasks`` until the task has stopped.

    Return value, as in Airflow: none.
    """
    args.set_aside("target_statuses", "termination_statuses")  # its own, whatever is given
    bad = ("creating", "deleting", "failed", "failed-move", "modifying", "moving", "ready", "testing")
    return _dms(args, Status("", "", "", done=("stopped",), failed=bad))


def _dms(args: Arguments, status: Status) -> Step:
    filters = [{"Name": "replication-task-arn", "Values": [args.take("replication_task_arn")]}]
    return status_step(
        args,
        replace(
            status,
            action="dms:describeReplicationTasks",
            path="ReplicationTasks[0].Status",
            fixed={"Filters": filters, "WithoutSettings": True},
        ),
    )


@converts(f"{_SENSORS}.bedrock.BedrockBatchInferenceSensor")
def bedrock_batch_inference(args: Arguments) -> Step:
    """Polls ``bedrock:GetModelInvocationJob`` until the job is scheduled, or completed (success_state).

    Return value, as in Airflow: none.
    """
    whole = str(args.take("success_state", "scheduled")).rpartition(".")[2].lower() == "completed"
    return status_step(
        args,
        Status(
            "bedrock:getModelInvocationJob",
            "jobIdentifier=job_arn",
            "Status",
            failed=("Failed", "Stopped", "PartiallyCompleted", "Expired"),
            going=(
                "Submitted",
                "InProgress",
                "Stopping",
                "Validating",
                *(("Scheduled",) if whole else ()),
            ),
            else_done=True,
            interval=120,
        ),
    )


@converts(f"{_SENSORS}.quicksight.QuickSightSensor")
def quicksight_ingestion(args: Arguments) -> Step:
    """Polls ``quicksight:DescribeIngestion`` until the ingestion is completed.

    Return value, as in Airflow: none.
    """
    return status_step(
        args,
        Status(
            "quicksight:describeIngestion",
            "DataSetId=data_set_id IngestionId=ingestion_id",
            "Ingestion.IngestionStatus",
            done=("COMPLETED",),
            failed=("FAILED", "CANCELLED"),
            fixed={"AwsAccountId": _ACCOUNT},
        ),
    )
