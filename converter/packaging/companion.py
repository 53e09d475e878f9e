"""The companion DAG: a DAG of Airflow that runs the state machine of a converted one."""

from __future__ import annotations

import math

from converter.identity import companion_id
from converter.workflow import Opaque, Value, Workflow


def companion_file(workflow: Workflow) -> tuple[str, str]:
    """Return the name and the text of the DAG file; it loads in Airflow 2.10 and later, and in 3.

    Params come along with their defaults, where these are plain values: the machine fills in the others.
    """
    dag_id = companion_id(workflow.dag_id)
    params = {name: value for name, value in workflow.params.items() if _is_plain(value)}
    text = f'''"""Runs the DAG {workflow.dag_id!r} on AWS Step Functions.

Written by `dag2sfn convert --companion`: convert the DAG again rather than edit this file.
"""

from dag2sfn_airflow import StepFunctionsDagOperator

try:
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow import DAG

with DAG(
    dag_id={dag_id!r},
    description={f"{workflow.dag_id}, on AWS Step Functions"!r},
    schedule=None,
    params={params!r},
    tags=["step-functions"],
) as dag:
    # Deferrable: no worker is taken while the machine runs. Without a triggerer, write deferrable=False.
    StepFunctionsDagOperator(task_id="run", target_dag_id={workflow.dag_id!r}, deferrable=True)
'''
    return f"{dag_id}.py", text


def _is_plain(value: Value) -> bool:
    if isinstance(value, Opaque) or (isinstance(value, float) and not math.isfinite(value)):
        return False
    if isinstance(value, dict):
        return all(_is_plain(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return all(_is_plain(item) for item in value)
    return True
