"""A daily DAG of one week. ``publish`` writes to a place that its counterpart must not write to."""

from __future__ import annotations

import pendulum
from airflow.sdk import DAG, task

with DAG(
    "sales",
    schedule="@daily",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    end_date=pendulum.datetime(2026, 1, 7, tz="UTC"),
    catchup=True,
    is_paused_upon_creation=True,
):

    @task
    def count(ds: str | None = None) -> dict[str, int]:
        return {"rows": int(str(ds)[-2:])}

    @task
    def publish(target: str) -> str:
        return f"{target}/summary.csv"

    count()
    publish(target="s3://prod/sales")
