"""Airflow's own example DAGs: the function imports each, and finds the tasks that it is to run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import airflow.example_dags
import airflow.providers.standard
import pytest
from task_function import write_function

from converter.loading import load
from converter.operators import steps_of
from converter.packaging.task_code import runs_tasks

FOLDERS = (
    Path(airflow.example_dags.__path__[0]),
    Path(airflow.providers.standard.__path__[0]) / "example_dags",
)
TASK_IDS = """
import json, sys
sys.path.insert(0, sys.argv[1])
from dag2sfn_tasks import handler
loaded, structure = handler._dag()
print(json.dumps(list(loaded.dag.task_dict)))
"""


@pytest.mark.full
@pytest.mark.parametrize("folder", FOLDERS, ids=["airflow", "standard provider"])
def test_the_function_imports_airflows_examples_without_airflow(folder, tmp_path):
    imported = 0
    for workflow in load(folder):
        steps, _ = steps_of(workflow)
        if not runs_tasks(steps):
            continue
        function = write_function(workflow, tmp_path / workflow.dag_id)
        command = [sys.executable, "-I", "-S", "-c", TASK_IDS, str(function)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)
        assert done.returncode == 0, (workflow.dag_id, done.stderr[-2000:])
        made = set(json.loads(done.stdout.splitlines()[-1]))
        wanted = {task for task, step in steps.items() if step.resource == "arn:aws:states:::lambda:invoke"}
        assert wanted <= made, workflow.dag_id
        assert made <= {task.task_id for task in workflow.tasks}, workflow.dag_id
        imported += 1
    assert imported > 10
