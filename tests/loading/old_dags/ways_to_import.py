from datetime import datetime

import airflow.contrib.operators.ecs_operator as ecs
import airflow.operators.bash_operator
from airflow import DAG
from airflow.contrib.operators import sns_publish_operator
from airflow.operators.dummy_operator import *
from airflow.operators.python_operator import *
from airflow.utils import helpers

dag = DAG("ways_to_import", start_date=datetime(2018, 3, 1), schedule_interval="0 5 * * *")
helpers.chain(
    ecs.ECSOperator(task_id="ecs", cluster="c", task_definition="t", overrides={}, dag=dag),
    sns_publish_operator.SnsPublishOperator(task_id="sns", target_arn="arn:x", message="m", dag=dag),
    airflow.operators.bash_operator.BashOperator(task_id="shell", bash_command="date", dag=dag),
    PythonOperator(task_id="python", python_callable=print, dag=dag),
    DummyOperator(task_id="end", dag=dag),
)
