"""Reads an execution back, once or again and again until it is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from converter.executions.results import RunResult
from converter.executions.run_reader import RunReader

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


def read_back(client: SFNClient, execution_arn: str, *, inputs_of: Collection[str] = ()) -> RunResult:
    """Return what is known of an execution, running or not, with every task of its definition.

    Of the tasks ``inputs_of``, it is told what each of their tries was given. Raises
    :class:`~converter.diagnostics.Dag2SfnError` (D452) if there is no such execution.
    """
    reader = RunReader(client, execution_arn, inputs_of)
    reader.read_on()
    return reader.result()


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
    reader = RunReader(client, execution_arn)
    reader.read_on()
    yield reader.result()
    while reader.is_running:
        sleep(interval)
        if reader.read_on():
            yield reader.result()
