"""Sensors: for an object on S3, and for what a function says."""

from airflow.providers.amazon.aws.sensors.s3 import S3KeySensor
from airflow.sdk import DAG, PokeReturnValue, task

with DAG("sensing", schedule=None, params={"at_least": 2}):
    file = S3KeySensor(task_id="file", bucket_key="s3://incoming/today.csv", poke_interval=1, timeout=60)

    @task.sensor(poke_interval=1, timeout=60)
    def enough(params=None):
        return PokeReturnValue(is_done=params["at_least"] == 2, xcom_value={"rows": 2})

    @task
    def read(found):
        return found["rows"] + 1

    found = enough()
    [file, found] >> read(found)
