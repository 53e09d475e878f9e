"""Tasks that use an environment's plugins: they are packaged, and the function finds them."""

import zipfile

import pytest
from task_function import Function, write_function

from converter.asl.options import Options
from converter.loading import load
from converter.pipeline import convert

FILE = """\
from airflow import DAG
from airflow.operators.python import PythonOperator
from company.operators import Counted
from company import helpers
import flat


def told(n):
    return helpers.doubled(n) + flat.ONE


with DAG("d", schedule=None):
    PythonOperator(task_id="direct", python_callable=helpers.doubled, op_args=[4])
    PythonOperator(task_id="through", python_callable=told, op_args=[4])
    Counted(task_id="own", table="orders")
"""
PLUGINS = {
    "company/__init__.py": "",
    "company/helpers.py": """\
from pathlib import Path
from airflow.exceptions import AirflowSkipException
from company.deeper import FACTOR

def doubled(n):
    if n > 100:
        raise AirflowSkipException("too many")
    return n * FACTOR * int(Path(__file__).with_name("data.txt").read_text())
""",
    "company/deeper.py": "FACTOR = 2",
    "company/data.txt": "1",
    "company/unused.py": "raise SystemExit",
    "company/operators.py": """\
from airflow.models import BaseOperator
from company.helpers import doubled

class Counted(BaseOperator):
    def __init__(self, table, **kwargs):
        super().__init__(**kwargs)
        self.table = table

    def execute(self, context):
        return [self.table, doubled(1)]
""",
    "flat.py": "ONE = 1",
}


def folder(environment):
    for name, text in PLUGINS.items():
        (environment / "plugins" / name).parent.mkdir(parents=True, exist_ok=True)
        (environment / "plugins" / name).write_text(text)


def archive(environment):
    with zipfile.ZipFile(environment / "plugins.zip", "w") as packed:
        for name, text in PLUGINS.items():
            packed.writestr(name, text)


@pytest.mark.parametrize("give_plugins", [folder, pytest.param(archive, marks=pytest.mark.full)])
def test_the_function_imports_them_as_airflow_does(tmp_path, give_plugins):
    (tmp_path / "env/dags/team").mkdir(parents=True)
    (tmp_path / "env/dags/team/d.py").write_text(FILE)
    give_plugins(tmp_path / "env")
    (workflow,) = load(tmp_path / "env")
    conversion = convert(workflow, Options())
    assert not conversion.refused
    assert [conversion.steps[name].can_skip for name in ("direct", "through")] == [True, True]
    written = write_function(workflow, tmp_path / "function")
    files = {file.relative_to(written).as_posix() for file in written.rglob("*.*")}
    assert {name for name in files if name.startswith(("dags", "plugins"))} == {
        "dags/d.py",
        *(f"plugins/{name}" for name in PLUGINS if "unused" not in name),
    }
    function = Function(written)
    try:
        run = {"run_id": "r"}
        assert function({"task_id": "direct", "run": run})["return_value"] == 8
        assert function({"task_id": "through", "run": run})["return_value"] == 9
        assert function({"task_id": "own", "run": run})["return_value"] == ["orders", 2]
    finally:
        function.close()
