"""A branch, rules that look at more than success, a setup with its teardown, and data between tasks."""

from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, task

with DAG("choosing", schedule=None, params={"full": False}):
    lock = GlueJobOperator(task_id="lock_table", job_name="lock_table").as_setup()
    unlock = GlueJobOperator(task_id="unlock_table", job_name="unlock_table").as_teardown(setups=lock)

    @task
    def count_new_rows(**context):
        return len(context["dag_run"].conf.get("files", [])) * 1000

    @task.branch
    def how_much(rows, **context):
        return "load_everything" if context["params"]["full"] or rows > 5000 else "load_new_rows"

    everything = GlueJobOperator(task_id="load_everything", job_name="load_everything", retries=1)
    new_rows = GlueJobOperator(
        task_id="load_new_rows",
        job_name="load_new_rows",
        script_args={"--run": "{{ run_id }}", "--rows": "{{ ti.xcom_pull('count_new_rows') }}"},
    )
    loaded = EmptyOperator(task_id="loaded", trigger_rule="none_failed_min_one_success")
    alert = GlueJobOperator(task_id="alert", job_name="alert", trigger_rule="one_failed")

    chosen = how_much(count_new_rows())
    lock >> chosen >> [everything, new_rows] >> loaded >> unlock
    [everything, new_rows] >> alert
