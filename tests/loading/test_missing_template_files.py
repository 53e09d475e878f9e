"""Files of templates that are not there: in Airflow the task fails, and their name is no query."""

import textwrap

from converter.asl.options import Options
from converter.loading import load
from converter.pipeline import convert

TEXT = """
from datetime import datetime
from airflow import DAG
from airflow.operators.bash_operator import BashOperator
from airflow.providers.amazon.aws.operators.athena import AWSAthenaOperator
from airflow.providers.amazon.aws.operators.redshift_data import RedshiftDataOperator
from airflow.providers.postgres.operators.postgres import PostgresOperator

WHERE = {"database": "d", "workgroup_name": "w"}
ATHENA = {"database": "d", "output_location": "s3://b/out"}
with DAG("files", start_date=datetime(2020, 1, 1), schedule_interval=None, template_searchpath=["/nowhere"]):
    RedshiftDataOperator(task_id="redshift", sql="/scripts/move.sql", **WHERE)
    RedshiftDataOperator(task_id="several", sql=["SELECT 1", "more.sql"], **WHERE)
    AWSAthenaOperator(task_id="athena", query="sql/{{ ds }}.sql", **ATHENA)
    PostgresOperator(task_id="postgres", sql="load.sql", postgres_conn_id="redshift")
    AWSAthenaOperator(task_id="found", query="here.sql", **ATHENA)
    BashOperator(task_id="bash", bash_command="./run.sh ")
"""


def test_their_names_are_refused_where_the_text_should_be(tmp_path):
    (tmp_path / "files.py").write_text(textwrap.dedent(TEXT))
    (tmp_path / "here.sql").write_text("SELECT '{{ params.x }}.sql' AS name")
    (workflow,) = load(tmp_path / "files.py")
    assert workflow.task("found").arguments["query"] == "SELECT '{{ params.x }}.sql' AS name"
    found = [item for item in convert(workflow, Options()).diagnostics if item.code.id == "D203"]
    assert {item.task_id: item.problem.partition(": ")[2] for item in found} == {
        "redshift": "argument 'sql' is the file /scripts/move.sql, which is not found",
        "several": "argument 'sql' is the file more.sql, which is not found",
        "athena": "argument 'query' is the file sql/{{ ds }}.sql, which is not found",
        "postgres": "argument 'sql' is the file load.sql, which is not found",
    }
