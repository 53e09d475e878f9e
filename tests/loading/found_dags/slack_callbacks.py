from airflow import DAG
from airflow.contrib.operators.slack_webhook_operator import SlackWebhookOperator
from airflow.providers.slack.operators.slack_webhook import SlackWebhookOperator as SWO
from airflow.providers.slack.notifications.slack import send_slack_notification
from airflow.providers.amazon.aws.notifications.sns import send_sns_notification
from airflow.operators.email_operator import EmailOperator
from airflow.operators.email import EmailOperator as E2
from airflow.utils.email import send_email
from airflow.hooks.S3_hook import S3Hook
from airflow.providers.amazon.aws.hooks.s3 import S3Hook as S3H
from airflow.operators.python import (
    PythonOperator,
    BranchPythonOperator,
    ShortCircuitOperator,
    PythonVirtualenvOperator,
    get_current_context,
)
from airflow.exceptions import AirflowSkipException, AirflowException, AirflowFailException
from airflow.models import DagRun, TaskInstance, XCom, DagModel, BaseOperator
from airflow.utils.state import State, DagRunState
from airflow.utils.session import provide_session, create_session
from airflow.api.common.experimental.trigger_dag import trigger_dag
from sqlalchemy import func
from datetime import datetime, timedelta
import pendulum

local_tz = pendulum.timezone("America/New_York")


def on_failure(context):
    return SlackWebhookOperator(
        task_id="slack", http_conn_id="slack", message=str(context["exception"]), username="airflow"
    ).execute(context=context)


@provide_session
def cleanup_xcom(context, session=None):
    session.query(XCom).filter(XCom.dag_id == context["ti"]["dag_id"]).delete()


def get_most_recent_dag_run(dt):
    runs = DagRun.find(dag_id="other")
    runs.sort(key=lambda x: x.execution_date, reverse=True)
    return runs[0].execution_date if runs else dt


args = {
    "owner": "o",
    "start_date": datetime(2022, 1, 1, tzinfo=local_tz),
    "on_failure_callback": on_failure,
    "retries": 3,
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(hours=1),
    "pool": "p",
    "priority_weight": 10,
    "weight_rule": "absolute",
    "queue": "q",
    "run_as_user": "u",
    "task_concurrency": 1,
    "wait_for_downstream": False,
}
dag = DAG(
    "slack_cb",
    default_args=args,
    schedule_interval=timedelta(days=1),
    on_success_callback=cleanup_xcom,
    sla_miss_callback=on_failure,
    template_searchpath=["/usr/local/airflow/include"],
    user_defined_macros={"x": lambda d: d},
    render_template_as_native_obj=True,
    is_paused_upon_creation=True,
    access_control={"role": {"can_dag_read"}},
    jinja_environment_kwargs={"extensions": []},
)


def choose(ti, **kw):
    return ["a", "b"] if ti.xcom_pull(task_ids="x") else "c"


br = BranchPythonOperator(task_id="choose", python_callable=choose, dag=dag)
mail = EmailOperator(
    task_id="a", to="x@y.z", subject="{{ dag.dag_id }}", html_content="<b>{{ run_id }}</b>", dag=dag
)
b = PythonOperator(task_id="b", python_callable=lambda: S3Hook("aws").list_keys("b"), dag=dag)
c = E2(task_id="c", to=["x"], subject="s", html_content="h", dag=dag)
v = PythonVirtualenvOperator(
    task_id="v", python_callable=print, requirements=["pandas==1.0"], system_site_packages=False, dag=dag
)
br >> [mail, b, c] >> v
