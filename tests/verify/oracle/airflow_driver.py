"""Plays a scripted run with Airflow's own scheduler and execution API; a process of its own.

Reads one case per line from standard input (:func:`play` says what is in it), writes one result per line.
Airflow's own code decides everything; this file only lets time pass, puts scheduled tasks to running, and
reports the ends that the script has.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from contextlib import nullcontext
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

os.environ.update(
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN="sqlite://",  # in memory: one process, one thread
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__LOGGING__LOGGING_LEVEL="CRITICAL",
)

import airflow.models
from airflow import settings
from airflow._shared.timezones import timezone as airflow_timezone
from airflow.api_fastapi.execution_api.datamodels.taskinstance import (
    TIRetryStatePayload,
    TISkippedDownstreamTasksStatePayload,
    TISuccessStatePayload,
    TITerminalStatePayload,
)
from airflow.api_fastapi.execution_api.routes import task_instances as api
from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
from airflow.models.base import Base
from airflow.models.dag import DagModel
from airflow.models.dag_version import DagVersion
from airflow.models.dagbundle import DagBundleModel
from airflow.models.dagrun import DagRun
from airflow.models.log import Log
from airflow.models.taskinstance import TaskInstance
from airflow.models.taskmap import TaskMap
from airflow.models.xcom import XComModel
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import ShortCircuitOperator
from airflow.sdk import DAG, BaseOperator, XComArg
from airflow.sdk.bases.branch import BaseBranchOperator
from airflow.sdk.definitions._internal.expandinput import DictOfListsExpandInput
from airflow.sdk.definitions.mappedoperator import MappedOperator
from airflow.sdk.definitions.taskgroup import MappedTaskGroup
from airflow.sdk.exceptions import AirflowException, DownstreamTasksSkipped
from airflow.serialization.serialized_objects import DagSerialization
from airflow.utils.db import synchronize_log_template
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from sqlalchemy import delete, select, update

DAG_ID = "scripted"
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
TICK = timedelta(microseconds=1)


class Clock:
    """The time that Airflow sees."""

    def __init__(self) -> None:
        self.now = START

    def at(self, seconds: float, *, after: bool = False) -> datetime:
        """Set the time; ``after`` is a moment later, since Airflow compares due times with ``<``."""
        self.now = START + timedelta(seconds=seconds) + (TICK if after else timedelta())
        return self.now


CLOCK = Clock()


class Plain(BaseOperator):
    pass


class Mapped(BaseOperator):
    def __init__(self, *, x=None, y=None, **kwargs):
        super().__init__(**kwargs)


#: What a mapped task is expanded over, until the tasks are made that it is expanded over.
PENDING = {"x": [0]}


class Branch(BaseBranchOperator):
    chosen: list[str] = []

    def __init__(self, *, x=None, y=None, **kwargs):
        super().__init__(**kwargs)

    def choose_branch(self, context):
        return self.chosen


class Circuit(ShortCircuitOperator):
    def __init__(self, *, x=None, y=None, **kwargs):
        super().__init__(python_callable=lambda: False, **kwargs)


def prepare_database():
    airflow.models.import_all_models()
    Base.metadata.create_all(settings.engine)
    airflow_timezone.utcnow = lambda: CLOCK.now
    session = settings.Session()
    synchronize_log_template(session=session)
    session.add(DagBundleModel(name="bundle"))
    session.flush()
    session.add(DagModel(dag_id=DAG_ID, bundle_name="bundle", relative_fileloc="scripted.py"))
    session.flush()
    session.add(DagVersion(dag_id=DAG_ID, version_number=1, bundle_name="bundle"))
    session.commit()
    return session


def operator_of(task, tries):
    ends = {attempt["kind"] for attempt in tries}
    arguments = {
        "task_id": task["task_id"],
        "retries": task["retries"]["count"],
        "retry_delay": timedelta(seconds=task["retries"]["delay"]),
        "retry_exponential_backoff": task["retries"]["backoff"],
        "max_retry_delay": task["retries"]["max_delay"] and timedelta(seconds=task["retries"]["max_delay"]),
        "trigger_rule": task["trigger_rule"],
    }
    kind = Mapped
    if "branch" in ends:
        kind = Branch
    elif "short_circuit" in ends:
        kind = Circuit
        arguments["ignore_downstream_trigger_rules"] = all(
            attempt.get("ignores_rules", True) for attempt in tries
        )
    if task["expansion"] and not task["mapped_group"]:
        return kind.partial(**arguments).expand(**PENDING)
    if kind is not Mapped:
        return kind(**arguments)
    if all(attempt["seconds"] == 0 for attempt in tries):
        return EmptyOperator(**arguments)
    return Plain(**arguments)


def expand(dag, task):
    """Say what a mapped task is expanded over, now that all tasks are there."""
    given = {
        name: source["value"] if source["kind"] == "literal" else XComArg(dag.get_task(source["task_id"]))
        for name, source in task["expansion"]["arguments"].items()
    }
    operator = dag.get_task(task["task_id"])
    group = operator.get_closest_mapped_task_group()
    value = group._expand_input.value if group else operator.expand_input.value
    value.clear()
    value.update(given)


def group_of(task, groups):
    """Return the mapped group to make a task in; one that does nothing if it is in none."""
    name = task["mapped_group"]
    if not name:
        return nullcontext()
    if name not in groups:
        over = DictOfListsExpandInput(dict(PENDING))
        groups[name] = MappedTaskGroup(group_id=name, prefix_group_id=False, expand_input=over)
    return groups[name]


def dag_of(workflow, script):
    timeout = workflow["dagrun_timeout"]
    with DAG(
        DAG_ID,
        schedule=None,
        start_date=START,
        fail_fast=workflow["settings"].get("fail_fast", False),
        dagrun_timeout=None if timeout is None else timedelta(seconds=timeout),
    ) as dag:
        groups = {}
        for task in workflow["tasks"]:
            own = task["task_id"]
            tries = [attempt for name in script if name.partition("[")[0] == own for attempt in script[name]]
            with group_of(task, groups):
                operator = operator_of(task, tries)
            if task["is_setup"]:
                operator.as_setup()
            if task["is_teardown"]:
                fails_run = task["settings"].get("on_failure_fail_dagrun", False)
                operator.as_teardown(on_failure_fail_dagrun=fails_run)
                if isinstance(operator, MappedOperator):  # as @teardown: what as_teardown() says is lost
                    operator.partial_kwargs["on_failure_fail_dagrun"] = fails_run
        for task in workflow["tasks"]:
            for upstream in task["upstream"]:
                dag.get_task(upstream).set_downstream(dag.get_task(task["task_id"]))
            if task["expansion"]:
                expand(dag, task)
    dag.validate()
    return dag


def named(task_id, map_index):
    """Return what a task instance is called here."""
    return task_id if map_index < 0 else f"{task_id}[{map_index}]"


class Play:
    """One run of one DAG."""

    def __init__(self, session, workflow, script, pushed) -> None:
        self.session = session
        self.script = script
        self.pushed = pushed
        self.dag = dag_of(workflow, script)
        self.scheduled_dag = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(self.dag))
        self.dag_bag = SimpleNamespace(get_dag_for_run=lambda **_: self.scheduled_dag)
        self.scheduler = SimpleNamespace(
            scheduler_dag_bag=self.dag_bag,
            job=SimpleNamespace(id=None, max_tis_per_query=0),
            log=SchedulerJobRunner.logger(),
            _multi_team=False,
            _set_exceeds_max_active_runs=lambda **_: None,
            _stamp_team_names=lambda *_: None,
            _verify_integrity_if_dag_changed=lambda **_: True,
        )
        session.execute(update(DagModel).values(fail_fast=self.dag.fail_fast))
        CLOCK.at(0)
        self.run = self.scheduled_dag.create_dagrun(
            run_id="manual__1",
            logical_date=START,
            data_interval=(START, START),
            run_after=START,
            run_type=DagRunType.MANUAL,
            triggered_by=DagRunTriggeredByType.TEST,
            state=DagRunState.RUNNING,
            start_date=START,
            session=session,
        )
        session.commit()
        self.states = {}
        self.tries = Counter()
        self.ends_at = {}
        self.retry_at = {}
        self.waits = {name: [] for name in script}
        self.changes = []
        self.timeout = workflow["dagrun_timeout"]

    def play(self):
        self.schedule(0)
        while (now := self.next_moment()) is not None:
            for task_id in sorted(task_id for task_id, at in self.ends_at.items() if at == now):
                if self.states[task_id] == "running":
                    self.finish_try(task_id, now)
            self.ends_at = {task_id: at for task_id, at in self.ends_at.items() if at > now}
            self.schedule(now)
        result = {
            "changes": self.changes,
            "waits": self.waits,
            "outcome": DagRunState(self.run.state).value,
            "ended": (self.run.end_date - START) // timedelta(milliseconds=1) / 1000,
            "tries": dict(self.stored(TaskInstance.try_number)),
        }
        self.clean_up()
        return result

    def next_moment(self):
        moments = [at for task_id, at in self.ends_at.items() if self.states[task_id] == "running"]
        if self.run.state == DagRunState.RUNNING:
            moments += [at for task_id, at in self.retry_at.items() if self.states[task_id] == "up_for_retry"]
            moments += [] if self.timeout is None else [self.timeout]
        return min(moments, default=None)

    def schedule(self, now):
        """Let the scheduler pass over the run until it changes nothing; start what it has scheduled."""
        CLOCK.at(now, after=True)
        while self.run.state == DagRunState.RUNNING:
            SchedulerJobRunner._schedule_dag_run(self.scheduler, self.run, session=self.session)
            self.session.flush()
            if not self.note_changes(now):
                break

    def note_changes(self, now):
        """Append to ``changes`` what is not as it was, by task id; return whether anything is."""
        before = len(self.changes)
        for task_id, stored in self.stored(TaskInstance.state):
            state = "running" if stored == "scheduled" else stored
            if stored == "scheduled":
                self.start(task_id, now)
            if state != self.states.get(task_id):
                self.states[task_id] = state
                self.changes.append([now, task_id, state])
        self.session.expire_all()
        return len(self.changes) > before

    def start(self, task_id, now):
        self.tries[task_id] += 1
        self.ends_at[task_id] = now + self.attempt(task_id)["seconds"]
        started = {"state": "running", "start_date": CLOCK.now, "end_date": None}
        self.session.execute(self.of_task(update(TaskInstance), task_id).values(started))

    def attempt(self, task_id):
        tries = self.script[task_id]
        return tries[min(self.tries[task_id], len(tries)) - 1]

    def stored(self, column):
        """Return (name, value of this column) of all task instances, in the order of the names.

        The name is the task's id, with the map index of an instance that has one: ``task[0]``.
        """
        rows = self.session.execute(select(TaskInstance.task_id, TaskInstance.map_index, column))
        return sorted((named(task_id, index), value) for task_id, index, value in rows)

    def of_task(self, statement, name):
        task_id, _, index = name.rstrip("]").partition("[")
        map_index = TaskInstance.map_index == int(index or -1)
        return statement.where(TaskInstance.task_id == task_id, map_index)

    def task_instance(self, task_id):
        return self.session.scalars(self.of_task(select(TaskInstance), task_id)).one()

    def id_of(self, task_id):
        return self.session.scalar(self.of_task(select(TaskInstance.id), task_id))

    def finish_try(self, task_id, now):
        end_date = CLOCK.at(now)
        attempt = self.attempt(task_id)
        kind = attempt["kind"]
        if kind in ("branch", "short_circuit"):
            kind = self.execute_skipping_operator(task_id, attempt)
        if kind == "failed" and self.may_retry(task_id):
            self.report(task_id, TIRetryStatePayload(state="up_for_retry", end_date=end_date))
            self.note_retry(task_id, now)
        elif kind in ("failed", "failed_for_good"):
            self.report(task_id, TITerminalStatePayload(state="failed", end_date=end_date))
        elif kind == "skipped":
            self.report(task_id, TITerminalStatePayload(state="skipped", end_date=end_date))
        else:
            self.push(task_id)
            self.report(task_id, TISuccessStatePayload(state="success", end_date=end_date))
        self.note_changes(now)

    def push(self, name):
        """Push what others are expanded over: what an instance returns, else the length of the list."""
        task_id, _, index = name.rstrip("]").partition("[")
        if index:
            value = {"value": int(index), "map_index": int(index)}
            XComModel.set("return_value", dag_id=DAG_ID, task_id=task_id, run_id=self.run.run_id, **value)
        elif task_id in self.pushed:
            length = {"map_index": -1, "length": self.pushed[task_id], "keys": None}
            self.session.add(TaskMap(dag_id=DAG_ID, task_id=task_id, run_id=self.run.run_id, **length))
        self.session.flush()

    def report(self, task_id, payload):
        api.ti_update_state(self.id_of(task_id), payload, session=self.session, dag_bag=self.dag_bag)
        self.session.flush()

    def may_retry(self, task_id):
        ti = self.task_instance(task_id)
        return api._is_eligible_to_retry(ti.state, ti.try_number, ti.max_tries)

    def note_retry(self, task_id, now):
        self.session.expire_all()
        ti = self.task_instance(task_id)
        ti.task = self.scheduled_dag.get_task(ti.task_id)
        self.retry_at[task_id] = (ti.next_retry_datetime() - START).total_seconds()
        self.waits[task_id].append(self.retry_at[task_id] - now)

    def execute_skipping_operator(self, name, attempt):
        """Run the operator's own code; return how the try ends."""
        task_id, _, index = name.rstrip("]").partition("[")
        operator = self.dag.get_task(task_id)
        if operator.is_mapped:
            operator = operator.unmap({})
        if attempt["kind"] == "branch":
            operator.chosen = attempt["chosen"]
        place = {"dag_id": DAG_ID, "task_id": task_id, "run_id": self.run.run_id}
        map_index = int(index or -1)
        ti = SimpleNamespace(
            task=operator,
            map_index=map_index,
            xcom_push=lambda key, value: XComModel.set(
                key, value, **place, map_index=map_index, session=self.session
            ),
        )
        try:
            operator.execute({"ti": ti, "task": operator, "dag_run": self.run, "outlet_events": None})
        except DownstreamTasksSkipped as skip:
            payload = TISkippedDownstreamTasksStatePayload(tasks=list(skip.tasks))
            api.ti_skip_downstream(self.id_of(name), payload, session=self.session)
        except AirflowException:
            return "failed"
        return "success"

    def clean_up(self):
        """Delete the run and, by the database's cascades, all that belongs to it."""
        self.session.expunge_all()
        self.session.execute(delete(DagRun))
        self.session.execute(delete(Log))
        self.session.commit()


def play(session, case):
    """Play {"workflow": its JSON form, "script": {name: [{"seconds", "kind", …}, …]}, "pushed": {…}}.

    An instance of a mapped task is called ``task[0]``. ``pushed`` has the lengths of what tasks return.
    """
    return Play(session, case["workflow"], case["script"], case["pushed"]).play()


def main():
    results = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever Airflow prints is no result
    session = prepare_database()
    for line in sys.stdin:
        print(json.dumps(play(session, json.loads(line))), file=results, flush=True)


if __name__ == "__main__":
    main()
