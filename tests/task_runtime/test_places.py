"""Files that a DAG file names by their path on Airflow's machines: packaged, and read by the function."""

from pathlib import Path

import pytest
from task_function import Function, write_function

from converter.loading import load

FILE = """\
import json, os
from pathlib import Path
import yaml
from airflow import DAG
from airflow.operators.python import PythonOperator

DAGS = "/opt/airflow/dags"
HOME = os.environ["AIRFLOW_HOME"]
with open(f"{DAGS}/conf/tables.json") as file:
    TABLES = json.load(file)
QUERY = Path("/usr/local/airflow/include/query.sql").read_text()
OWN = sorted(name for name in os.listdir(os.path.join(HOME, "dags", "conf")))


def told():
    later = [open(os.path.join(DAGS, "conf", name)).read() for name in OWN]
    return [TABLES, QUERY, OWN, later, os.path.exists("/opt/airflow/dags/conf/none")]


with DAG("d", schedule=None):
    for table in TABLES:
        PythonOperator(task_id=table, python_callable=told)
"""


@pytest.fixture
def project(tmp_path):
    for name, text in {
        "dags/team/d.py": FILE,
        "dags/conf/tables.json": '["orders"]',
        "include/query.sql": "SELECT 1",
        "include/.secret": "",
        "requirements.txt": "",
    }.items():
        (tmp_path / "project" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "project" / name).write_text(text)
    return tmp_path / "project"


@pytest.mark.parametrize("given", ["project", pytest.param("project/dags/team/d.py", marks=pytest.mark.full)])
def test_the_function_reads_them_where_they_are_packaged(project, tmp_path, given, monkeypatch):
    monkeypatch.chdir(project.parent)
    (workflow,) = load(Path(given))
    folder = write_function(workflow, tmp_path / "function")
    packaged = {file.relative_to(folder).as_posix() for file in (folder / "dags").rglob("*.*")}
    function = Function(folder)
    try:
        answer = function({"task_id": "orders", "run": {"run_id": "r"}})
    finally:
        function.close()
    assert answer["return_value"] == [["orders"], "SELECT 1", ["tables.json"], ['["orders"]'], False]
    assert packaged == {"dags/dags/team/d.py", "dags/dags/conf/tables.json", "dags/include/query.sql"}
