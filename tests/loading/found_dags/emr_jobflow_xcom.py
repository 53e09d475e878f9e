import json, os, sys
from datetime import timedelta
import airflow
from airflow import DAG
from airflow.models import Variable
from airflow.contrib.operators.emr_create_job_flow_operator import EmrCreateJobFlowOperator
from airflow.contrib.operators.emr_add_steps_operator import EmrAddStepsOperator
from airflow.contrib.operators.emr_terminate_job_flow_operator import EmrTerminateJobFlowOperator
from airflow.contrib.sensors.emr_step_sensor import EmrStepSensor
from airflow.operators.python_operator import PythonOperator
from airflow.utils.dates import days_ago
import boto3

ssm = boto3.client("ssm", region_name=os.environ.get("AWS_REGION", "us-east-1"))
bucket = ssm.get_parameter(Name="/mwaa/bucket", WithDecryption=True)["Parameter"]["Value"]
subnet = json.loads(Variable.get("emr_subnet", default_var='{"id": "subnet-1"}'))["id"]
DAG_ID = os.path.basename(__file__).replace(".py", "")
DEFAULT_ARGS = {
    "owner": "airflow",
    "depends_on_past": False,
    "email": ["a@b.c"],
    "email_on_failure": False,
    "email_on_retry": False,
}
SPARK_STEPS = [
    {
        "Name": "calc",
        "ActionOnFailure": "CONTINUE",
        "HadoopJarStep": {
            "Jar": "command-runner.jar",
            "Args": ["spark-submit", f"s3://{bucket}/x.py", "{{ ds }}"],
        },
    }
]
JOB_FLOW_OVERRIDES = {
    "Name": "demo",
    "ReleaseLabel": "emr-5.30.0",
    "Instances": {"Ec2SubnetId": subnet, "KeepJobFlowAliveWhenNoSteps": True},
    "JobFlowRole": "EMR_EC2_DefaultRole",
    "ServiceRole": "EMR_DefaultRole",
}
with DAG(
    dag_id=DAG_ID,
    default_args=DEFAULT_ARGS,
    dagrun_timeout=timedelta(hours=2),
    start_date=airflow.utils.dates.days_ago(1),
    schedule_interval="@once",
    tags=["emr"],
    catchup=False,
) as dag:
    cluster_creator = EmrCreateJobFlowOperator(
        task_id="create_job_flow",
        emr_conn_id="emr_default",
        job_flow_overrides=JOB_FLOW_OVERRIDES,
        aws_conn_id="aws_default",
    )
    step_adder = EmrAddStepsOperator(
        task_id="add_steps",
        job_flow_id="{{ task_instance.xcom_pull(task_ids='create_job_flow', key='return_value') }}",
        steps=SPARK_STEPS,
    )
    step_checker = EmrStepSensor(
        task_id="watch_step",
        job_flow_id="{{ task_instance.xcom_pull('create_job_flow', key='return_value') }}",
        step_id="{{ task_instance.xcom_pull(task_ids='add_steps', key='return_value')[0] }}",
    )
    cluster_remover = EmrTerminateJobFlowOperator(
        task_id="remove",
        job_flow_id="{{ task_instance.xcom_pull('create_job_flow') }}",
        trigger_rule="all_done",
    )
    cluster_creator.set_downstream(step_adder)
    step_adder.set_downstream(step_checker)
    step_checker.set_downstream(cluster_remover)
