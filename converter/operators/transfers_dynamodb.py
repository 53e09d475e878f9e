"""Transfers between S3 and DynamoDB that DynamoDB itself does: exports and imports of whole tables."""

from __future__ import annotations

from typing import Any

from converter import diagnostics as d
from converter.expressions.jsonata import Expression
from converter.operators.arguments import Arguments
from converter.operators.declared import AMAZON
from converter.operators.registry import converts
from converter.operators.requests import allow, arn, bucket_arn, given, request, step_of, wait_for
from converter.operators.step import Permission, Step

_TRANSFERS = f"{AMAZON}.transfers"
#: What DynamoDB writes of an import's errors, as the caller. From AWS's guide to imports from S3.
_LOGS = (
    "logs:CreateLogGroup",
    "logs:DescribeLogGroups",
    "logs:DescribeLogStreams",
    "logs:PutRetentionPolicy",
)
_LOG_STREAMS = ("logs:CreateLogStream", "logs:PutLogEvents")


@converts(f"{_TRANSFERS}.dynamodb_to_s3.DynamoDBToS3Operator")
def dynamodb_to_s3(args: Arguments) -> Step:
    """A table is exported as of a point in time: ``dynamodb:exportTableToPointInTime``, and the wait for it.

    Return value, as in Airflow: none. Without ``point_in_time_export`` or ``export_time`` the operator reads
    the items itself, and is not converted.
    """
    exported_at = args.take("export_time")
    if not args.take("point_in_time_export", False) and exported_at is None:
        problem = "Airflow's own process scans the table and carries its items"
        remedy = "set point_in_time_export=True, where the table has point-in-time recovery; or use a @task"
        args.report(d.NO_COUNTERPART, problem, remedy)
    # Of the scan alone.
    args.set_aside("file_size", "process_func", "dynamodb_scan_kwargs", "dest_aws_conn_id")
    table, bucket = args.take("dynamodb_table_name"), args.take("s3_bucket_name")
    where = arn("dynamodb", "table/{}", table)
    described = request(
        "dynamodb:describeTable",
        {"TableName": table},
        on=where,
        keeps={"table": "$states.result.Table.TableArn"},
    )
    arguments = {
        "TableArn": Expression("$table"),
        "ExportTime": exported_at,
        "S3Bucket": bucket,
        "S3Prefix": args.take("s3_key_prefix", ""),
        "ExportFormat": args.take("export_format", "DYNAMODB_JSON"),
    }
    more = args.take_mapping("export_table_to_point_in_time_kwargs")
    writes = allow("s3:PutObject", "s3:PutObjectAcl", "s3:AbortMultipartUpload", on=bucket_arn(bucket, "*"))
    export = request(
        "dynamodb:exportTableToPointInTime",
        {**given(arguments), **more},
        on=where,
        keeps={"export": "$states.result.ExportDescription.ExportArn"},
        also=(writes,),
    )
    wait = wait_for(
        "dynamodb:export_table",
        {"ExportArn": Expression("$export")},
        on=arn("dynamodb", "table/{}/export/*", table),
        delay=args.take_number("check_interval", 30),
        attempts=args.take_number("max_attempts", 60),
    )
    return step_of(args, described, export, wait)


@converts(f"{_TRANSFERS}.s3_to_dynamodb.S3ToDynamoDBOperator")
def s3_to_dynamodb(args: Arguments) -> Step:
    """Objects become a new table: ``dynamodb:importTable``, and the wait for it where the operator waits.

    Return value, as in Airflow: the import's ARN. With ``use_existing_table`` the operator writes the items
    itself, and is not converted.
    """
    if args.take("use_existing_table", False):
        problem = "Airflow's own process carries the items into a table that there is"
        args.report(
            d.NO_COUNTERPART, problem, "import into a new table, or write it as a @task or a Glue job"
        )
    args.set_aside("dynamodb_tmp_table_prefix")
    if args.take("delete_on_error", False):
        problem = "delete_on_error has no effect: the table of a failed import stays"
        args.report(d.LOST_FEATURE, problem, "delete it in a task with trigger_rule='one_failed'")
    bucket, key, table = args.take("s3_bucket"), args.take("s3_key"), args.take("dynamodb_table_name")
    creation = {
        "TableName": table,
        "AttributeDefinitions": args.take("dynamodb_attributes"),
        "KeySchema": args.take("dynamodb_key_schema"),
        "BillingMode": args.take("billing_mode", "PAY_PER_REQUEST"),
    }
    arguments: dict[str, Any] = {
        "S3BucketSource": {"S3Bucket": bucket, "S3KeyPrefix": key},
        "InputFormat": args.take("input_format", "DYNAMODB_JSON"),
        "TableCreationParameters": {**given(creation), **args.take_mapping("import_table_creation_kwargs")},
        **args.take_mapping("import_table_kwargs"),
    }
    started = "$states.result.ImportTableDescription"
    refused = f"{started}.ImportStatus = 'FAILED' ? $error('the import was refused')"
    start = request(
        "dynamodb:importTable",
        arguments,
        on=arn("dynamodb", "table/{}", table),
        keeps={"import": f"{refused} : {started}.ImportArn"},
        also=_reads_and_logs(bucket),
    )
    wait = wait_for(
        "dynamodb:import_table",
        {"ImportArn": Expression("$import")},
        on=arn("dynamodb", "table/{}/import/*", table),
        delay=args.take_number("check_interval", 30),
        attempts=args.take_number("max_attempts", 240),
    )
    return step_of(args, start, *([wait] if args.take("wait_for_completion", True) else []), output="$import")


def _reads_and_logs(bucket: Any) -> tuple[Permission, ...]:
    return (
        allow("s3:ListBucket", on=bucket_arn(bucket)),
        allow("s3:GetObject", on=bucket_arn(bucket, "*")),
        allow(*_LOGS, on=arn("logs", "log-group:/aws-dynamodb/*")),
        allow(*_LOG_STREAMS, on=arn("logs", "log-group:/aws-dynamodb/*:log-stream:*")),
    )
