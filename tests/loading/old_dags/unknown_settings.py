from datetime import datetime

from company_settings import BUCKET, DEFAULT_ARGS, RETRIES, SCHEDULE, TABLES, notify

from airflow import DAG
from airflow.operators.bash_operator import BashOperator

with DAG(
    "unknown_settings",
    default_args=DEFAULT_ARGS,
    schedule_interval=SCHEDULE,
    start_date=datetime(2021, 1, 1),
) as dag:
    first = BashOperator(
        task_id="first",
        bash_command=f"aws s3 ls {BUCKET}",
        env={"TABLE": TABLES["orders"]},
        retries=RETRIES,
        on_failure_callback=notify,
    )
    second = BashOperator(task_id="second", bash_command="date")
    first >> second
