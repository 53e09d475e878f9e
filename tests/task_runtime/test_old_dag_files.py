"""DAG files as they were written for Airflow 1.10 and 2, imported by the function."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.full  # minutes on the real local AWS

AIRFLOW_1 = """
    from datetime import datetime, timedelta
    import airflow
    from airflow import DAG
    from airflow.models import Variable
    from airflow.operators.dummy_operator import DummyOperator
    from airflow.operators.python_operator import BranchPythonOperator, PythonOperator
    from airflow.operators.bash_operator import BashOperator
    from airflow.operators.subdag_operator import SubDagOperator
    from airflow.contrib.operators.emr_create_job_flow_operator import EmrCreateJobFlowOperator
    from airflow.contrib.sensors.aws_glue_catalog_partition_sensor import AwsGlueCatalogPartitionSensor
    from airflow.hooks.base_hook import BaseHook
    from airflow.hooks.postgres_hook import PostgresHook
    from airflow.utils.dates import days_ago
    from airflow.utils.decorators import apply_defaults
    from airflow.utils.trigger_rule import TriggerRule
    from airflow.utils.db import provide_session
    from airflow.plugins_manager import AirflowPlugin
    from airflow.configuration import conf
    from airflow.exceptions import AirflowException, AirflowSomethingOld
    import boto3_stand_in_that_is_missing as missing

    CONNECTION = BaseHook.get_connection("warehouse").password
    FOLDER = conf.get("core", "dags_folder")

    class Mine(BashOperator):
        template_fields = ("bash_command", "extra")
        @apply_defaults
        def __init__(self, extra, *args, **kwargs):
            super(Mine, self).__init__(*args, **kwargs)
            self.extra = extra

    class MyPlugin(AirflowPlugin):
        name = "mine"

    class MyHook(PostgresHook):
        conn_name_attr = "x"

    @provide_session
    def old(ds, session=None, **context):
        try:
            raise AirflowSomethingOld("x")
        except AirflowException:
            return "{}/{}".format(ds, context["task_instance"].task_id)

    default_args = {"owner": "me", "start_date": days_ago(2), "provide_context": True, "extra": 5}
    dag = DAG(
        "etl", "an old one", schedule_interval=timedelta(days=1), default_args=default_args, concurrency=3,
        default_view="graph", on_failure_callback=missing.alert("x"),
    )
    start = DummyOperator(task_id="start", dag=dag, trigger_rule=TriggerRule.ALL_DONE)
    start.trigger_rule = "all_done"
    t = PythonOperator(task_id="t", python_callable=old, provide_context=True, dag=dag)
    branch = BranchPythonOperator(task_id="branch", python_callable=lambda **kw: "t", dag=dag)
    mine = Mine(task_id="mine", bash_command="echo {{ task.extra }}", dag=dag)
    cluster = EmrCreateJobFlowOperator(task_id="cluster", aws_conn_id=CONNECTION, dag=dag)
    sensor = AwsGlueCatalogPartitionSensor(task_id="sensor", dag=dag)
    sub = SubDagOperator(task_id="sub", subdag=DAG("etl.sub", default_args=default_args), dag=dag)
    start >> [t, mine] >> branch
    [cluster, sensor] >> sub
    start.set_downstream([cluster, sensor])
    branch << cluster
    for i in range(2):
        globals()["loop_%d" % i] = PythonOperator(task_id="loop_%d" % i, python_callable=old, dag=dag)
        globals()["loop_%d" % i].doc_md = __doc__
    dag.doc_md = __doc__
    if airflow.__version__.startswith("1"):
        raise ValueError
