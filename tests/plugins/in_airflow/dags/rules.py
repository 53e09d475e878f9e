"""A branch that skips, trigger rules that look at skips, and a value with types in it."""

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, task

with DAG("rules", schedule=None):

    @task
    def count():
        return {"rows": 3, "files": ["a", "b"], "share": 0.5, "last": None}

    @task.branch
    def choose(counted):
        return "small" if counted["rows"] < 10 else "large"

    chosen = choose(count())
    small, large = EmptyOperator(task_id="small"), EmptyOperator(task_id="large")
    chosen >> [small, large]
    [small, large] >> EmptyOperator(task_id="some", trigger_rule="none_failed_min_one_success")
    [small, large] >> EmptyOperator(task_id="all")
    large >> EmptyOperator(task_id="whatever", trigger_rule="all_done")
