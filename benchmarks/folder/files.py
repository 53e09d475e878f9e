"""Writes DAG files as teams have them: Glue jobs, Python and Bash tasks, fan-in; each with one DAG."""

from __future__ import annotations

from pathlib import Path

_HEAD = """\
from datetime import datetime, timedelta

from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, task

ARGS = {"owner": "data", "retries": 2, "retry_delay": timedelta(minutes=5)}
"""
_KINDS = (
    """
with DAG("NAME", schedule="0 3 * * *", start_date=datetime(2024, 1, 1), default_args=ARGS, tags=["etl"]):
    start = EmptyOperator(task_id="start")
    jobs = [GlueJobOperator(task_id=f"job_{n}", job_name=f"NAME_{n}", script_args={"--day": "{{ ds }}"})
            for n in range(4)]
    start >> jobs
    jobs[:2] >> GlueJobOperator(task_id="left", job_name="left")
    jobs[1:] >> GlueJobOperator(task_id="right", job_name="right")
""",
    """
def extract(ds=None, **context):
    return {"day": ds, "rows": 3}


def load(ti=None):
    print(ti.xcom_pull(task_ids="extract"))


with DAG("NAME", schedule=None, start_date=datetime(2024, 1, 1), default_args=ARGS):
    first = PythonOperator(task_id="extract", python_callable=extract)
    first >> BashOperator(task_id="say", bash_command="echo {{ ds }}") >> PythonOperator(
        task_id="load", python_callable=load)
""",
    """
with DAG("NAME", schedule="@hourly", start_date=datetime(2024, 1, 1), default_args=ARGS) as dag:

    @task
    def names():
        return ["a", "b"]

    @task
    def count(values):
        return len(values)

    done = EmptyOperator(task_id="done", trigger_rule="all_done")
    count(names()) >> GlueJobOperator(task_id="job", job_name="NAME", script_args={"--n": "{{ params.n }}"},
                                      params={"n": 3}) >> done
""",
)


def write_files(folder: Path, number: int) -> None:
    """Write so many files, each with a DAG of its own."""
    folder.mkdir(parents=True)
    for index in range(number):
        name = f"dag_{index:03}"
        (folder / f"{name}.py").write_text(_HEAD + _KINDS[index % len(_KINDS)].replace("NAME", name))
