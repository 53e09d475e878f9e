"""Finds the two runs to compare, or starts them, and waits for their ends."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from converter import diagnostics as d
from converter import executions
from converter.comparison import airflow_run
from converter.comparison.airflow_api import AirflowApi
from converter.comparison.execution_run import read_execution
from converter.comparison.judging import is_for_operators
from converter.comparison.model import Key, Run
from converter.comparison.values import parsed_moment
from converter.diagnostics import Dag2SfnError, Diagnostic
from converter.executions.results import RUNNING
from converter.identity import PREFIX, execution_name

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

Say = Callable[[str], object]


@dataclass(frozen=True)
class Wanted:
    """Which runs to compare. Without ``run_id`` and ``execution`` both are started, with conf and date.

    ``prefix`` begins the names of machines.
    """

    dag_id: str
    run_id: str | None = None
    execution: str | None = None
    conf: Mapping[str, Any] = field(default_factory=dict)
    logical_date: datetime | None = None
    start_missing: bool = False
    prefix: str = PREFIX


@dataclass(frozen=True)
class Found:
    """Two runs, by their names."""

    dag_id: str
    run_id: str
    execution: str


def find_or_start(wanted: Wanted, api: AirflowApi, client: SFNClient, say: Say) -> Found:
    """Return the two runs, started if they are to be.

    Raises :class:`~converter.diagnostics.Dag2SfnError` for what is not there (D702, D705, D451, D452) or
    cannot be started (D703, D453). Airflow comes first: if it refuses, nothing has been started.
    """
    if wanted.run_id is None and wanted.execution is None:
        return _start_both(wanted, api, client, say)
    if wanted.run_id is None:
        run_id = _run_id_of(client, str(wanted.execution))
        if api.run(wanted.dag_id, run_id) is None and not wanted.start_missing:
            raise airflow_run.unknown(f"Airflow has no run {run_id!r}, after which the execution is named")
        _start_in_airflow_as(client, str(wanted.execution), wanted, run_id, api, say)
        return Found(wanted.dag_id, run_id, str(wanted.execution))
    run = api.run(wanted.dag_id, wanted.run_id)
    if run is None:
        raise airflow_run.unknown(f"Airflow has no run {wanted.run_id!r} of a DAG {wanted.dag_id!r}")
    execution = wanted.execution or counterpart(client, wanted)
    if execution is None:
        if not wanted.start_missing:
            raise no_counterpart(wanted.dag_id, wanted.run_id)
        machine = executions.find_machine(client, wanted.dag_id, wanted.prefix)
        execution = start_counterpart(client, machine, run)
        say(f"started {execution}")
    return Found(wanted.dag_id, wanted.run_id, execution)


def wait_for_both(
    found: Found,
    api: AirflowApi,
    client: SFNClient,
    say: Say,
    *,
    interval: float = 2.0,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Return when both runs have ended."""
    waiting = {"Airflow": True, "Step Functions": True}
    while True:
        states = {
            "Airflow": str((api.run(found.dag_id, found.run_id) or {}).get("state")),
            "Step Functions": client.describe_execution(executionArn=found.execution)["status"],
        }
        for name, state in states.items():
            is_over = state not in ("queued", "running", RUNNING)
            if is_over and waiting[name]:
                waiting[name] = False
                say(f"{name}: {state}")
        if not any(waiting.values()):
            return
        sleep(interval)


def read_both(found: Found, api: AirflowApi, client: SFNClient) -> tuple[Run, Run]:
    """Return Airflow's run and the execution as they are now."""
    execution = read_execution(client, found.dag_id, found.execution)

    def wanted(key: Key, name: str) -> bool:
        machine = execution.tasks.get(key)
        return not is_for_operators(name) or (machine is not None and name in machine.outputs)

    return airflow_run.read_run(api, found.dag_id, found.run_id, wanted), execution


def counterpart(client: SFNClient, wanted: Wanted) -> str | None:
    """Return the ARN of the latest execution that is named after the run wanted, None if there is none.

    Names are derived, so nothing is looked up in lists: a few DescribeExecution calls find it.
    """
    machine = executions.find_machine(client, wanted.dag_id, wanted.prefix)
    return latest_named(client, machine, str(wanted.run_id))


