import pendulum

from airflow.datasets import Dataset
from airflow.decorators import dag, task, task_group
from airflow.operators.empty import EmptyOperator
from airflow.utils.edgemodifier import Label

ORDERS = Dataset("s3://lake/orders")


@dag(
    schedule_interval="@daily",
    start_date=pendulum.datetime(2022, 9, 1, tz="Europe/Berlin"),
    catchup=False,
    concurrency=3,
)
def taskflow_of_2_4():
    @task
    def extract():
        return [1, 2, 3]

    @task.kubernetes(image="python:3.10", namespace="jobs")
    def transform(rows):
        return len(rows)

    @task(multiple_outputs=True)
    def load(count):
        return {"count": count}

    @task_group(group_id="publish")
    def publish(result):
        EmptyOperator(task_id="done", outlets=[ORDERS])

    rows = extract()
    loaded = load(transform(rows))
    loaded >> Label("when loaded") >> publish(loaded)


made = taskflow_of_2_4()
