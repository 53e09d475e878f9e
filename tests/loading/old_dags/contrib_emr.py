from airflow import DAG
from airflow.contrib.operators.emr_add_steps_operator import EmrAddStepsOperator
from airflow.contrib.operators.emr_create_job_flow_operator import EmrCreateJobFlowOperator
from airflow.contrib.operators.emr_terminate_job_flow_operator import EmrTerminateJobFlowOperator
from airflow.contrib.sensors.emr_step_sensor import EmrStepSensor
from airflow.utils.dates import days_ago

STEPS = [
    {"Name": "calculate_pi", "ActionOnFailure": "CONTINUE", "HadoopJarStep": {"Jar": "command-runner.jar"}}
]

with DAG("emr_job_flow", schedule_interval="0 3 * * *", start_date=days_ago(1)) as dag:
    create = EmrCreateJobFlowOperator(
        task_id="create_job_flow", job_flow_overrides={"Name": "PiCalc"}, aws_conn_id="aws_default"
    )
    add = EmrAddStepsOperator(
        task_id="add_steps",
        job_flow_id="{{ task_instance.xcom_pull('create_job_flow', key='return_value') }}",
        steps=STEPS,
    )
    watch = EmrStepSensor(
        task_id="watch_step",
        job_flow_id="{{ task_instance.xcom_pull('create_job_flow', key='return_value') }}",
        step_id="{{ task_instance.xcom_pull(task_ids='add_steps', key='return_value')[0] }}",
    )
    remove = EmrTerminateJobFlowOperator(
        task_id="remove_cluster", job_flow_id=create.output, trigger_rule="all_done"
    )
    create >> add >> watch >> remove
