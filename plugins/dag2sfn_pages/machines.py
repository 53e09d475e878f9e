"""The machines and their last executions, asked for seldom: pages are looked at by many, again and again."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from converter.executions.addresses import execution_url

#: A machine that was deployed a moment ago may show that late.
SECONDS_OF_MACHINES = 20.0
SECONDS_OF_EXECUTIONS = 3.0
#: Bars in a row of the overview.
LAST = 10
_AT_ONCE = 8


class Machines:
    """A cache in front of ListStateMachines and ListExecutions. Methods raise what boto3 raises."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._arns: tuple[float, Mapping[str, str]] | None = None
        self._executions: dict[tuple[str, int], tuple[float, list[dict[str, Any]]]] = {}

    def arns(self, client: Any, *, fresh: bool = False) -> Mapping[str, str]:
        """Return the ARN of each state machine by its name: one call for 1,000 machines."""
        with self._lock:
            now = time.monotonic()
            if fresh or self._arns is None or now - self._arns[0] > SECONDS_OF_MACHINES:
                pages = client.get_paginator("list_state_machines").paginate(
                    PaginationConfig={"PageSize": 1000}
                )
                found = {
                    one["name"]: one["stateMachineArn"] for page in pages for one in page["stateMachines"]
                }
                self._arns = (now, found)
            return self._arns[1]

    def last_executions(
        self, client: Any, machine_arns: Collection[str], count: int = LAST
    ) -> dict[str, list[dict[str, Any]]]:
        """Return the last executions of each machine, newest first: one call for each that is not known."""
        now = time.monotonic()
        known = {arn: self._executions.get((arn, count)) for arn in machine_arns}
        stale = [arn for arn, kept in known.items() if not kept or now - kept[0] > SECONDS_OF_EXECUTIONS]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            fetched = list(pool.map(lambda arn: _listed(client, arn, count), stale))
        for arn, executions in zip(stale, fetched, strict=True):
            self._executions[arn, count] = (now, executions)
        return {arn: self._executions[arn, count][1] for arn in machine_arns}

    def forget(self, machine_arn: str) -> None:
        """Ask about a machine's executions anew: one was started or stopped."""
        for key in [key for key in self._executions if key[0] == machine_arn]:
            self._executions.pop(key, None)

    def forget_all(self) -> None:
        """Ask about everything anew."""
        self._arns = None
        self._executions.clear()


def _listed(client: Any, machine_arn: str, count: int) -> list[dict[str, Any]]:
    answer = client.list_executions(stateMachineArn=machine_arn, maxResults=count)
    return [
        {
            "name": one["name"],
            "execution_arn": one["executionArn"],
            "status": one["status"],
            "start": one["startDate"].isoformat(),
            "stop": one["stopDate"].isoformat() if one.get("stopDate") else None,
            "url": execution_url(one["executionArn"]),
        }
        for one in answer["executions"]
    ]
