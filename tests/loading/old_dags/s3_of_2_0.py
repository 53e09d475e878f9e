from datetime import datetime

from airflow import DAG
from airflow.providers.amazon.aws.operators.s3_bucket import S3CreateBucketOperator, S3DeleteBucketOperator
from airflow.providers.amazon.aws.operators.s3_copy_object import S3CopyObjectOperator
from airflow.providers.amazon.aws.operators.s3_list import S3ListOperator
from airflow.providers.amazon.aws.sensors.s3_key import S3KeySensor
from airflow.providers.amazon.aws.sensors.s3_prefix import S3PrefixSensor

with DAG("s3_of_2_0", start_date=datetime(2021, 5, 1), schedule_interval=None) as dag:
    wait = S3KeySensor(task_id="wait", bucket_key="s3://in/data.csv", poke_interval=30, timeout=600)
    prefix = S3PrefixSensor(task_id="prefix", bucket_name="in", prefix="raw/{{ ds }}/", delimiter="/")
    create = S3CreateBucketOperator(task_id="create", bucket_name="out", region_name="eu-west-1")
    copy = S3CopyObjectOperator(
        task_id="copy", source_bucket_key="s3://in/data.csv", dest_bucket_key="s3://out/data.csv"
    )
    listing = S3ListOperator(task_id="listing", bucket="out")
    delete = S3DeleteBucketOperator(task_id="delete", bucket_name="out", force_delete=True)
    [wait, prefix] >> create >> copy >> listing >> delete
