"""Values that cross branches: both reports read the middle one, as in the example of partial fan-in."""

from airflow.sdk import DAG, task

with DAG("branches", schedule=None):

    @task
    def left():
        return "left"

    @task
    def middle(ti=None):
        ti.xcom_push(key="note", value={"of": "middle"})
        return ["middle", 2]

    @task
    def right():
        return 3.5

    @task
    def first_report(one, two, ti=None):
        return [one, *two, ti.xcom_pull(task_ids="middle", key="note")]

    @task
    def second_report(one, two):
        return {"one": one, "two": two}

    shared = middle()
    first_report(left(), shared)
    second_report(shared, right())
