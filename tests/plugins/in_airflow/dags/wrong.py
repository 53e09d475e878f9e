"""What is deployed of it counts four rows: the test edits the file before it is converted."""

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, task

with DAG("wrong", schedule=None):

    @task
    def count():
        return {"rows": 3}

    count() >> EmptyOperator(task_id="after")
