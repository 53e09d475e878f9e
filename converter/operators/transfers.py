"""Transfers between services of AWS that AWS itself can do: S3, Redshift, DynamoDB."""

from __future__ import annotations

from typing import Any

from converter import diagnostics as d
from converter.expressions.jsonata import Expression, chained, literal
from converter.operators.arguments import Arguments
from converter.operators.connections import redshift_at_deployment, redshift_of
from converter.operators.declared import AMAZON
from converter.operators.redshift import statement
from converter.operators.registry import converts
from converter.operators.requests import step_of
from converter.operators.step import Step

_TRANSFERS = f"{AMAZON}.transfers"
#: redshift_data_api_kwargs: arguments of RedshiftDataHook.execute_query, and members of ExecuteStatement.
_WHERE = {
    "database": "Database",
    "cluster_identifier": "ClusterIdentifier",
    "db_user": "DbUser",
    "secret_arn": "SecretArn",
    "statement_name": "StatementName",
    "with_event": "WithEvent",
    "workgroup_name": "WorkgroupName",
}


@converts(f"{_TRANSFERS}.s3_to_redshift.S3ToRedshiftOperator")
def s3_to_redshift(args: Arguments) -> Step:
    """Objects into a table: ``COPY`` through the Redshift Data API, with the cluster's default IAM role.

    Return value, as in Airflow: none. The operator hands Airflow's own keys to Redshift instead.
    """
    table, schema, method = args.take("table"), args.take("schema"), args.take("method", "APPEND")
    destination = _joined(schema, ".", table) if schema else table
    temporary = _joined("#", table)
    target = temporary if method == "UPSERT" else destination
    columns, options = args.take("column_list"), args.take("copy_options") or []
    names = _joined("(", _joined_with(columns, ", "), ")") if columns else ""
    source = _joined("FROM 's3://", args.take("s3_bucket"), "/", args.take("s3_key"), "'")
    copy = _joined(
        "COPY ", target, " ", names, " ", source, " IAM_ROLE default ", _joined_with(options, " "), ";"
    )
    delete = _joined("DELETE FROM ", destination, ";")
    keys = args.take("upsert_keys")
    if method == "UPSERT":
        if not keys:
            problem = "upsert_keys are not looked up from the table's primary key"
            args.report(d.NO_COUNTERPART, problem, "give upsert_keys")
        same = [_joined(table, ".", key, " = ", temporary, ".", key) for key in keys or []]
        sql: Any = [
            _joined("CREATE TABLE ", temporary, " (LIKE ", destination, " INCLUDING DEFAULTS);"),
            copy,
            _joined(
                "DELETE FROM ", destination, " USING ", temporary, " WHERE ", _joined_with(same, " AND "), ";"
            ),
            _joined("INSERT INTO ", destination, " SELECT * FROM ", temporary, ";"),
        ]
    else:
        sql = [delete, copy] if method == "REPLACE" else copy
    args.set_aside("autocommit")
    return _run(args, sql)


@converts(f"{_TRANSFERS}.redshift_to_s3.RedshiftToS3Operator")
def redshift_to_s3(args: Arguments) -> Step:
    """A table or a query into objects: ``UNLOAD`` through the Data API, with the cluster's default IAM role.

    Return value, as in Airflow: none. The operator hands Airflow's own keys to Redshift instead.
    """
    table, schema, query = args.take("table"), args.take("schema"), args.take("select_query")
    key, options = args.take("s3_key"), list(args.take("unload_options") or [])
    if table and args.take("table_as_file_name", True):
        key = _joined(key, "/", table, "_")
    args.set_aside("table_as_file_name")
    query = query or _joined("SELECT * FROM ", *((schema, ".") if schema else ()), table)
    if args.take("include_header", False) and "HEADER" not in [str(o).upper().strip() for o in options]:
        options.append("HEADER")
    args.set_aside("autocommit")
    place = _joined("TO 's3://", args.take("s3_bucket"), "/", key, "'")
    unload = _joined(
        "UNLOAD ($$", query, "$$) ", place, " IAM_ROLE default ", _joined_with(options, " "), ";"
    )
    parameters = args.take("parameters")
    return _run(args, unload, {"Parameters": parameters} if parameters else None)


def _run(args: Arguments, sql: Any, more: dict[str, Any] | None = None) -> Step:
    given = args.take_mapping("redshift_data_api_kwargs")
    connection = args.take("redshift_conn_id", "redshift_default")
    known = redshift_of(args.connection(connection) or {})
    deployed = None
    if not given and known is None:
        if isinstance(connection, str) and connection and args.connection(connection) is None:
            deployed = redshift_at_deployment(args, connection)
        else:
            problem = f"which cluster the connection '{connection}' is, cannot be seen"
            remedy = "give redshift_data_api_kwargs: database, and cluster_identifier or workgroup_name"
            args.report(d.NAME_UNKNOWN, problem, remedy)
    args.set_aside("poll_interval")
    where = {_WHERE[name]: value for name, value in given.items() if name in _WHERE} or known or {}
    role = "the cluster's default IAM role reads and writes S3, not Airflow's keys"
    args.report(d.OTHER_CREDENTIALS, role, "give the cluster a default role that may")
    return step_of(args, *statement(sql, {**where, **(more or {})}, deployed=deployed))


def _joined(*texts: Any) -> Any:
    """Return texts put together: one text, or an expression if the run knows one of them."""
    if any(isinstance(text, Expression) for text in texts):
        return Expression(chained("&", [literal(text) for text in texts if text != ""]))
    return "".join(str(text) for text in texts)


def _joined_with(texts: Any, separator: str) -> Any:
    if isinstance(texts, Expression):
        return Expression(f"$join({texts.text}, {literal(separator)})")
    parts: list[Any] = []
    for text in texts:
        parts += [separator, text] if parts else [text]
    return _joined(*parts) if parts else ""
