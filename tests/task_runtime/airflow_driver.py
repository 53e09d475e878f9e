"""Runs tasks with Airflow's own task runner; a process of its own.

Arguments: a DAG file. Standard input: ``{"run": {...}, "variables": {...}, "tasks": [id, ...]}``, in which
an instance of a mapped task is ``[id, map index]``, and called ``id[map index]`` in the answer. Standard
output: for each task its state, the class of its error, its XComs, and the tasks that it has skipped. The
runner's other side, which keeps XComs and Variables, is a dict.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from datetime import datetime, timezone
from types import SimpleNamespace
from uuid import uuid4

os.environ.update(
    {
        "_AIRFLOW__AS_LIBRARY": "1",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "sqlite://",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
    }
)

import structlog
from airflow import settings
from airflow.sdk.api.datamodels._generated import DagRun, TIRunContext
from airflow.sdk.execution_time import comms, task_runner
from airflow.sdk.log import configure_logging

from converter.loading.child.dag_file import import_dag_file


class Supervisor:
    """Answers what a task asks while it runs."""

    def __init__(self, variables, instances):
        self.variables = variables
        self.instances = instances
        self.xcoms = {}
        self.skipped = []

    def send(self, msg):
        answer = getattr(self, type(msg).__name__, None)
        return answer(msg) if answer else None

    async def asend(self, msg):
        return self.send(msg)

    def SetXCom(self, msg):  # noqa: N802 - named after what it answers
        index = -1 if msg.map_index is None else msg.map_index
        self.xcoms.setdefault((msg.task_id, index), {})[msg.key] = msg.value

    def GetXCom(self, msg):  # noqa: N802
        index = -1 if msg.map_index is None else msg.map_index
        return comms.XComResult(key=msg.key, value=self.xcoms.get((msg.task_id, index), {}).get(msg.key))

    def of_all_instances(self, msg):
        """Return what was pushed under a key, in the order of the map indexes."""
        found = sorted(self.xcoms.items(), key=lambda item: item[0][1])
        return [pushed[msg.key] for (task, _), pushed in found if task == msg.task_id and msg.key in pushed]

    def GetXComSequenceSlice(self, msg):  # noqa: N802
        return comms.XComSequenceSliceResult(root=self.of_all_instances(msg)[msg.start : msg.stop : msg.step])

    def GetXComSequenceItem(self, msg):  # noqa: N802
        found = self.of_all_instances(msg)
        if msg.offset < len(found):
            return comms.XComSequenceIndexResult(root=found[msg.offset])
        return comms.ErrorResponse(error=comms.ErrorType.XCOM_NOT_FOUND, detail={})

    def GetXComCount(self, msg):  # noqa: N802
        return comms.XComCountResponse(len=len(self.of_all_instances(msg)))

    def GetTICount(self, msg):  # noqa: N802
        return comms.TICount(count=sum(self.instances.get(task, 1) for task in msg.task_ids))

    def GetVariable(self, msg):  # noqa: N802
        if msg.key in self.variables:
            return comms.VariableResult(key=msg.key, value=self.variables[msg.key])
        return comms.ErrorResponse(error=comms.ErrorType.VARIABLE_NOT_FOUND, detail={"key": msg.key})

    def SkipDownstreamTasks(self, msg):  # noqa: N802
        self.skipped = [task if isinstance(task, str) else task[0] for task in msg.tasks]


def run_one(task, run, supervisor, map_index=-1):
    now = datetime.now(timezone.utc)
    dag_run = DagRun(
        dag_id=task.dag.dag_id,
        run_after=now,
        start_date=now,
        end_date=None,
        run_type="manual",
        state="running",
        consumed_asset_events=[],
        **{"partition_key": None, **run},
    )
    ti = task_runner.RuntimeTaskInstance.model_construct(
        id=uuid4(),
        task_id=task.task_id,
        dag_id=task.dag.dag_id,
        run_id=run["run_id"],
        try_number=1,
        map_index=map_index,
        dag_version_id=uuid4(),
        context_carrier=None,
        hostname="",
        task=task,
        bundle_instance=SimpleNamespace(name="", version=None),
        max_tries=task.retries,
        start_date=now,
        state="running",
        is_mapped=map_index >= 0,
        rendered_map_index=None,
        _ti_context_from_server=TIRunContext(dag_run=dag_run, max_tries=task.retries, should_retry=False),
    )
    supervisor.skipped = []
    log = structlog.get_logger("task")
    error = None
    try:
        state, _, error = task_runner.run(ti, ti.get_template_context(), log)
    except Exception as raised:  # noqa: BLE001 - what the runner does not turn into a state
        state, error = "failed", raised
    xcoms = {
        key: value
        for key, value in supervisor.xcoms.get((task.task_id, map_index), {}).items()
        if key != "skipmixin_key"
    }
    return {
        "state": getattr(state, "value", state),
        "error": type(error).__name__ if error else None,
        "xcoms": xcoms,
        "skipped": sorted(supervisor.skipped),
    }


def main():
    asked = json.load(sys.stdin)
    configure_logging(output=sys.stderr)
    sys.path.append(os.path.dirname(sys.argv[1]))
    (dag,) = import_dag_file(sys.argv[1])
    supervisor = Supervisor(asked["variables"], asked.get("instances", {}))
    task_runner.SUPERVISOR_COMMS = supervisor
    settings.PLUGINS_FOLDER = os.path.join(os.path.dirname(__file__), "no_plugins")
    results = {}
    for which in asked["tasks"]:
        task_id, index = (which, -1) if isinstance(which, str) else which
        name = task_id if index < 0 else f"{task_id}[{index}]"
        results[name] = run_one(dag.get_task(task_id), asked["run"], supervisor, index)
    return results


with contextlib.redirect_stdout(sys.stderr):  # what tasks print is no result
    found = main()
json.dump(found, sys.stdout)
