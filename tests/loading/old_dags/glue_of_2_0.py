from airflow import DAG
from airflow.operators.dummy import DummyOperator
from airflow.providers.amazon.aws.operators.glue import AwsGlueJobOperator
from airflow.providers.amazon.aws.operators.glue_crawler import AwsGlueCrawlerOperator
from airflow.providers.amazon.aws.sensors.glue import AwsGlueJobSensor
from airflow.utils.dates import days_ago
from airflow.utils.task_group import TaskGroup

with DAG("glue_of_2_0", start_date=days_ago(1), schedule_interval="@daily", tags=["glue"]) as dag:
    start = DummyOperator(task_id="start")
    with TaskGroup("load") as load:
        crawl = AwsGlueCrawlerOperator(task_id="crawl", config={"Name": "raw"})
        job = AwsGlueJobOperator(task_id="job", job_name="clean", script_args={"--day": "{{ ds }}"})
        wait = AwsGlueJobSensor(task_id="wait", job_name="clean", run_id=job.output)
        crawl >> job >> wait
    start >> load
