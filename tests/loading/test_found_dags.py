"""Files in the style of those that teams have: old and odd imports, all in one file. Each loads unedited.

The shapes are written by hand, from the files.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from converter.loading import load_readable

HERE = Path(__file__).parent
AIRFLOW_2 = os.environ.get("DAG2SFN_AIRFLOW_2_PYTHON", "")
WITH_AIRFLOW_2 = pytest.mark.skipif(not AIRFLOW_2, reason="no DAG2SFN_AIRFLOW_2_PYTHON")
PYTHONS = [
    pytest.param(sys.executable, id="this Airflow"),
    pytest.param(
        AIRFLOW_2,
        id="Airflow 2",
        marks=pytest.mark.skipif(not AIRFLOW_2, reason="no DAG2SFN_AIRFLOW_2_PYTHON"),
    ),
]
#: dag_id → task → upstream tasks.
SHAPES = {
    "emr_jobflow_xcom": {
        "create_job_flow": (),
        "add_steps": ("create_job_flow",),
        "watch_step": ("add_steps",),
        "remove": ("watch_step",),
    },
    "nyc_taxi": {
        "wait": (),
        "glue.crawl": ("wait",),
        "glue.job": ("glue.crawl",),
        "load": ("glue.job", "secret"),
        "check": ("load",),
        "secret": (),
        "pandas": ("check",),
    },
    "dyn_a": {"start": (), "x": ("start",), "y": ("x",)},
    "dyn_b": {"start": (), "z": ("start",)},
    "ecs_k8s": {
        "ecs": (),
        "pod": ("ecs",),
        "pod2": ("ecs",),
        "eks": ("pod", "pod2"),
        "d0": ("eks",),
        "d1": ("eks",),
        "d2": ("eks",),
    },
    "slack_cb": {
        "choose": (),
        "a": ("choose",),
        "b": ("choose",),
        "c": ("choose",),
        "v": ("a", "b", "c"),
    },
    "ext": {
        "x": ("l",),
        "y": (),
        "t": ("x", "y"),
        "t2": ("t",),
        "s": (),
        "f": ("s",),
        "p": ("f",),
        "m": ("p",),
        "l": (),
    },
    "mwaa_maintenance": {f"cleanup_{number}": () for number in range(7)},
    "sagemaker-ml-pipeline": {
        "start": (),
        "preprocessing": ("start",),
        "branching": ("preprocessing",),
        "model_training": ("branching",),
        "model_tuning": ("branching",),
        "batch_transform": ("model_training", "model_tuning"),
        "cleaning_up": ("batch_transform",),
    },
    "udac_example_dag": {
        "Begin_execution": (),
        "Stage_events": ("Begin_execution",),
        "fact": ("Stage_events",),
        "sub": ("Begin_execution",),
        "load_u": ("fact",),
        "load_s": ("fact",),
        "dq": ("load_u", "load_s"),
    },
    "net": {"load_a": (), "load_b": ()},
}


@pytest.mark.full
@pytest.mark.parametrize("python", PYTHONS)
def test_every_file_loads_unedited_and_keeps_its_shape(python, monkeypatch):
    monkeypatch.chdir(HERE)
    workflows, problems = load_readable(Path("found_dags"), python=python)
    assert problems == ()
    found = {flow.dag_id: {task.task_id: set(task.upstream) for task in flow.tasks} for flow in workflows}
    assert {name: found[name] for name in SHAPES} == {
        name: {task: set(upstream) for task, upstream in tasks.items()} for name, tasks in SHAPES.items()
    }
    # What is known by its name alone stands where it is in the DAG.
    assert {"retail", "mapped"} <= found.keys()
