"""Starts and stops executions. Names follow from dag_id and run_id, so that nothing must be remembered."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from converter.executions.bodies import find_body
from converter.executions.refusals import (
    explaining_refused_start,
    explaining_unknown_execution,
    not_deployed,
)
from converter.executions.results import RUNNING
from converter.identity import LIVE, PREFIX, execution_name, machine_name

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

_COLONS_OF_A_MACHINE = 6


def find_machine(client: SFNClient, dag_id: str, prefix: str = PREFIX) -> str:
    """Return the ARN of the state machine that a DAG was deployed as.

    An ARN has the account's number in it, which a client for Step Functions does not know. The list of
    machines does, and also says whether the DAG is deployed at all; it costs one call for 1,000 machines
    and needs no client or permission of another service.

    Raises :class:`~converter.diagnostics.Dag2SfnError` (D451) if the DAG is not deployed.
    """
    name = machine_name(dag_id, prefix)
    token: dict[str, Any] = {}
    while True:
        answer = client.list_state_machines(maxResults=1000, **token)
        for machine in answer["stateMachines"]:
            if machine["name"] == name:
                return machine["stateMachineArn"]
        if not answer.get("nextToken"):
            raise not_deployed(dag_id, client.meta.region_name)
        token = {"nextToken": answer["nextToken"]}


def in_force(client: SFNClient, machine_arn: str) -> str:
    """Return what runs of a machine are started by: its alias, or itself where it has none.

    The ARN of a version or an alias stays what it is.
    """
    if machine_arn.count(":") > _COLONS_OF_A_MACHINE:
        return machine_arn
    try:
        alias = client.describe_state_machine_alias(stateMachineAliasArn=f"{machine_arn}:{LIVE}")
    except (client.exceptions.ResourceNotFound, client.exceptions.InvalidArn):
        return machine_arn
    return alias["stateMachineAliasArn"]


def start(
    client: SFNClient,
    dag_id_or_machine_arn: str,
    *,
    conf: Mapping[str, Any] | None = None,
    run_id: str | None = None,
    logical_date: datetime | None = None,
    data_interval_start: datetime | None = None,
    data_interval_end: datetime | None = None,
    latest_until: datetime | None = None,
    prefix: str = PREFIX,
    partition_key: str | None = None,
    partition_date: datetime | None = None,
    on_progress: Callable[[str], object] | None = None,
) -> str:
    """Start a run and return the ARN of its execution.

    ``conf`` is JSON; dates without a time zone are in UTC, as in Airflow. The ``run_id`` is ``manual__`` and
    the time, by default. ``latest_until`` is for a LatestOnlyOperator: when the data interval after the run's
    own ends; without it the run skips nothing there, as Airflow's manual runs. ``partition_key`` and
    ``partition_date`` are what Airflow gives a run that partitioned assets started (3.2 and later).

    ``prefix`` begins the names of machines. As long as a run of the same run_id *and* the same input is under
    way, its execution is returned and no other is started. Where the name is taken otherwise (for 90 days
    after an execution has ended), the new execution's name gets a number, ``-2``, ``-3``, …, and
    ``on_progress`` is told so in one line.

    Raises :class:`~converter.diagnostics.Dag2SfnError`: not deployed (D451), input refused (D453).
    """
    given = dag_id_or_machine_arn
    found = given if given.startswith("arn:") else find_machine(client, given, prefix)
    machine_arn = in_force(client, found)
    run_id = run_id or f"manual__{datetime.now(timezone.utc).isoformat()}"
    run = input_of_run(
        run_id,
        conf or {},
        logical_date=logical_date,
        data_interval_start=data_interval_start,
        data_interval_end=data_interval_end,
        latest_until=latest_until,
        partition_key=partition_key,
        partition_date=partition_date,
    )
    return start_with_input(client, machine_arn, run, run_id, on_progress=on_progress)


def start_once(client: SFNClient, machine_arn: str, run: Mapping[str, Any]) -> bool:
    """Start a run with its input, in one call; return False if its run id has an execution already.

    ``machine_arn`` may be that of an alias. Raises :class:`~converter.diagnostics.Dag2SfnError`: no such
    machine (D451), input refused (D453).
    """
    text, name = json.dumps(run, allow_nan=False), execution_name(run["run_id"])
    try:
        with explaining_refused_start(client, machine_arn):
            client.start_execution(stateMachineArn=machine_arn, name=name, input=text)
    except client.exceptions.ExecutionAlreadyExists:
        return False
    return True


def input_of_run(
    run_id: str,
    conf: Mapping[str, Any],
    *,
    logical_date: datetime | None = None,
    data_interval_start: datetime | None = None,
    data_interval_end: datetime | None = None,
    latest_until: datetime | None = None,
    partition_key: str | None = None,
    partition_date: datetime | None = None,
) -> dict[str, Any]:
    """Return the input of a run's execution; what is in it, :func:`start` says."""
    rarely = {
        "latest_until": _iso(latest_until),
        "partition_key": partition_key,
        "partition_date": _iso(partition_date),
    }
    return {
        "conf": dict(conf),
        "run_id": run_id,
        "logical_date": _iso(logical_date),
        "data_interval_start": _iso(data_interval_start),
        "data_interval_end": _iso(data_interval_end),
        **{name: value for name, value in rarely.items() if value is not None},
    }


def start_with_input(
    client: SFNClient,
    machine_arn: str,
    run: Mapping[str, Any],
    run_id: str,
    *,
    on_progress: Callable[[str], object] | None = None,
) -> str:
    """Start an execution named after the run id, with a number where that is taken; return its ARN.

    Raises :class:`~converter.diagnostics.Dag2SfnError` if the input is refused (D453).
    """
    text = json.dumps(run, allow_nan=False)
    for number in itertools.count(1):
        name = execution_name(run_id, number)
        try:
            with explaining_refused_start(client, machine_arn):
                answer = client.start_execution(stateMachineArn=machine_arn, name=name, input=text)
        except client.exceptions.ExecutionAlreadyExists:
            continue
        if number > 1 and on_progress:
            on_progress(f"run id {run_id!r} was used before: started as {name}")
        return answer["executionArn"]
    raise AssertionError("counting does not end")


def stop(
    client: SFNClient, execution_arn: str, error: str = "Stopped", cause: str = "stopped by the user"
) -> str:
    """End a running execution, which becomes ABORTED; jobs that its tasks wait for are stopped by AWS.

    ``error`` (at most 256 characters) and ``cause`` (32,768) are kept with the execution. Returns the status
    that the execution was found in: ``RUNNING``, or how it had ended, and then nothing is done. Of a DAG with
    teardowns, only the tasks are ended: its teardowns run, and are never stopped. Raises
    :class:`~converter.diagnostics.Dag2SfnError` (D452) if there is no such execution.
    """
    with explaining_unknown_execution(client, execution_arn):
        # Asked first: what StopExecution answers about an execution that has ended says nothing about that.
        found = client.describe_execution(executionArn=execution_arn)["status"]
        if found != RUNNING:
            return found
        running = find_body(client, execution_arn)
        if running is None:
            running = execution_arn
        else:
            found = client.describe_execution(executionArn=running)["status"]
        if found == RUNNING:
            client.stop_execution(executionArn=running, error=error, cause=cause)
    return found


def _iso(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    # Templates are cut from the text, so it has one form.
    return (
        (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc))
        .astimezone(timezone.utc)
        .isoformat()
    )
