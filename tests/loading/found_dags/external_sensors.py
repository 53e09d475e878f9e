from datetime import datetime, timedelta
from airflow.models.dag import DAG
from airflow.sensors.external_task_sensor import ExternalTaskSensor, ExternalTaskMarker
from airflow.sensors.external_task import ExternalTaskSensor as ETS
from airflow.operators.dagrun_operator import TriggerDagRunOperator
from airflow.operators.trigger_dagrun import TriggerDagRunOperator as TDR
from airflow.operators.sensors import S3KeySensor, TimeDeltaSensor, SqlSensor, HttpSensor
from airflow.sensors.base_sensor_operator import BaseSensorOperator
from airflow.sensors.base import BaseSensorOperator as BSO, poke_mode_only
from airflow.sensors.python import PythonSensor
from airflow.sensors.date_time import DateTimeSensor
from airflow.sensors.s3_key_sensor import S3KeySensor as SKS
from airflow.sensors.filesystem import FileSensor
from airflow.contrib.sensors.file_sensor import FileSensor as FS
from airflow.sensors.time_sensor import TimeSensor
from airflow.utils.decorators import apply_defaults
from airflow.plugins_manager import AirflowPlugin
from airflow.sensors.sql import SqlSensor as SqlSensor2
from airflow.operators.latest_only_operator import LatestOnlyOperator


def conditionally_trigger(context, dag_run_obj):
    if context["params"]["condition_param"]:
        dag_run_obj.payload = {"message": "x"}
        return dag_run_obj


class MySensor(BaseSensorOperator):
    template_fields = ("thing",)
    ui_color = "#fff"

    @apply_defaults
    def __init__(self, thing, *args, **kwargs):
        super(MySensor, self).__init__(*args, **kwargs)
        self.thing = thing

    def poke(self, context):
        return True


class MyPlugin(AirflowPlugin):
    name = "my"
    operators = [MySensor]


with DAG("ext", "desc here", "@daily", datetime(2021, 1, 1), default_args={"depends_on_past": True}) as dag:
    x = ExternalTaskSensor(
        task_id="x",
        external_dag_id="other",
        external_task_id=None,
        execution_delta=timedelta(minutes=30),
        allowed_states=["success"],
        mode="reschedule",
        check_existence=True,
    )
    y = ETS(
        task_id="y",
        external_dag_id="other",
        external_task_ids=["a", "b"],
        execution_date_fn=lambda dt: dt,
        timeout=600,
        soft_fail=True,
    )
    t = TriggerDagRunOperator(
        task_id="t",
        trigger_dag_id="ext2",
        python_callable=conditionally_trigger,
        params={"condition_param": True},
    )
    t2 = TDR(
        task_id="t2",
        trigger_dag_id="ext3",
        conf={"a": "{{ ds }}"},
        execution_date="{{ execution_date }}",
        reset_dag_run=True,
        wait_for_completion=True,
        poke_interval=30,
    )
    s = SKS(task_id="s", bucket_key="s3://b/k", aws_conn_id="aws")
    f = FS(task_id="f", filepath="/tmp/x", fs_conn_id="fs")
    p = PythonSensor(task_id="p", python_callable=lambda: True, op_args=[])
    m = MySensor(task_id="m", thing="{{ ds }}")
    l = LatestOnlyOperator(task_id="l")
    [x, y] >> t >> t2
    s >> f >> p >> m
    l >> x
