"""Amazon Athena."""

from __future__ import annotations

from converter.operators.arguments import Arguments
from converter.operators.declared import AMAZON, Wait, operator
from converter.operators.registry import converts
from converter.operators.requests import allow, arn, bucket_arn, request, step_of
from converter.operators.step import Step

_BUCKETS = "the buckets are those of the query's tables and of its result"
#: What a query reads and writes besides (AWS documentation, "IAM policies for calling Amazon Athena").
_DATA = (
    allow(
        "s3:GetBucketLocation",
        "s3:ListBucket",
        "s3:ListBucketMultipartUploads",
        on=bucket_arn(None),
        reason=_BUCKETS,
    ),
    allow(
        "s3:GetObject",
        "s3:ListMultipartUploadParts",
        "s3:AbortMultipartUpload",
        "s3:PutObject",
        on=bucket_arn(None, "*"),
        reason=_BUCKETS,
    ),
    allow(
        "glue:GetDatabase",
        "glue:GetDatabases",
        "glue:GetTable",
        "glue:GetTables",
        "glue:GetPartition",
        "glue:GetPartitions",
        "glue:BatchGetPartition",
        "glue:CreateTable",
        "glue:UpdateTable",
        "glue:DeleteTable",
        "glue:CreateDatabase",
        "glue:DeleteDatabase",
        "glue:BatchCreatePartition",
        "lakeformation:GetDataAccess",
        reason="the query says which tables it is about",
    ),
)

#: What AthenaSparkOperator makes of the calculation's description.
_SPARK_RESULT = """{
  'calculation_execution_id': $id,
  'state': $result.Status.State,
  'state_change_reason': $result.Status.StateChangeReason,
  'submission_time': $result.Status.SubmissionDateTime,
  'completion_time': $result.Status.CompletionDateTime,
  'session_id': $result.SessionId,
  'working_directory': $result.WorkingDirectory,
  'stdout_s3_uri': $result.Result.StdOutS3Uri,
  'stderr_s3_uri': $result.Result.StdErrorS3Uri,
  'result_s3_uri': $result.Result.ResultS3Uri,
  'result_type': $result.Result.ResultType
}"""


@converts(f"{AMAZON}.operators.athena.AthenaOperator")
def athena(args: Arguments) -> Step:
    """A query, and the wait for its end: ``athena:startQueryExecution.sync``.

    Return value, as in Airflow: the query execution's id.
    """
    context, configuration = (
        args.take_mapping("query_execution_context"),
        args.take_mapping("result_configuration"),
    )
    database, location = args.take("database"), args.take("output_location")
    workgroup = args.take("workgroup", "primary")
    context |= {"Database": database} if database else {}
    context["Catalog"] = args.take("catalog", "AwsDataCatalog")
    configuration |= {"OutputLocation": location} if location else {}
    interval, polls = args.take_number("sleep_time", 30), args.take("max_polling_attempts")
    # Its default lasts a year.
    limit = round(interval * polls) if isinstance(polls, (int, float)) and polls else None
    args.take("deferrable")
    args.set_aside("log_query")
    where = arn("athena", "workgroup/{}", workgroup)
    query = request(
        "athena:startQueryExecution",
        {
            "QueryString": args.take("query"),
            "QueryExecutionContext": context,
            "ResultConfiguration": configuration,
            "WorkGroup": workgroup,
            "ClientRequestToken": args.take("client_request_token"),
        },
        on=where,
        optimised="athena:startQueryExecution.sync",
        keeps={"id": "$states.result.QueryExecution.QueryExecutionId"},
        also=(
            allow("athena:GetQueryExecution", "athena:StopQueryExecution", "athena:GetDataCatalog", on=where),
            *_DATA,
        ),
    )
    return step_of(args, query, output="$id", timeout=limit)


operator(
    "operators.athena_spark.AthenaSparkOperator",
    """A calculation in a Spark session: ``athena:startCalculationExecution``, and the wait for its end.

    Return value: the calculation's description, with ids and places of its results under names of its own.
    """,
    "athena:startCalculationExecution",
    "SessionId=session_id CodeBlock=code_block Description=description "
    "ClientRequestToken=client_request_token",
    wait=Wait(
        "athena:calculation_complete",
        {"CalculationExecutionId": "$id"},
        by_default=None,
        attempts=("waiter_max_attempts", 120),
        keeps={"result": "$states.result"},
    ),
    keeps={"id": "$states.result.CalculationExecutionId"},
    output=_SPARK_RESULT,
    ignored="log_query",
    differs="its times as Step Functions writes them",
)
