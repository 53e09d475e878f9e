#!/usr/bin/env python
# -*- coding: utf-8 -*-
try:
    from airflow.operators import PythonOperator, BashOperator, DummyOperator
except ImportError:
    from airflow.operators.python_operator import PythonOperator
    from airflow.operators.bash_operator import BashOperator
from airflow.operators.hive_operator import HiveOperator
from airflow.operators.mysql_operator import MySqlOperator
from airflow.operators.postgres_operator import PostgresOperator
from airflow.operators.http_operator import SimpleHttpOperator
from airflow.operators.docker_operator import DockerOperator
from airflow.operators.subdag_operator import SubDagOperator
from airflow.operators.s3_to_redshift_operator import S3ToRedshiftTransfer
from airflow.operators.redshift_to_s3_operator import RedshiftToS3Transfer
from airflow.operators.s3_file_transform_operator import S3FileTransformOperator
from airflow.operators.slack_operator import SlackAPIPostOperator
from airflow.operators.udacity_plugin import HasRowsOperator, S3ToRedshiftOperator
from airflow.operators import (
    StageToRedshiftOperator,
    LoadFactOperator,
    LoadDimensionOperator,
    DataQualityOperator,
)
from airflow.contrib.operators.snowflake_operator import SnowflakeOperator
from airflow.contrib.operators.ssh_operator import SSHOperator
from airflow.contrib.operators.databricks_operator import DatabricksSubmitRunOperator
from airflow.contrib.operators.awsbatch_operator import AWSBatchOperator
from airflow.contrib.operators.aws_athena_operator import AWSAthenaOperator
from airflow.contrib.sensors.aws_glue_catalog_partition_sensor import AwsGlueCatalogPartitionSensor
from airflow.contrib.hooks.aws_lambda_hook import AwsLambdaHook
from airflow.contrib.hooks.ssh_hook import SSHHook
from airflow.hooks.postgres_hook import PostgresHook
from airflow.macros import ds_add
from airflow.models import Variable, Connection
from airflow.bin import cli
from airflow.executors.local_executor import LocalExecutor
from airflow.utils import dates
from helpers import SqlQueries
from . import sibling
from .common import shared
import subdags.load as sl
from settings import *
import configparser
from datetime import *

config = configparser.ConfigParser()
config.read("dwh.cfg")
KEY = config.get("AWS", "KEY", fallback="k")
aws_key = os.environ.get("AWS_KEY")
S3_BUCKET = Variable.get("s3_bucket")
PARAMS = Variable.get("params", deserialize_json=True)
start = datetime.utcnow() - timedelta(hours=5)
default_args = {
    "owner": "udacity",
    "start_date": start,
    "end_date": datetime(2030, 1, 1),
    "depends_on_past": False,
    "retries": PARAMS["retries"],
    "catchup": False,
}
dag = (
    DAG("udac_example_dag", default_args=default_args, schedule_interval="0 * * * *")
    if "DAG" in globals()
    else __import__("airflow").DAG(
        "udac_example_dag", default_args=default_args, schedule_interval="0 * * * *"
    )
)
start_operator = DummyOperator(task_id="Begin_execution", dag=dag)
stage = StageToRedshiftOperator(
    task_id="Stage_events",
    dag=dag,
    table="staging",
    redshift_conn_id="redshift",
    s3_bucket=S3_BUCKET,
    s3_key="log_data",
    region="us-west-2",
    extra_params="format as json 's3://udacity-dend/log_json_path.json'",
)
fact = LoadFactOperator(task_id="fact", dag=dag, sql=SqlQueries.songplay_table_insert, table="songplays")
subdag = SubDagOperator(subdag=sl.get_dag("udac_example_dag", "sub"), task_id="sub", dag=dag)
dim = [LoadDimensionOperator(task_id="load_%s" % t, dag=dag, table=t) for t in ["u", "s"]]
dq = DataQualityOperator(task_id="dq", dag=dag, tables=["a"])
start_operator >> stage >> fact >> dim >> dq
subdag << start_operator
