"""Reads an execution back, once or again and again until it is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from converter.executions.history import new_events
from converter.executions.machine_states import states_that_matter
from converter.executions.progress import Progress
from converter.executions.refusals import explaining_unknown_execution
from converter.executions.results import RunResult

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


def read_back(client: SFNClient, execution_arn: str) -> RunResult:
    """Return what is known of an execution, running or not, with every task of its definition.

    Raises :class:`~converter.diagnostics.Dag2SfnError` (D452) if there is no such execution.
    """
    progress = _begin(client, execution_arn)
    _read_on(client, execution_arn, progress)
    return progress.result()


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
    progress = _begin(client, execution_arn)
    _read_on(client, execution_arn, progress)
    yield progress.result()
    while progress.is_running:
        sleep(interval)
        if _read_on(client, execution_arn, progress):
            yield progress.result()


def _begin(client: SFNClient, execution_arn: str) -> Progress:
    with explaining_unknown_execution(client, execution_arn):
        machine = client.describe_state_machine_for_execution(executionArn=execution_arn)
    return Progress(execution_arn, states_that_matter(machine["definition"]))


def _read_on(client: SFNClient, execution_arn: str, progress: Progress) -> bool:
    """Add what has happened since; return whether anything has."""
    before = progress.events
    with explaining_unknown_execution(client, execution_arn):
        for event in new_events(client, execution_arn, before):
            progress.add(event)
    return progress.events > before
