from datetime import datetime

from airflow.models import DAG
from airflow.operators.python_operator import BranchPythonOperator, PythonOperator, ShortCircuitOperator


def choose(**context):
    return "left" if context["execution_date"].day % 2 else "right"


def work(ds, **kwargs):
    return ds


with DAG(
    dag_id="python_context",
    start_date=datetime(2019, 1, 1),
    schedule_interval="0 6 * * 1-5",
    catchup=False,
    concurrency=4,
    default_view="graph",
    orientation="LR",
) as dag:
    check = ShortCircuitOperator(task_id="check", python_callable=lambda: True)
    branch = BranchPythonOperator(task_id="branch", python_callable=choose, provide_context=True)
    left = PythonOperator(task_id="left", python_callable=work, provide_context=True, op_kwargs={"n": 1})
    right = PythonOperator(task_id="right", python_callable=work, provide_context=True, task_concurrency=2)
    join = PythonOperator(task_id="join", python_callable=work, trigger_rule="none_failed_or_skipped")
    check >> branch >> [left, right] >> join
