from datetime import datetime

from airflow import DAG
from airflow.operators.dummy_operator import DummyOperator

DEPENDENCIES = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}


def make(dag_id, schedule):
    dag = DAG(dag_id, schedule_interval=schedule, start_date=datetime(2020, 1, 1), max_active_runs=1)
    made = {name: DummyOperator(task_id=name, dag=dag) for name in DEPENDENCIES}
    for name, upstream in DEPENDENCIES.items():
        made[name].set_upstream([made[other] for other in upstream])
    made["d"].trigger_rule = "none_failed_or_skipped"
    return dag


for source, hour in {"orders": 1, "clicks": 2}.items():
    globals()[f"load_{source}"] = make(f"load_{source}", f"0 {hour} * * *")
