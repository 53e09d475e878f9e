"""AWS through a connection of Airflow's, which has to be there."""

from __future__ import annotations

from typing import Any

from dag2sfn_airflow.versions import AirflowException, BaseHook


def step_functions(aws_conn_id: str | None, region_name: str | None) -> Any:
    """Return a client for Step Functions.

    Airflow's own hook takes whatever credentials the machine has if the connection is missing, with a
    warning in the log. Then a typing mistake would run the DAG in another account: here it is an error.
    ``None`` asks for the machine's own credentials.
    """
    from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

    if aws_conn_id is not None:
        try:
            BaseHook.get_connection(aws_conn_id)
        except Exception as error:
            raise AirflowException(
                f"there is no connection {aws_conn_id!r} to AWS ({error}); add it in Airflow, or name "
                "another with aws_conn_id"
            ) from error
    return AwsBaseHook(aws_conn_id=aws_conn_id, client_type="stepfunctions", region_name=region_name).conn
