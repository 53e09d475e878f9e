"""The thread that starts counterparts. Knows no Airflow, and imports what knows AWS in that thread only."""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from converter.shadow.begun import Begun

if TYPE_CHECKING:
    from converter.shadow.machines import Shadow

log = logging.getLogger(__name__)

#: Runs that wait while AWS does not answer. More are not started, and the log says so.
_MOST_WAITING = 1000
#: Machines that were deployed or removed a moment ago are known that late, in seconds.
_SECONDS_KNOWN = 60.0
#: Times that it is asked for new machines before all are looked at again: their tags may have changed.
_TIMES_KNOWN = 10
#: Seconds between tries while AWS is out of reach, and for how long one run is tried.
_PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)
_PATIENCE = 600.0
#: Refusals that time does not change.
_FINAL = frozenset({"AccessDeniedException", "AccessDenied", "ValidationException", "InvalidName"})


class NoClient(Exception):
    """There is no client for AWS now; the message says why."""


@dataclass
class _Waiting:
    """A run since when it waits, when it is tried next (both as ``time.monotonic``), how often it was."""

    run: Begun
    since: float
    due: float
    tries: int = 0


class Starter:
    """Starts the counterparts of runs, one after another, in a thread of its own.

    A run that cannot be started now is tried again later, and holds up no other.

    ``client`` makes a client for Step Functions, or raises NoClient; ``prefix`` begins the names of the
    machines that may be started. The other arguments are a number of runs, and seconds.
    """

    def __init__(
        self,
        client: Callable[[], Any],
        prefix: str,
        *,
        waiting: int = _MOST_WAITING,
        pauses: Sequence[float] = _PAUSES,
        patience: float = _PATIENCE,
        seconds_known: float = _SECONDS_KNOWN,
    ) -> None:
        self._machines = _Machines(client, prefix, seconds_known)
        self._pauses, self._patience = pauses, patience
        self._most = waiting
        # A run is a task of the queue until it is done: what is tried again later counts, too.
        self._queue: queue.Queue[_Waiting] = queue.Queue()
        self._waiting: list[_Waiting] = []
        self._lock = threading.Lock()
        self._process = 0

    def begin(self, run: Begun) -> None:
        """Have a run's counterpart started. Returns at once."""
        self._be_alive()
        if self._queue.unfinished_tasks >= self._most:
            return _not_started(run, f"{self._most} runs wait already, since AWS does not start them")
        now = time.monotonic()
        self._queue.put(_Waiting(run, now, now))

    def drain(self, seconds: float) -> bool:
        """Wait until all is done, at most so long; return whether it is."""
        deadline = time.monotonic() + seconds
        while self._queue.unfinished_tasks and time.monotonic() < deadline:
            time.sleep(0.01)
        return not self._queue.unfinished_tasks

    def _be_alive(self) -> None:
        """Start the thread. It does not survive a fork, so that another process needs another one."""
        with self._lock:
            if self._process != os.getpid():
                threading.Thread(target=self._work, name="dag2sfn-shadow", daemon=True).start()
                self._process = os.getpid()

    def _work(self) -> None:
        while True:
            waiting = self._next()
            is_done = True
            try:
                is_done = self._start(waiting)
            except Exception:
                log.exception(
                    "%s: the counterpart of %s is not started", waiting.run.dag_id, waiting.run.run_id
                )
            if is_done:
                self._queue.task_done()
            else:
                self._waiting.append(waiting)

    def _next(self) -> _Waiting:
        """Wait for the run that is due first: a new one, or one that was refused and is to be tried again."""
        while True:
            with suppress(queue.Empty):
                while True:
                    self._waiting.append(self._queue.get_nowait())
            first = min(self._waiting, key=lambda waiting: waiting.due, default=None)
            left = None if first is None else first.due - time.monotonic()
            if first is not None and left is not None and left <= 0:
                self._waiting.remove(first)
                return first
            with suppress(queue.Empty):
                self._waiting.append(self._queue.get(timeout=left))

    def _start(self, waiting: _Waiting) -> bool:
        """Start a counterpart; return whether it is done with, False if it is to be tried again."""
        from botocore.exceptions import BotoCoreError, ClientError

        run = waiting.run
        try:
            self._machines.start(run)
        except (BotoCoreError, ClientError, NoClient) as error:
            self._machines.forget_client()
            now = time.monotonic()
            if _is_final(error) or now - waiting.since > self._patience:
                _not_started(run, error)
                return True
            if waiting.tries == 0:
                log.warning("%s: the counterpart of %s has to wait: %s", run.dag_id, run.run_id, error)
            waiting.due = now + self._pauses[min(waiting.tries, len(self._pauses) - 1)]
            waiting.tries += 1
            return False
        return True


class _Machines:
    """The machines that may be started, as they were a moment ago."""

    def __init__(self, client: Callable[[], Any], prefix: str, seconds_known: float) -> None:
        self._new_client, self._prefix, self._seconds_known = client, prefix, seconds_known
        self._client: Any = None
        self._known: dict[str, Shadow | None] = {}
        self._asked, self._times = float("-inf"), 0
        self._refused: set[str] = set()

    def forget_client(self) -> None:
        """Other credentials may be there next time."""
        self._client = None

    def start(self, run: Begun) -> None:
        """Start the counterpart of a run, if its DAG has a machine. Raises NoClient and what boto3 raises."""
        from converter.diagnostics import MACHINE_NOT_DEPLOYED, Dag2SfnError
        from converter.shadow.machines import by_dag
        from converter.shadow.starting import start_counterpart_once

        if self._client is None:
            self._client = self._new_client()
        self._look()
        shadow = by_dag(self._known).get(run.dag_id)
        if shadow is None:
            return
        try:
            started = start_counterpart_once(self._client, shadow, run)
        except Dag2SfnError as error:
            if error.diagnostics[0].code is MACHINE_NOT_DEPLOYED:
                self._asked = float("-inf")
            return _not_started(run, error)
        what = "was started" if started else "is there already"
        log.info("%s: the counterpart of %s %s: %s", run.dag_id, run.run_id, what, shadow.machine_arn)

    def _look(self) -> None:
        """Ask which machines there are, unless that was a moment ago. Better an old answer than none."""
        from botocore.exceptions import BotoCoreError, ClientError

        from converter.shadow.machines import shadows

        if time.monotonic() - self._asked < self._seconds_known:
            return
        try:
            known = self._known if self._times % _TIMES_KNOWN else None
            self._known = shadows(self._client, self._prefix, known=known, on_stranger=self._refuse)
            self._asked, self._times = time.monotonic(), self._times + 1
        except (BotoCoreError, ClientError):
            if not self._known:
                raise

    def _refuse(self, name: str) -> None:
        if name in self._refused:
            return
        self._refused.add(name)
        log.warning(
            "The machine %s is not started by runs of Airflow's: it was not converted to run beside Airflow, "
            "so that nobody has looked whether its tasks may run twice. Convert and deploy it for the "
            "environment that the DAG's shadow names in dag2sfn.yaml, or give it a name that does not begin "
            "with %s",
            name,
            self._prefix,
        )


def _not_started(run: Begun, why: object) -> None:
    log.error("%s: the counterpart of %s is not started: %s", run.dag_id, run.run_id, why)


def _is_final(error: Exception) -> bool:
    answer = getattr(error, "response", None) or {}
    return answer.get("Error", {}).get("Code") in _FINAL