def latest_named(client: SFNClient, machine_arn: str, run_id: str) -> str | None:
    """Return the ARN of a machine's latest execution that is named after a run, None if there is none."""
    found = None
    prefix = machine_arn.replace(":stateMachine:", ":execution:", 1)
    for number in itertools.count(1):
        arn = f"{prefix}:{execution_name(run_id, number)}"
        try:
            client.describe_execution(executionArn=arn)
        except client.exceptions.ExecutionDoesNotExist:
            return found
        found = arn
    raise AssertionError("counting does not end")


def start_counterpart(client: SFNClient, machine: str, run: Mapping[str, Any]) -> str:
    """Start an execution as a run of Airflow's was: with its conf, run id and dates. Returns its ARN.

    ``machine`` is the machine's ARN.
    """
    return _start_execution(client, machine, run.get("conf") or {}, str(run["dag_run_id"]), run)


def no_counterpart(dag_id: str, run_id: str) -> Dag2SfnError:
    """Return the error (D705) for a run without an execution."""
    return Dag2SfnError(
        Diagnostic(
            d.COUNTERPART_UNKNOWN,
            f"no execution of {dag_id!r} is named after the run {run_id!r}",
            "give its ARN with --execution, or start it with --start-missing",
        )
    )


def _start_both(wanted: Wanted, api: AirflowApi, client: SFNClient, say: Say) -> Found:
    machine = executions.find_machine(client, wanted.dag_id, wanted.prefix)
    run_id = f"compare__{datetime.now(timezone.utc).isoformat()}"
    run = _start_in_airflow(wanted.dag_id, run_id, wanted.conf, wanted.logical_date, api)
    say(f"started the run {run_id} in Airflow")
    # Airflow may have filled in dates: both sides get the same.
    execution = _start_execution(client, machine, wanted.conf, run_id, run)
    say(f"started {execution}")
    return Found(wanted.dag_id, run_id, execution)


def _start_execution(
    client: SFNClient, machine: str, conf: Mapping[str, Any], run_id: str, dates: Mapping[str, Any]
) -> str:
    logical_date, start, end, partition_date = (
        parsed_moment(dates[name]) if dates.get(name) else None
        for name in ("logical_date", "data_interval_start", "data_interval_end", "partition_date")
    )
    return executions.start(
        client,
        machine,
        conf=conf,
        run_id=run_id,
        logical_date=logical_date,
        data_interval_start=start,
        data_interval_end=end,
        partition_key=dates.get("partition_key"),
        partition_date=partition_date,
    )


def _start_in_airflow(
    dag_id: str, run_id: str, conf: Mapping[str, Any], logical_date: datetime | None, api: AirflowApi
) -> Mapping[str, Any]:
    dag = api.dag(dag_id)
    if dag is None:
        raise airflow_run.unknown(f"Airflow has no DAG {dag_id!r}")
    if dag.get("is_paused"):
        raise _refused(f"the DAG {dag_id!r} is paused, and its run would stay queued", "unpause it first")
    moment = logical_date.replace(tzinfo=logical_date.tzinfo or timezone.utc) if logical_date else None
    answer = api.trigger(dag_id, run_id, dict(conf), moment.isoformat() if moment else None)
    if answer.status >= 400 or not isinstance(answer.document, Mapping):
        raise _refused(
            f"Airflow does not start {dag_id!r}: {answer.detail or answer.status}",
            "mend what it says, or compare a run that there is (--run-id)",
        )
    return answer.document


def _start_in_airflow_as(
    client: SFNClient, execution: str, wanted: Wanted, run_id: str, api: AirflowApi, say: Say
) -> None:
    """Start the run after which an execution is named, with what the execution was given."""
    if api.run(wanted.dag_id, run_id) is not None:
        return
    run = read_execution(client, wanted.dag_id, execution)
    _start_in_airflow(wanted.dag_id, run_id, run.conf, run.logical_date, api)
    say(f"started the run {run_id} in Airflow")


def _run_id_of(client: SFNClient, execution: str) -> str:
    return read_execution(client, "", execution).run_id


def _refused(problem: str, remedy: str) -> Dag2SfnError:
    return Dag2SfnError(Diagnostic(d.AIRFLOW_REFUSED, problem, remedy))
