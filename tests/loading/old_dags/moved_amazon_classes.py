from datetime import datetime

from airflow import DAG
from airflow.providers.amazon.aws.operators.athena import AWSAthenaOperator
from airflow.providers.amazon.aws.operators.aws_lambda import AwsLambdaInvokeFunctionOperator
from airflow.providers.amazon.aws.operators.batch import AwsBatchOperator
from airflow.providers.amazon.aws.operators.ecs import ECSOperator
from airflow.providers.amazon.aws.operators.redshift import RedshiftSQLOperator
from airflow.providers.amazon.aws.operators.sagemaker_training import SageMakerTrainingOperator
from airflow.providers.amazon.aws.operators.sqs import SQSPublishOperator
from airflow.providers.amazon.aws.operators.step_function_start_execution import (
    StepFunctionStartExecutionOperator,
)
from airflow.providers.amazon.aws.sensors.sqs import SQSSensor

dag = DAG("moved_amazon_classes", start_date=datetime(2022, 1, 1), schedule_interval="@weekly")

tasks = [
    AWSAthenaOperator(
        task_id="athena", query="SELECT 1", database="db", output_location="s3://out/", max_tries=7, dag=dag
    ),
    AwsLambdaInvokeFunctionOperator(task_id="lambda", function_name="f", payload="{}", dag=dag),
    AwsBatchOperator(
        task_id="batch",
        job_name="b",
        job_queue="q",
        job_definition="d",
        overrides={"vcpus": 2},
        dag=dag,
    ),
    ECSOperator(
        task_id="ecs", cluster="c", task_definition="t", overrides={}, launch_type="FARGATE", dag=dag
    ),
    RedshiftSQLOperator(task_id="redshift", sql="SELECT 1", redshift_conn_id="dwh", dag=dag),
    SageMakerTrainingOperator(task_id="train", config={"TrainingJobName": "x"}, dag=dag),
    SQSPublishOperator(task_id="publish", sqs_queue="q", message_content="m", dag=dag),
    StepFunctionStartExecutionOperator(task_id="machine", state_machine_arn="arn:x", dag=dag),
    SQSSensor(task_id="receive", sqs_queue="q", dag=dag),
]
for first, second in zip(tasks, tasks[1:]):
    first >> second
