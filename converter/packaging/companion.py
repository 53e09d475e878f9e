"""The companion DAG: a DAG of Airflow that runs the state machine of a converted one."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from converter.identity import PREFIX, companion_id
from converter.workflow import Opaque, Task, Value, Workflow

#: How the text of an asset begins: its name, if it has one (Airflow 3), and its URI.
_ASSET = re.compile(r'^[\w.]+\((?:name="((?:[^"\\]|\\.)*)", )?uri="((?:[^"\\]|\\.)*)"')

_ESCAPED = re.compile(r"\\(.)")
_DATASET = "\n    from airflow.datasets import Dataset as Asset"


def companion_file(workflow: Workflow) -> tuple[str, str]:
    """Return the name and the text of the DAG file; it loads in Airflow 2.10 and later, and in 3.

    Params come along with their defaults, where these are plain values: the machine fills in the others. So
    do the assets that the DAG's tasks make: DAGs that are scheduled on them go on after the companion.
    """
    dag_id = companion_id(workflow.dag_id)
    params = {name: value for name, value in workflow.params.items() if _is_plain(value)}
    assets = sorted({asset for task in workflow.tasks for asset in _made_by(task)})
    outlets = f"\n        outlets=[{', '.join(assets)}]," if assets else ""
    prefix = "" if workflow.prefix == PREFIX else f"\n        prefix={workflow.prefix!r},"
    text = f'''"""Runs the DAG {workflow.dag_id!r} on AWS Step Functions.

Written by `dag2sfn convert --companion`: convert the DAG again rather than edit this file.
"""

from dag2sfn_airflow import StepFunctionsDagOperator

try:
    from airflow.sdk import DAG{", Asset" if assets else ""}
except ImportError:  # Airflow 2
    from airflow import DAG{_DATASET if assets else ""}

with DAG(
    dag_id={dag_id!r},
    description={f"{workflow.dag_id}, on AWS Step Functions"!r},
    schedule=None,
    params={params!r},
    tags=["step-functions"],
) as dag:
    # Deferrable: no worker is taken while the machine runs. Without a triggerer, write deferrable=False.
    StepFunctionsDagOperator(
        task_id="run",
        target_dag_id={workflow.dag_id!r},{prefix}
        deferrable=True,{outlets}
    )
'''
    return f"{dag_id}.py", text


def _made_by(task: Task) -> Iterator[str]:
    """Yield the assets that a task says it makes, as Python; Airflow 2 reads those without a name."""
    outlets: Value = task.settings.get("outlets")
    for outlet in outlets if isinstance(outlets, list) else [outlets]:
        found = _ASSET.match(outlet.text) if isinstance(outlet, Opaque) else None
        if found:
            name, uri = (None if text is None else _ESCAPED.sub(r"\1", text) for text in found.groups())
            yield f"Asset({uri!r})" if name in (None, uri) else f"Asset({name!r}, uri={uri!r})"


def _is_plain(value: Value) -> bool:
    if isinstance(value, Opaque) or (isinstance(value, float) and not math.isfinite(value)):
        return False
    if isinstance(value, dict):
        return all(_is_plain(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return all(_is_plain(item) for item in value)
    return True
