"""Folders that a DAG file adds to Python's path: what they name, and that the function finds them."""

import textwrap

import pytest
from task_function import Function, write_function

from converter.asl.options import Options
from converter.loading import load
from converter.pipeline import convert
from converter.task_runtime.added_folders import added_folders
from converter.task_runtime.local_modules import search_folders


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("sys.path.append(os.path.join(os.path.dirname(__file__), 'lib'))", ["dags/lib"]),
        ("sys.path.insert(0, str(Path(__file__).parent / 'lib' / 'deep'))", ["dags/lib/deep"]),
        ("sys.path.append(os.path.dirname(__file__) + '/../common')", ["common"]),
        (
            "HERE = '/opt/airflow/dags'\nsys.path += [f'{HERE}/lib', HERE + '/lib/deep']",
            ["dags/lib", "dags/lib/deep"],
        ),
        ("sys.path.extend(('/usr/local/airflow/common', 'lib'))", ["common", "dags/lib"]),
        ("sys.path.append(os.environ['AIRFLOW_HOME'] + '/dags/lib')", ["dags/lib"]),
        ("if True:\n    def f():\n        sys.path.append('lib')", ["dags/lib"]),
        # What is beside the file is looked at anyway.
        ("sys.path.append(os.path.dirname(__file__))", []),
        ("sys.path.append('/opt/airflow/dags')", []),
        ("sys.path.append('none')\npaths.append('lib')\nsys.path.remove('lib')\nsys.path.append()", []),
        ("a = b = a\nsys.path.append(a)", []),
        ("sys.path.append('lib'", []),
    ],
)
def test_what_a_file_adds(tmp_path, source, named):
    (tmp_path / "dags/lib/deep").mkdir(parents=True)
    (tmp_path / "common").mkdir()
    file = tmp_path / "dags/etl.py"
    file.write_text(f"import os, sys\n{source}\n")
    found = added_folders(file, search_folders(tmp_path / "dags/other.py"))
    assert [folder.relative_to(tmp_path).as_posix() for folder in found] == named


FILE = """\
import os, sys
from airflow import DAG
from airflow.operators.python import PythonOperator
sys.path.append(os.path.join(os.path.dirname(__file__), "lib"))
sys.path.append("/opt/airflow/common")
from helpers import doubled
from shared import ONE


def told(n):
    return doubled(n) + ONE


with DAG("d", schedule=None):
    PythonOperator(task_id="direct", python_callable=doubled, op_args=[4])
    PythonOperator(task_id="through", python_callable=told, op_args=[4])
"""


def test_the_function_imports_from_them(tmp_path):
    for name, text in {
        "env/dags/d.py": FILE,
        "env/dags/lib/helpers.py": "from deeper import FACTOR\ndef doubled(n):\n    return n * FACTOR",
        "env/dags/lib/deeper.py": "FACTOR = 2",
        "env/common/shared.py": "ONE = 1",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(textwrap.dedent(text))
    (workflow,) = load(tmp_path / "env" / "dags")
    conversion = convert(workflow, Options())
    # No module counts as one that is not installed (D265).
    assert {item.code.id for item in conversion.diagnostics} == {"D144", "D262"}
    function = Function(write_function(workflow, tmp_path / "function"))
    try:
        run = {"run_id": "r"}
        assert function({"task_id": "direct", "run": run})["return_value"] == 8
        assert function({"task_id": "through", "run": run})["return_value"] == 9
    finally:
        function.close()
