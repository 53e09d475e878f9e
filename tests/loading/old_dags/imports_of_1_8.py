from datetime import datetime

from airflow import DAG
from airflow.operators import BashOperator, DummyOperator, PythonOperator
from airflow.operators.sensors import ExternalTaskSensor, S3KeySensor
from airflow.utils.helpers import chain
from airflow.utils.trigger_rule import TriggerRule

dag = DAG("imports_of_1_8", "From another age", "0 12 * * *", datetime(2016, 1, 1))
tasks = [
    ExternalTaskSensor(task_id="other", external_dag_id="first", external_task_id="last", dag=dag),
    S3KeySensor(task_id="key", bucket_key="s3://in/x", s3_conn_id="s3", dag=dag),
    BashOperator(task_id="shell", bash_command="date", dag=dag),
    PythonOperator(task_id="python", python_callable=print, dag=dag),
    DummyOperator(task_id="end", trigger_rule=TriggerRule.DUMMY, dag=dag),
]
chain(*tasks)
