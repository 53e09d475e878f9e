"""
Database cleanup in MWAA
"""

from airflow import DAG
from airflow.models import (
    DAG as D2,
    DagRun,
    DagTag,
    Log,
    XCom,
    SlaMiss,
    TaskReschedule,
    TaskInstance,
    Variable,
    ImportError,
    TaskFail,
)
from airflow.jobs.base_job import BaseJob
from airflow.models.dagpickle import DagPickle
from airflow.operators.python import PythonOperator
from airflow.operators.bash import BashOperator
from airflow.settings import Session
from airflow import settings
from airflow.utils import timezone
from airflow.configuration import conf
from airflow.version import version as airflow_version
from airflow.utils.db import provide_session
from sqlalchemy import and_, func, text
from sqlalchemy.orm import load_only
import dateutil.parser
from datetime import datetime, timedelta, timezone as tz
from croniter import croniter
import logging, os, sys, socket, requests
import jinja2

now = timezone.utcnow
BASE_LOG_FOLDER = conf.get("logging", "BASE_LOG_FOLDER").rstrip("/")
MAX_AGE = int(Variable.get("maintenance_max_age", 30))
ENABLE_DELETE = Variable.get("enable_delete", default_var="True").lower() == "true"
OBJECTS = [
    [BaseJob, BaseJob.latest_heartbeat],
    [DagRun, DagRun.execution_date],
    [TaskInstance, TaskInstance.execution_date],
    [Log, Log.dttm],
    [XCom, XCom.execution_date],
    [SlaMiss, SlaMiss.execution_date],
    [TaskReschedule, TaskReschedule.execution_date],
]
DATABASE_OBJECTS = [
    {"airflow_db_model": BaseJob, "age_check_column": BaseJob.latest_heartbeat, "keep_last": False}
]
if airflow_version < "2.2":
    from airflow.models import RenderedTaskInstanceFields


def cleanup(**kwargs):
    session = settings.Session()
    for x in OBJECTS:
        session.query(x[0]).filter(x[1] <= now() - timedelta(days=MAX_AGE)).delete(synchronize_session=False)
    session.commit()


with DAG(
    dag_id=os.path.basename(__file__).replace(".pyc", "").replace(".py", ""),
    start_date=datetime(2020, 1, 1),
    schedule_interval="@weekly",
    catchup=False,
) as dag:
    if hasattr(dag, "doc_md"):
        dag.doc_md = __doc__
    if hasattr(dag, "catchup"):
        dag.catchup = False
    for i, obj in enumerate(OBJECTS):
        PythonOperator(
            task_id="cleanup_" + str(i),
            python_callable=cleanup,
            params=dict(name=str(obj[0])),
            provide_context=True,
            dag=dag,
        )
