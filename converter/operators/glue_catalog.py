"""The AWS Glue Data Catalog: databases, tables, partitions."""

from __future__ import annotations

from typing import Any

from converter.expressions.jsonata import literal
from converter.operators.arguments import Arguments
from converter.operators.declared import AMAZON
from converter.operators.registry import converts
from converter.operators.requests import Request, arn, given, request, step_of
from converter.operators.step import Step

_CATALOG = f"{AMAZON}.operators.glue_catalog"


def _request(action: str, arguments: dict[str, Any], resource: str, *names: Any, **more: Any) -> Request:
    """Return a call; catalog and database are needed besides the resource itself."""
    first = request(f"glue:{action}", arguments, on=arn("glue", resource, *names), **more)
    database = names[:1]
    others = (arn("glue", "catalog"), arn("glue", "database/{}", *database))
    more_of = [
        permission for where in others for permission in request(f"glue:{action}", {}, on=where).permissions
    ]
    return first.allowed(*first.permissions, *more_of)


def _skips(args: Arguments) -> tuple[str, ...]:
    return ("AlreadyExistsException",) if args.take("if_exists", "skip") == "skip" else ()


@converts(f"{_CATALOG}.GlueCatalogCreateDatabaseOperator")
def create_database(args: Arguments) -> Step:
    """A new database: ``glue:createDatabase``. Return value, as in Airflow: its name."""
    name = args.take("database_name")
    database = given(
        {
            "Name": name,
            "Description": args.take("description"),
            "LocationUri": args.take("location_uri"),
            "Parameters": args.take("parameters"),
        }
    )
    arguments = {"DatabaseInput": database, "CatalogId": args.take("catalog_id"), "Tags": args.take("tags")}
    made = _request("createDatabase", arguments, "database/{}", name, fine=_skips(args))
    return step_of(args, made, output=literal(name))


@converts(f"{_CATALOG}.GlueCatalogDeleteDatabaseOperator")
def delete_database(args: Arguments) -> Step:
    """A database is deleted: ``glue:deleteDatabase``. Return value, as in Airflow: none."""
    name = args.take("database_name")
    arguments = {"Name": name, "CatalogId": args.take("catalog_id")}
    return step_of(args, _request("deleteDatabase", arguments, "database/{}", name))


@converts(f"{_CATALOG}.GlueCatalogCreateTableOperator")
def create_table(args: Arguments) -> Step:
    """A new table: ``glue:createTable``. Return value, as in Airflow: its name."""
    database, name = args.take("database_name"), args.take("table_name")
    table = {**args.take_mapping("table_input"), "Name": name}
    arguments = {"DatabaseName": database, "TableInput": table, "CatalogId": args.take("catalog_id")}
    made = _request("createTable", arguments, "table/{}/{}", database, name, fine=_skips(args))
    return step_of(args, made, output=literal(name))


@converts(f"{_CATALOG}.GlueCatalogDeleteTableOperator")
def delete_table(args: Arguments) -> Step:
    """A table is deleted: ``glue:deleteTable``. Return value, as in Airflow: none."""
    database, name = args.take("database_name"), args.take("table_name")
    arguments = {"DatabaseName": database, "Name": name, "CatalogId": args.take("catalog_id")}
    return step_of(args, _request("deleteTable", arguments, "table/{}/{}", database, name))


@converts(f"{_CATALOG}.GlueCatalogCreatePartitionOperator")
def create_partition(args: Arguments) -> Step:
    """A new partition: ``glue:createPartition``. Return value, as in Airflow: none."""
    database, name = args.take("database_name"), args.take("table_name")
    arguments = {
        "DatabaseName": database,
        "TableName": name,
        "PartitionInput": args.take("partition_input"),
        "CatalogId": args.take("catalog_id"),
    }
    made = _request("createPartition", arguments, "table/{}/{}", database, name, fine=_skips(args))
    return step_of(args, made)


@converts(f"{_CATALOG}.GlueCatalogBatchDeletePartitionOperator")
def delete_partitions(args: Arguments) -> Step:
    """Partitions are deleted: ``glue:batchDeletePartition``; one that cannot be fails the task.

    Return value, as in Airflow: the errors about partitions that are not there.
    """
    database, name = args.take("database_name"), args.take("table_name")
    arguments = {
        "DatabaseName": database,
        "TableName": name,
        "PartitionsToDelete": args.take("partitions_to_delete"),
        "CatalogId": args.take("catalog_id"),
    }
    errors = "[$states.result.Errors]"
    others = f"{errors}[ErrorDetail.ErrorCode != 'EntityNotFoundException']"
    keeps = {"errors": f"$count({others}) > 0 ? $error('partitions could not be deleted') : {errors}"}
    deleted = _request("batchDeletePartition", arguments, "table/{}/{}", database, name, keeps=keeps)
    return step_of(args, deleted, output="$errors")
