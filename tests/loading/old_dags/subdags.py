from datetime import datetime

from airflow.models import DAG
from airflow.operators.dummy_operator import DummyOperator
from airflow.operators.subdag_operator import SubDagOperator

ARGS = {"owner": "airflow", "start_date": datetime(2018, 1, 1)}


def subdag(parent, child, args):
    with DAG(dag_id=f"{parent}.{child}", default_args=args, schedule_interval="@daily") as inner:
        for i in range(3):
            DummyOperator(task_id=f"{child}-task-{i + 1}")
    return inner


dag = DAG(dag_id="subdags", default_args=ARGS, schedule_interval="@once")
start = DummyOperator(task_id="start", dag=dag)
section = SubDagOperator(task_id="section", subdag=subdag("subdags", "section", ARGS), dag=dag)
end = DummyOperator(task_id="end", dag=dag)
start >> section >> end