"""
AIRFLOW_2 = """
    from __future__ import annotations
    from typing import TYPE_CHECKING, Any
    import pendulum
    from airflow.decorators import dag, task, task_group, setup, teardown
    from airflow.models.baseoperator import chain, cross_downstream
    from airflow.models.param import Param
    from airflow.datasets import Dataset
    from airflow.operators.empty import EmptyOperator
    from airflow.operators.trigger_dagrun import TriggerDagRunOperator
    from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
    from airflow.providers.amazon.aws.sensors.s3 import S3KeySensor
    from airflow.sensors.external_task import ExternalTaskSensor
    from airflow.timetables.interval import CronDataIntervalTimetable
    from airflow.utils.edgemodifier import Label
    from airflow.utils.task_group import TaskGroup
    if TYPE_CHECKING:
        from airflow.utils.context import Context

    DATA = Dataset("s3://bucket/key")

    @dag(
        dag_id="etl",
        start_date=pendulum.datetime(2024, 1, 1, tz="UTC"),
        timetable=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"),
        params={"size": Param(3, type="integer")},
        default_args={"retries": 2},
    )
    def pipeline(word: str = "default"):
        @task
        def t(ds: str | None = None, word=None) -> dict[str, Any]:
            return {"ds": ds, "word": word}

        @task.virtualenv(requirements=["pandas"])
        def elsewhere():
            ...

        @task.sensor(poke_interval=5)
        def waits():
            ...

        @setup
        def prepare():
            return "ready"

        @teardown
        def clean():
            ...

        @task_group(group_id="grouped", default_args={"retries": 0})
        def group(items):
            @task
            def each(items):
                return items
            return each(items)

        first = t(word=word)
        glue = GlueJobOperator.partial(task_id="glue", job_name="j").expand(script_args=[{"a": "1"}])
        mapped = t.override(task_id="mapped").partial(word="x").expand(ds=["1", "2"])
        key = S3KeySensor(task_id="key", bucket_key="s3://b/{{ ds }}", deferrable=True)
        with TaskGroup("outer", tooltip="x") as outer:
            EmptyOperator(task_id="e1") >> Label("then") >> EmptyOperator(task_id="e2")
            group(["a"])
        chain(first, [glue, mapped], [key, outer], elsewhere())
        cross_downstream([waits()], [key])
        TriggerDagRunOperator(task_id="other", trigger_dag_id="x", conf={"rows": first["ds"]}) << outer
        with prepare() >> clean().as_teardown(setups=prepare.override(task_id="again")()):
            EmptyOperator(task_id="inside", outlets=[DATA])
        hour = pendulum.duration(hours=1)
        ExternalTaskSensor(task_id="external", external_dag_id="y", execution_delta=hour)

    pipeline("given")
"""


def event(task_id):
    run = {"run_id": "r", "logical_date": "2024-03-01T00:00:00+00:00"}
    return {"task_id": task_id, "map_index": -1, "try_number": 1, "run": run, "xcom": {}}


@pytest.mark.parametrize("task_id", ["t", "loop_0", "loop_1"])
def test_a_file_of_airflow_1_10_is_imported_and_its_python_tasks_run(function_of, task_id):
    assert function_of(AIRFLOW_1)(event(task_id))["return_value"] == f"2024-03-01/{task_id}"


def test_a_subclass_of_a_bash_operator_gets_its_arguments_from_default_args(function_of):
    function = function_of(AIRFLOW_1.replace("{{ task.extra }}", "fixed"))
    assert function(event("mine"))["return_value"] == "fixed"


def test_a_branch_of_airflow_1_10_follows_what_it_chooses(function_of):
    function = function_of(AIRFLOW_1, downstream={"branch": ["t", "start"], "t": [], "start": []})
    assert function(event("branch"))["skip"] == ["start"]


def test_a_file_of_airflow_2_is_imported_and_its_python_tasks_run(function_of):
    function = function_of(AIRFLOW_2)
    answer = function(event("t"))
    # Annotated as a dict: each key is an XCom of its own, too.
    assert answer["return_value"] == {"ds": "2024-03-01", "word": "given"}
    assert answer["xcom"] == {"ds": "2024-03-01", "word": "given"}
    assert function(event("prepare"))["return_value"] == "ready"
    assert function(event("again"))["return_value"] == "ready"
    assert function(event("outer.grouped.each"))["return_value"] == ["a"]


@pytest.mark.parametrize("task_id", ["elsewhere", "key"])
def test_a_task_that_cannot_run_in_the_function_says_so(function_of, task_id):
    answer = function_of(AIRFLOW_2)(event(task_id))
    assert answer["error"] == "AirflowException"
    assert "is not run in Lambda" in answer["message"]
