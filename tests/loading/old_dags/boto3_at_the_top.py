from datetime import datetime

import boto3
from botocore.exceptions import ClientError

from airflow import DAG
from airflow.operators.dummy_operator import DummyOperator
from airflow.operators.python_operator import PythonOperator

account = boto3.client("sts", region_name="eu-west-1").get_caller_identity()["Account"]
try:
    keys = boto3.resource("s3").Bucket("config").objects.all()
except ClientError:
    keys = []


def read():
    return boto3.client("s3").get_object(Bucket="b", Key="k")


with DAG("boto3_at_the_top", start_date=datetime(2020, 2, 2), schedule_interval="@monthly") as dag:
    first = PythonOperator(task_id="first", python_callable=read, op_kwargs={"bucket": f"logs-{account}"})
    for key in keys:
        first >> DummyOperator(task_id=key)
