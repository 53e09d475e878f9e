"""A job that fails, one that does not, and what stands behind either and both."""

from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

with DAG("failing", schedule=None):
    broken = GlueJobOperator(
        task_id="broken", job_name="broken_job", script_args={"--local-outcome": "FAILED"}
    )
    fine = GlueJobOperator(task_id="fine", job_name="fine_job")
    [broken, fine] >> EmptyOperator(task_id="after_both")
    fine >> EmptyOperator(task_id="after_fine")
