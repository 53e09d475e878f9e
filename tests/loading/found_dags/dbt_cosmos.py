from cosmos import DbtDag, DbtTaskGroup, ProjectConfig, ProfileConfig, ExecutionConfig, RenderConfig
from cosmos.profiles import PostgresUserPasswordProfileMapping
from airflow_dbt.operators.dbt_operator import DbtSeedOperator, DbtRunOperator
from airflow_dbt_python.operators.dbt import DbtTestOperator
from airflow.decorators import dag, task, task_group
from airflow.models.baseoperator import chain
from astro import sql as aql
from astro.files import File
from astro.sql.table import Table, Metadata
from include.helpers import utils
from plugins.operators.custom import CustomOperator
from dags.common import settings as st
from great_expectations_provider.operators.great_expectations import GreatExpectationsOperator
from soda.scan import Scan
from pendulum import datetime

profile = ProfileConfig(
    profile_name="default",
    target_name="dev",
    profile_mapping=PostgresUserPasswordProfileMapping(conn_id="x", profile_args={"schema": "public"}),
)
my_cosmos_dag = DbtDag(
    project_config=ProjectConfig("/usr/local/airflow/dags/dbt/jaffle"),
    profile_config=profile,
    schedule_interval="@daily",
    start_date=datetime(2023, 1, 1),
    dag_id="cosmos_dag",
)


@aql.transform
def top(t: Table):
    return "select * from {{ t }}"


@dag(schedule="@daily", start_date=datetime(2023, 1, 1), catchup=False, tags=["x"])
def retail():
    up = CustomOperator(task_id="up", src=utils.path("x"), bucket=st.BUCKET)

    @task.external_python(python="/usr/local/airflow/soda_venv/bin/python")
    def check_load(scan_name="x"):
        return 1

    tg = DbtTaskGroup(group_id="transform", project_config=ProjectConfig("x"), profile_config=profile)
    ld = aql.load_file(task_id="ld", input_file=File("s3://x"), output_table=Table(name="t", conn_id="c"))
    run = DbtRunOperator(task_id="dbt_run", dir="/x", profiles_dir="/y")
    ge = GreatExpectationsOperator(task_id="ge", data_context_root_dir="x", checkpoint_name="c")
    r = top(ld)
    chain(up, ld, check_load(), tg, run, ge)
    up >> r


retail()
