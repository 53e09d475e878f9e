"""What a page's comparisons have found: remembered for minutes, and kept nowhere.

The pages do not know the team's rules, which allow what differs, or demand more than equal outputs. So
``dag2sfn score``, which is given them, writes verdicts down, and what it wrote goes before a memory. With a
memory, a page that is open compares each run once, and comes to all of them.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from converter.shadow.machines import Shadow
from converter.shadow.results import Result
from converter.shadow.store import ResultStore

#: How long a verdict is remembered, in seconds, and how many are: a result has some kilobytes.
_SECONDS = 600.0
_MOST = 1000

_lock = threading.Lock()
#: ARN of an execution → until when its verdict is remembered, and the verdict.
_remembered: dict[str, tuple[float, Result]] = {}


class PageStore(ResultStore):
    """The results of one machine, as a page shows them. Methods raise what boto3 raises."""

    def __init__(self, s3: Any, shadow: Shadow) -> None:
        super().__init__(s3, shadow)
        self._executions = shadow.execution_arn("")

    def put(self, result: Result) -> bool:
        """Remember a result; return False, since it is not kept."""
        with _lock:
            _remembered[result.execution_arn] = (time.monotonic() + _SECONDS, result)
            while len(_remembered) > _MOST:
                del _remembered[next(iter(_remembered))]
        return False

    def last(self, count: int) -> list[Result]:
        """Return the results of the latest runs, the latest first; one that is kept goes before a memory."""
        now = time.monotonic()
        with _lock:
            for arn in [arn for arn, (until, _) in _remembered.items() if until < now]:
                del _remembered[arn]
            found = {
                arn: result for arn, (_, result) in _remembered.items() if arn.startswith(self._executions)
            }
        found |= {result.execution_arn: result for result in super().last(count)}
        return sorted(found.values(), key=lambda result: result.due, reverse=True)[:count]
