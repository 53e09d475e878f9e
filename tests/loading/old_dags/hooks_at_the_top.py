from datetime import datetime

import airflow
import settings_of_the_team as settings
from sagemaker_sdk.estimator import Estimator
from sagemaker_sdk.workflow import training_config

from airflow import DAG
from airflow.contrib.hooks.aws_hook import AwsHook
from airflow.contrib.operators.sagemaker_training_operator import SageMakerTrainingOperator
from airflow.operators.python_operator import PythonOperator
from airflow.providers.amazon.aws.hooks.s3 import S3Hook

session = AwsHook(aws_conn_id="airflow-sagemaker").get_session(region_name=settings.REGION)
estimator = Estimator(role=settings.ROLE, session=session, train_instance_count=1)
job_name = settings.PREFIX + "-{}".format(settings.VERSION)


class Lake(S3Hook):
    def tables(self):
        return self.list_prefixes(bucket_name="lake", delimiter="/")


def read():
    return Lake().tables()


args = {"owner": "airflow", "start_date": airflow.utils.dates.days_ago(2), "depends_on_past": False}

with DAG(dag_id=settings.DAG_ID, default_args=args, schedule_interval=None, concurrency=1) as dag:
    process = PythonOperator(task_id="process", python_callable=read, dag=dag, xcom_push=True)
    train = SageMakerTrainingOperator(
        task_id="train",
        config=training_config(estimator=estimator, job_name=job_name),
        aws_conn_id="airflow-sagemaker",
        max_ingestion_time=None,
    )
    process >> train

if __name__ == "__main__":
    dag.cli()
