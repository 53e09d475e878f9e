"""The worker processes of one function: how many there are, and which of them takes the next event."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from converter.local.lambda_process import InitFailed, WorkerProcess

# AWS starts an environment for each event that finds none idle. On one machine that would start a hundred
# interpreters for a hundred short polls, so an event first waits a moment for a busy worker, and few workers
# start at the same time. Long-running handlers still end up side by side.
PATIENCE_SECONDS = 0.2
MAX_WORKERS = 64
MAX_STARTING = max(2, os.cpu_count() or 1)


class PoolClosed(Exception):
    """The pool takes no more events."""


class WorkerPool:
    """Warm workers for one function version. Thread-safe."""

    def __init__(self, *, code_folder: Path, handler: str, environment: Mapping[str, str]) -> None:
        self._code_folder = code_folder
        self._handler = handler
        self._environment = dict(environment)
        self._changed = threading.Condition()
        self._idle: list[WorkerProcess] = []
        self._all: set[WorkerProcess] = set()
        self._starting = 0
        self._retired = False
        self._closed = False

    @contextmanager
    def worker(self) -> Iterator[WorkerProcess]:
        """A worker for one event; it goes back to the pool if it is still alive afterwards.

        Raises :class:`PoolClosed`, or ``InitFailed`` of a worker that could not load the handler.
        """
        worker = self._idle_worker() or self._new_worker()
        try:
            yield worker
        finally:
            self._take_back(worker)

    def _idle_worker(self) -> WorkerProcess | None:
        """Wait for an idle worker; None: the caller is to start one (and is counted as starting)."""
        patient_until = time.monotonic() + PATIENCE_SECONDS
        with self._changed:
            while not self._closed:
                if self._idle:
                    return self._idle.pop()
                workers = max(len(self._all), self._starting)
                patience = patient_until - time.monotonic()
                if workers == 0 or (
                    patience <= 0 and workers < MAX_WORKERS and self._starting < MAX_STARTING
                ):
                    self._starting += 1
                    return None
                self._changed.wait(patience if patience > 0 else PATIENCE_SECONDS)
            raise PoolClosed

    def _new_worker(self) -> WorkerProcess:
        try:
            worker = WorkerProcess.start(self._code_folder, self._handler, self._environment)
            with self._changed:
                self._all.add(worker)
                closed = self._closed
            if closed:  # while it started: close() has not seen it
                self._discard(worker)
                raise PoolClosed
            try:
                worker.wait_until_ready()
            except InitFailed:
                self._discard(worker)
                raise
        finally:
            with self._changed:
                self._starting -= 1
                self._changed.notify_all()
        return worker

    def _take_back(self, worker: WorkerProcess) -> None:
        with self._changed:
            if worker.alive and not self._retired and not self._closed:
                self._idle.append(worker)
                self._changed.notify()
                return
        self._discard(worker)

    def _discard(self, worker: WorkerProcess) -> None:
        worker.close()
        with self._changed:
            self._all.discard(worker)
            self._changed.notify()

    def retire(self) -> None:
        """Serve the events that are already here to their end, and keep no worker after that."""
        with self._changed:
            self._retired = True
            idle, self._idle = self._idle, []
        for worker in idle:
            self._discard(worker)

    def close(self) -> None:
        """End every worker, busy ones too (their events end as ``WorkerEnded``)."""
        with self._changed:
            self._closed = True
            idle, self._idle = self._idle, []
            busy = self._all.difference(idle)
            self._changed.notify_all()
        for worker in idle:
            self._discard(worker)
        for worker in busy:
            worker.kill()  # whoever waits for its answer discards it
