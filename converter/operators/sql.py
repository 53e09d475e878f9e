"""SQL of Airflow's common provider, where the connection is known and leads to a service with an API."""

from __future__ import annotations

from typing import Any

from converter import diagnostics as d
from converter.operators.arguments import Arguments
from converter.operators.connections import redshift_at_deployment, redshift_of
from converter.operators.redshift import statement
from converter.operators.registry import converts
from converter.operators.requests import step_of
from converter.operators.sql_statements import statements
from converter.operators.step import Step

#: How Airflow's process handles what comes back, which the machine does not fetch.
_OF_RESULTS = ("handler", "output_processor", "show_return_value_in_logs", "autocommit", "return_last")
_OTHERWISE = "use AthenaOperator or RedshiftDataOperator, or a @task with a client of that database"


@converts("airflow.providers.common.sql.operators.sql.SQLExecuteQueryOperator")
def execute_query(args: Arguments) -> Step:
    """SQL through the Redshift Data API, where the connection leads there.

    ``--connections`` says so, or the file: by ``RedshiftSQLOperator``, or an id with "redshift" in it. Then a
    parameter of the stack says which cluster or workgroup it is.

    Return value: none. The operator pushes the rows, which the machine does not fetch.
    """
    connection_id = args.take("conn_id")
    connection = args.connection(connection_id)
    sql, database = args.take("sql"), args.take("database")
    where: dict[str, Any] | None = redshift_of(connection) if connection else None
    args.set_aside(*_OF_RESULTS)
    deployed = None
    if connection is None and _is_redshift(args, connection_id):
        deployed, where = redshift_at_deployment(args, connection_id), {}
    if where is None:
        args.set_aside(*args.left())
        if connection is None:
            problem = f"which database the connection '{connection_id}' is, cannot be seen"
            args.report(
                d.NAME_UNKNOWN, problem, f"if it is Redshift, give it with --connections; else {_OTHERWISE}"
            )
        else:
            problem = f"the connection '{connection_id}' leads to no service of AWS that runs SQL by an API"
            args.report(d.NO_COUNTERPART, problem, _OTHERWISE)
        return Step(args.task.task_id, args.task.operator.rpartition(".")[2], None)
    if database:
        where["Database"] = database
    args.set_aside("split_statements", "requires_result_fetch", "no_handler", "hook_params")
    args.report(
        d.OTHER_RESULT, "it returns nothing, and the operator the rows", "read them with RedshiftDataOperator"
    )
    return step_of(args, *statement(_statements(args, sql), where, deployed=deployed))


def _is_redshift(args: Arguments, connection_id: Any) -> bool:
    """Whether the file says that a connection leads to Redshift."""
    if not isinstance(connection_id, str) or not connection_id:
        return False
    by_class = any(base.endswith(".RedshiftSQLHook") for base in args.task.bases)
    return by_class or "redshift" in connection_id.lower()


def _statements(args: Arguments, sql: Any) -> Any:
    """Return the statements: the Data API takes one at a time, or a list of them in one transaction."""
    if isinstance(sql, str) and sql.strip().endswith(".sql"):
        args.report(
            d.BAD_ARGUMENT, f"the file {sql.strip()} was not found", "put it where the DAG looks for it"
        )
    if not isinstance(sql, str) or ";" not in sql.strip().rstrip(";"):
        return sql
    found = statements(sql)
    if found is None:
        problem = "where one of its statements ends cannot be told: a semicolon may be part of a text"
        args.report(d.BAD_ARGUMENT, problem, "give sql as a list of statements")
        return sql
    return found if len(found) > 1 else sql
