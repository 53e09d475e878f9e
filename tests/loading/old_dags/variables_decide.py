from datetime import datetime

from airflow import DAG
from airflow.models import Variable
from airflow.operators.dummy_operator import DummyOperator

with DAG("variables_decide", start_date=datetime(2021, 1, 1), schedule_interval=None) as dag:
    start = DummyOperator(task_id="start", retries=int(Variable.get("retries")))
    for table in Variable.get("tables", deserialize_json=True):
        start >> DummyOperator(task_id=f"load_{table}")
    if Variable.get("environment") == "prod":
        start >> DummyOperator(task_id="notify")
