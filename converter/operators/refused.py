"""Operators that have no counterpart: each is refused with what to choose instead."""

from __future__ import annotations

from converter import diagnostics as d
from converter.diagnostics import Code
from converter.operators.arguments import Arguments
from converter.operators.declared import AMAZON
from converter.operators.registry import converts
from converter.operators.step import Step

_STANDARD = "airflow.providers.standard"
_AS_TASK = "write it as a @task with boto3, or as a Glue, Batch or ECS job"


def _refuse(code: Code, problem: str, remedy: str, *operators: str) -> None:
    def convert(args: Arguments) -> Step:
        args.report(code, problem, remedy)
        args.set_aside(*args.left())
        return Step(args.task.task_id, args.task.operator.rpartition(".")[2], None)

    convert.__doc__ = f"Not converted: {problem}. What to do: {remedy}."
    converts(*operators)(convert)


_refuse(
    d.NO_COUNTERPART,
    "its Python runs in an environment of its own, and Lambda has one for all tasks of a file",
    "use @task with what it imports installed here, or a Glue (pythonshell), Batch or ECS job",
    f"{_STANDARD}.operators.python.PythonVirtualenvOperator",
    f"{_STANDARD}.operators.python.ExternalPythonOperator",
    f"{_STANDARD}.operators.python.BranchPythonVirtualenvOperator",
    f"{_STANDARD}.operators.python.BranchExternalPythonOperator",
    f"{_STANDARD}.decorators.python_virtualenv._PythonVirtualenvDecoratedOperator",
    f"{_STANDARD}.decorators.external_python._PythonExternalDecoratedOperator",
    f"{_STANDARD}.decorators.branch_virtualenv._BranchPythonVirtualenvDecoratedOperator",
    f"{_STANDARD}.decorators.branch_external_python._BranchExternalPythonDecoratedOperator",
)
_refuse(
    d.NAME_UNKNOWN,
    "its Airflow connection says which database it is, and connections are not known here",
    "use AthenaOperator or RedshiftDataOperator, or a @task with a client of that database",
    "airflow.providers.common.sql.operators.sql.SQLTableCheckOperator",
    "airflow.providers.common.sql.operators.sql.SQLColumnCheckOperator",
    "airflow.providers.common.sql.operators.sql.SQLCheckOperator",
    "airflow.providers.common.sql.operators.sql.SQLValueCheckOperator",
    "airflow.providers.common.sql.operators.sql.BranchSQLOperator",
)
_refuse(
    d.NO_COUNTERPART,
    "Airflow's own process carries the data",
    _AS_TASK,
    *(
        f"{AMAZON}.transfers.{module}.{name}"
        for module, name in (
            ("azure_blob_to_s3", "AzureBlobStorageToS3Operator"),
            ("exasol_to_s3", "ExasolToS3Operator"),
            ("ftp_to_s3", "FTPToS3Operator"),
            ("gcs_to_s3", "GCSToS3Operator"),
            ("glacier_to_gcs", "GlacierToGCSOperator"),
            ("google_api_to_s3", "GoogleApiToS3Operator"),
            ("hive_to_dynamodb", "HiveToDynamoDBOperator"),
            ("http_to_s3", "HttpToS3Operator"),
            ("imap_attachment_to_s3", "ImapAttachmentToS3Operator"),
            ("local_to_s3", "LocalFilesystemToS3Operator"),
            ("mongo_to_s3", "MongoToS3Operator"),
            ("s3_to_ftp", "S3ToFTPOperator"),
            ("s3_to_sftp", "S3ToSFTPOperator"),
            ("s3_to_sql", "S3ToSqlOperator"),
            ("salesforce_to_s3", "SalesforceToS3Operator"),
            ("sftp_to_s3", "SFTPToS3Operator"),
            ("sql_to_s3", "SqlToS3Operator"),
        )
    ),
)
_refuse(
    d.NO_COUNTERPART,
    "a Kubernetes pod is watched by Airflow's own process",
    "use the integration eks:runJob in a file of --operators, or an ECS or Batch job",
    f"{AMAZON}.operators.eks.EksPodOperator",
)
