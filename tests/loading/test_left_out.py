from pathlib import Path

from converter.loading import load

DAG_FILE = """
import sys

LOADED_BEFORE = sorted(name for name in sys.modules if name.partition(".")[0] == "libcst")

import libcst
from airflow.sdk import DAG, task

PARAMS = {"before": LOADED_BEFORE, "code": libcst.parse_module("x = 1").code}

with DAG("rewritten", schedule=None, params=PARAMS):

    @task.virtualenv(requirements=["numpy"])
    def count():
        return 1

    count()
"""


def test_what_airflow_imports_in_vain_is_there_for_a_dag_file_that_imports_it(tmp_path: Path) -> None:
    (tmp_path / "rewritten.py").write_text(DAG_FILE)
    (workflow,) = load(tmp_path / "rewritten.py")
    assert workflow.params == {"before": [], "code": "x = 1"}
    assert [task.task_id for task in workflow.tasks] == ["count"]
