"""Reads an execution back, once or again and again until it is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from converter.executions.history import new_events
from converter.executions.machine_states import MachineStates, states_that_matter
from converter.executions.progress import Progress
from converter.executions.refusals import explaining_unknown_execution
from converter.executions.results import RunResult

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


def read_back(client: SFNClient, execution_arn: str) -> RunResult:
    """Return what is known of an execution, running or not, with every task of its definition.

    Raises :class:`~converter.diagnostics.Dag2SfnError` (D452) if there is no such execution.
    """
    progress, _ = _begin(client, execution_arn)
    _read_on(client, execution_arn, progress)
    return progress.result()


def outcome_records(
    client: SFNClient, execution_arn: str
) -> tuple[Mapping[str, Mapping[str, Any]], Mapping[str, tuple[str, ...]]]:
    """Return the outcome records of an execution, and each task's upstream tasks, by task id.

    Raises as :func:`read_back` does.
    """
    progress, states = _begin(client, execution_arn)
    _read_on(client, execution_arn, progress)
    return progress.records(), states.upstream


def follow(
    client: SFNClient,
    execution_arn: str,
    *,
    interval: float = 2.0,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[RunResult]:
    """Yield the execution as it is now, and again whenever something has happened, until it has ended.

    It looks every ``interval`` seconds and then reads new events only. Raises as :func:`read_back` does.
    """
    progress, _ = _begin(client, execution_arn)
    _read_on(client, execution_arn, progress)
    yield progress.result()
    while progress.is_running:
        sleep(interval)
        if _read_on(client, execution_arn, progress):
            yield progress.result()


def _begin(client: SFNClient, execution_arn: str) -> tuple[Progress, MachineStates]:
    with explaining_unknown_execution(client, execution_arn):
        machine = client.describe_state_machine_for_execution(executionArn=execution_arn)
    states = states_that_matter(machine["definition"])
    return Progress(execution_arn, states), states


def _read_on(client: SFNClient, execution_arn: str, progress: Progress) -> bool:
    """Add what has happened since; return whether anything has."""
    before = progress.events
    with explaining_unknown_execution(client, execution_arn):
        for event in new_events(client, execution_arn, before):
            progress.add(event)
    return progress.events > before
