from datetime import datetime

from airflow import DAG, Dataset
from airflow.operators.empty import EmptyOperator
from airflow.timetables.datasets import DatasetOrTimeSchedule
from airflow.timetables.trigger import CronTriggerTimetable

orders = Dataset("s3://lake/orders")

with DAG("on_datasets", schedule=[orders], start_date=datetime(2024, 1, 1)):
    EmptyOperator(task_id="one")

with DAG(
    "on_datasets_or_time",
    timetable=DatasetOrTimeSchedule(
        timetable=CronTriggerTimetable("0 1 * * 3", timezone="UTC"), datasets=[orders]
    ),
    start_date=datetime(2024, 1, 1),
    fail_stop=True,
):
    EmptyOperator(task_id="two")
