from __future__ import annotations
from airflow.decorators import dag, task, task_group
from airflow.utils.edgemodifier import Label
from airflow.datasets import Dataset
from airflow.models.param import Param
from airflow.models.xcom_arg import XComArg
from airflow.operators.python import get_current_context
from airflow.providers.amazon.aws.operators.s3 import S3ListOperator, S3CopyObjectOperator
from airflow.providers.amazon.aws.operators.lambda_function import (
    AwsLambdaInvokeFunctionOperator,
    LambdaInvokeFunctionOperator,
)
from airflow.providers.amazon.aws.operators.redshift_data import RedshiftDataOperator
from airflow.providers.amazon.aws.operators.redshift_sql import RedshiftSQLOperator
from airflow.providers.amazon.aws.operators.redshift import RedshiftSQLOperator as RSO
from airflow.providers.amazon.aws.operators.athena import AWSAthenaOperator
from airflow.providers.amazon.aws.sensors.athena import AthenaSensor
from airflow.providers.amazon.aws.operators.batch import AwsBatchOperator
from airflow.providers.amazon.aws.operators.sns import SnsPublishOperator
from airflow.providers.amazon.aws.operators.emr_serverless import EmrServerlessStartJobOperator
from airflow.providers.amazon.aws.operators.emr import EmrServerlessCreateApplicationOperator
from airflow.providers.amazon.aws.operators.emr_containers import EMRContainerOperator
from airflow.providers.amazon.aws.transfers.s3_to_sftp import S3ToSFTPOperator
from airflow.providers.amazon.aws.transfers.mysql_to_s3 import MySQLToS3Operator
from airflow.providers.amazon.aws.sensors.glue_crawler import AwsGlueCrawlerSensor
from airflow.providers.amazon.aws.utils.waiter_with_logging import wait
from airflow.timetables.interval import CronDataIntervalTimetable
from airflow.timetables.trigger import CronTriggerTimetable
from airflow.timetables.datasets import DatasetOrTimeSchedule
import datetime as dt

ds = Dataset("s3://bucket/x.csv", extra={"a": 1})


@dag(
    start_date=dt.datetime(2023, 1, 1),
    timetable=CronTriggerTimetable("0 1 * * 3", timezone="UTC"),
    params={"n": Param(3, type="integer", minimum=1), "s": "x"},
    max_active_tasks=4,
)
def mapped():
    @task
    def files() -> list[dict]:
        return [{"a": 1}]

    @task(multiple_outputs=True)
    def one(x: int, y: str = "k") -> dict:
        return {"x": x}

    @task(outlets=[ds], retries=2, pool="x", trigger_rule="none_failed_min_one_success")
    def agg(xs):
        ctx = get_current_context()
        return len(list(xs))

    @task_group(group_id="g")
    def grp(x):
        a = one(x)
        return a

    f = files()
    m = one.partial(y="q").expand(x=[1, 2, 3])
    k = S3ListOperator(task_id="keys", bucket="b", prefix="p/")
    cp = S3CopyObjectOperator.partial(
        task_id="cp", dest_bucket_name="d", source_bucket_name="s"
    ).expand_kwargs(k.output.map(lambda key: {"source_bucket_key": key, "dest_bucket_key": key.lower()}))
    l = AwsLambdaInvokeFunctionOperator(task_id="l", function_name="f", payload='{"a": 1}', log_type="Tail")
    a = AWSAthenaOperator(
        task_id="a", query="select 1", database="d", output_location="s3://x", result_configuration={}
    )
    b = AwsBatchOperator(task_id="b", job_name="j", job_definition="d", job_queue="q", overrides={})
    r = RedshiftSQLOperator(task_id="r", sql=["select 1", "select 2"], params={"t": 1}, autocommit=True)
    g = grp.expand(x=[1, 2])
    agg(m) >> Label("then") >> [l, a] >> b >> r
    f >> g


mapped()
