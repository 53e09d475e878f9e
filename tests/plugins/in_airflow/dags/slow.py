"""A job that takes longer than any test waits."""

from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.sdk import DAG

with DAG("slow", schedule=None):
    GlueJobOperator(task_id="load", job_name="slow_job")
