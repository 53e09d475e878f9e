"""The instances of a distributed Map: executions of their own, of which the Map's history says nothing.

Which instance an execution is, only its own history says, so each costs a call. A look reads some at most.
Once the Map has ended, its record says of each instance how it ended, when, and after how many tries: of many
instances, that has to do.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from converter.executions.history import new_events
from converter.executions.machine_states import MachineStates
from converter.executions.progress import Progress
from converter.executions.results import RUNNING
from converter.executions.task_progress import TaskProgress

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

#: How many executions a look reads, and with how many instances a Map that has ended is read one by one.
MOST_READ = 40
#: The largest page of ListExecutions (AWS documentation).
_LARGEST_PAGE = 1000
#: What stands for an outcome where only a sum is kept.
_OUTCOMES = {"s": "success", "f": "failed", "k": "skipped"}


class MapRunReader:
    """Reads the executions of one Map Run, of the mapped task ``task_id``, some at each look."""

    def __init__(
        self,
        client: SFNClient,
        map_run_arn: str,
        task_id: str,
        states: MachineStates,
        inputs_of: Collection[str] = (),
    ) -> None:
        """``states`` are those of an instance."""
        self._client = client
        self._arn = map_run_arn
        self._task_id = task_id
        self._states = states
        self._inputs_of = inputs_of
        self._read: dict[str, Progress] = {}
        #: Which instance each execution is; None of one that stands for too many.
        self._index: dict[str, int | None] = {}
        self._is_done = False

    @property
    def events(self) -> int:
        """How many events were read."""
        return sum(progress.events for progress in self._read.values())

    def read_on(self, task: TaskProgress, *, is_over: bool) -> None:
        """Read what has begun or ended since, of a Map whose progress is ``task``'s, and tell it.

        ``is_over``: the execution around it has ended. Once it or the Map has, nothing new begins.
        """
        if self._is_done:
            return
        count = None if task.record is None else len(_instances_in(task.record))
        has_all = False
        if count is None or count <= MOST_READ:
            has_all = self._read_executions()
        for arn, progress in self._read.items():
            if arn not in self._index and progress.events:
                self._index[arn] = _index_of(progress, self._task_id)
            index = self._index.get(arn)
            if index is None:
                continue
            task.instances[index] = instance = progress.progress_of(self._task_id)
            instance.unread = progress.is_running
            if not progress.is_running and instance.own_end is None:
                result = progress.result()
                if result.stop:
                    instance.own_end = result.status, result.stop
                if instance.record and instance.end is None:  # passed by
                    instance.end = result.stop
        task.some_unread = not has_all
        if task.record is not None:
            complete(task)
        self._is_done = (is_over or count is not None) and (has_all or (count or 0) > MOST_READ)

    def transitions(self, task: TaskProgress) -> int:
        """Return the state transitions of all instances; of those not read, what their records tell."""
        known = sum(progress.result().transitions for progress in self._read.values())
        read = set(self._index.values())
        others = [one for index, one in task.instances.items() if index not in read]
        return known + sum(self._states.at_least + one.attempts - 1 for one in others if one.start)

    def _read_executions(self) -> bool:
        """Read some executions; return whether the ends of all are known."""
        left, has_all = MOST_READ, True
        for execution in self._executions():
            arn = execution["executionArn"]
            progress = self._read.get(arn)
            # While one runs, its beginning says which it is; its end says the rest.
            if progress is None or (progress.is_running and execution["status"] != RUNNING):
                if not left:
                    return False
                left -= 1
                progress = self._read.setdefault(arn, Progress(arn, self._states, self._inputs_of))
                for event in new_events(self._client, arn, progress.events):
                    progress.add(event)
            has_all = has_all and not progress.is_running
        return has_all

    def _executions(self) -> Iterator[Mapping[str, Any]]:
        """Yield the executions of the Map Run, the last started first."""
        token: dict[str, Any] = {}
        while True:
            answer = self._client.list_executions(mapRunArn=self._arn, maxResults=_LARGEST_PAGE, **token)
            yield from answer["executions"]
            if not answer.get("nextToken"):
                return
            token = {"nextToken": answer["nextToken"]}


def _index_of(progress: Progress, task_id: str) -> int | None:
    """Return which instance an execution is; None of one that stands for too many."""
    given = json.loads(progress.result().input or "{}").get(task_id, {})
    index = given.get("map_index") if isinstance(given, dict) else None
    return index if isinstance(index, int) and index >= 0 else None


def complete(task: TaskProgress) -> None:
    """Add the instances that were not read, as the task's record has them."""
    for index, record in enumerate(_instances_in(task.record or {})):
        known = task.instances.get(index)
        if known is None or known.record is None:
            task.instances[index] = _recorded(record, task.start)


def _instances_in(record: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the records of a task's instances; of a sum, the outcomes alone are known."""
    if "each" in record:
        return [{"state": _OUTCOMES[letter]} for letter in record["each"]]
    found: Sequence[Mapping[str, Any]] = record.get("instances", ())
    return found


def _recorded(record: Mapping[str, Any], begun: datetime | None) -> TaskProgress:
    """Return the progress of an instance that has ended; before its Map began: it was passed by."""
    if "at" not in record:
        return TaskProgress(attempts=1, record=record)
    end = datetime.fromtimestamp(record["at"] / 1000, timezone.utc)
    if begun is not None and end < begun:
        return TaskProgress(end=begun, record=record)
    start = end - timedelta(milliseconds=record["ran"]) if "ran" in record else None
    return TaskProgress(start=start, end=end, attempts=record.get("tries", 1), record=record)
