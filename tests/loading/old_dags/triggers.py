from airflow import DAG
from airflow.operators.dagrun_operator import TriggerDagRunOperator
from airflow.operators.latest_only_operator import LatestOnlyOperator
from airflow.sensors.external_task_sensor import ExternalTaskSensor
from airflow.sensors.time_delta_sensor import TimeDeltaSensor
from airflow.utils import dates
from airflow.utils.dates import timedelta  # noqa: F401 - as the files of 1.10 had it

with DAG("triggers", start_date=dates.days_ago(3), schedule_interval="0 0 1 * *", catchup=False) as dag:
    latest = LatestOnlyOperator(task_id="latest")
    wait = TimeDeltaSensor(task_id="wait", delta=timedelta(minutes=10))
    upstream = ExternalTaskSensor(
        task_id="upstream", external_dag_id="other", external_task_id=None, allowed_states=["success"]
    )
    go = TriggerDagRunOperator(
        task_id="go", trigger_dag_id="next", execution_date="{{ execution_date }}", conf={"day": "{{ ds }}"}
    )
    latest >> wait >> upstream >> go
