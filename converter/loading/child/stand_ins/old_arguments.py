"""Arguments that classes took once: what they are called today, or why they can go.

Sources: the release notes of Airflow 2.0 and 3.0, and the changelog of the Amazon provider (8.0, 9.0).
"""

from __future__ import annotations

from collections.abc import Mapping

#: Arguments of DAG, besides schedule_interval: the name today, or None where only the old UI used it.
OF_DAGS: Mapping[str, str | None] = {
    "timetable": "schedule",
    "concurrency": "max_active_tasks",
    "fail_stop": "fail_fast",
    "default_view": None,
    "orientation": None,
    "full_filepath": None,
}

#: Attributes of DAG: the name today.
ATTRIBUTES_OF_DAGS: Mapping[str, str] = {
    "concurrency": "max_active_tasks",
    "filepath": "fileloc",
    "full_filepath": "fileloc",
    "schedule_interval": "schedule",
}

#: Arguments of every operator: the name today, or None where it has no effect any more.
OF_OPERATORS: Mapping[str, str | None] = {
    "task_concurrency": "max_active_tis_per_dag",
    "xcom_push": "do_xcom_push",
    # Every callable can take the context since Airflow 2.0.
    "provide_context": None,
}

_CONNECTION_OF_SQL = "jdbc mssql mysql oracle postgres presto redshift snowflake sqlite trino vertica"

#: Arguments of one class and those derived from it, by the last part of its name.
OF_CLASSES: Mapping[str, Mapping[str, str | None]] = {
    "AthenaOperator": {"max_tries": "max_polling_attempts"},
    "AwsBaseOperator": {"region": "region_name"},
    "AwsToAwsBaseOperator": {"aws_conn_id": "source_aws_conn_id"},
    "BatchOperator": {"overrides": "container_overrides"},
    "BranchDateTimeOperator": {"use_task_execution_day": "use_task_logical_date"},
    "BranchDayOfWeekOperator": {"use_task_execution_day": "use_task_logical_date"},
    "DayOfWeekSensor": {"use_task_execution_day": "use_task_logical_date"},
    "EmrContainerOperator": {"max_tries": "max_polling_attempts"},
    "EmrCreateJobFlowOperator": {"waiter_check_interval_seconds": "waiter_delay"},
    "EmrServerlessCreateApplicationOperator": {"waiter_check_interval_seconds": "waiter_delay"},
    "EmrServerlessStartJobOperator": {"waiter_check_interval_seconds": "waiter_delay"},
    "ExternalTaskMarker": {"execution_date": "logical_date"},
    "GlueDataBrewStartJobOperator": {"delay": "waiter_delay"},
    "RedshiftDataOperator": {"await_result": "wait_for_completion"},
    "S3KeySensor": {"s3_conn_id": "aws_conn_id"},
    "SQLExecuteQueryOperator": {f"{name}_conn_id": "conn_id" for name in _CONNECTION_OF_SQL.split()},
    "TriggerDagRunOperator": {"execution_date": "logical_date"},
}

#: Trigger rules that have another name today.
TRIGGER_RULES: Mapping[str, str] = {
    "dummy": "always",
    "none_failed_or_skipped": "none_failed_min_one_success",
}
