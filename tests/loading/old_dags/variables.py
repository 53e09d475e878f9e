import json
from datetime import datetime

from airflow import DAG
from airflow.hooks.base_hook import BaseHook
from airflow.models import Variable
from airflow.models.variable import Variable as SameVariable
from airflow.operators.bash_operator import BashOperator
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator

ENVIRONMENT = Variable.get("environment")
CONFIG = Variable.get("pipeline_config", deserialize_json=True)
LIMITS = json.loads(SameVariable.get("limits"))
REGION = Variable.get("region", default_var="eu-central-1")
DATABASE = BaseHook.get_connection("warehouse")

with DAG(f"{ENVIRONMENT}_pipeline", start_date=datetime(2021, 1, 1), schedule_interval="@hourly") as dag:
    job = GlueJobOperator(
        task_id="job",
        job_name=f"{ENVIRONMENT}-clean",
        region_name=REGION,
        num_of_dpus=LIMITS["dpus"],
        script_args={"--bucket": CONFIG["bucket"], "--upper": ENVIRONMENT.upper()},
    )
    load = BashOperator(task_id=f"load_{ENVIRONMENT}", bash_command=f"load --host {DATABASE.host}")
    job >> load
