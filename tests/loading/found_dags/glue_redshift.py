from airflow import DAG, settings, secrets
from airflow.operators.python_operator import PythonOperator
from airflow.providers.amazon.aws.operators.glue import AwsGlueJobOperator
from airflow.providers.amazon.aws.operators.glue_crawler import AwsGlueCrawlerOperator
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.providers.amazon.aws.transfers.s3_to_redshift import S3ToRedshiftOperator
from airflow.providers.postgres.operators.postgres import PostgresOperator
from airflow.providers.amazon.aws.sensors.s3_key import S3KeySensor
from airflow.models.connection import Connection
from airflow.utils.task_group import TaskGroup
from airflow.utils.trigger_rule import TriggerRule
from datetime import datetime, timedelta
import awswrangler as wr
import pandas as pd

default_args = dict(
    owner="x",
    start_date=datetime(2021, 1, 1),
    retries=2,
    retry_delay=timedelta(minutes=3),
    sla=timedelta(hours=1),
)
sm_secretId_name = "airflow/connections/redshift"


def read_secret():
    hook = AwsBaseHook(client_type="secretsmanager")
    client = hook.get_client_type("secretsmanager")
    return client.get_secret_value(SecretId=sm_secretId_name)["SecretString"]


def to_pandas(**kwargs):
    df = wr.s3.read_parquet("s3://x/y")
    return df.shape[0]


dag = DAG(
    "nyc_taxi",
    default_args=default_args,
    schedule_interval=None,
    concurrency=3,
    max_active_runs=1,
    default_view="graph",
)
sensor = S3KeySensor(
    task_id="wait",
    bucket_name="b",
    bucket_key="raw/{{ ds_nodash }}/*.csv",
    wildcard_match=True,
    timeout=18 * 60 * 60,
    poke_interval=120,
    dag=dag,
)
with TaskGroup("glue", dag=dag) as tg:
    crawler = AwsGlueCrawlerOperator(
        task_id="crawl",
        config={
            "Name": "c",
            "Role": "r",
            "DatabaseName": "d",
            "Targets": {"S3Targets": [{"Path": "s3://b"}]},
        },
        dag=dag,
    )
    job = AwsGlueJobOperator(
        task_id="job",
        job_name="transform",
        iam_role_name="r",
        script_location="s3://b/s.py",
        num_of_dpus=10,
        script_args={"--d": "{{ ds }}"},
        dag=dag,
    )
    crawler >> job
load = S3ToRedshiftOperator(
    task_id="load",
    schema="public",
    table="t",
    s3_bucket="b",
    s3_key="k",
    copy_options=["parquet"],
    redshift_conn_id="redshift_default",
    dag=dag,
)
check = PostgresOperator(task_id="check", postgres_conn_id="redshift", sql="select count(*) from t", dag=dag)
secret = PythonOperator(task_id="secret", python_callable=read_secret, dag=dag, provide_context=False)
sensor >> tg >> load >> check
secret >> load
pandas = PythonOperator(
    task_id="pandas",
    python_callable=to_pandas,
    provide_context=True,
    dag=dag,
    trigger_rule=TriggerRule.ALL_DONE,
)
check >> pandas
