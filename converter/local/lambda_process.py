"""One Lambda worker process, seen from outside: start it, send it events, end it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from converter.local import lambda_worker

# Importing boto3 on a busy machine takes a while; Lambda itself allows 10 s.
INIT_SECONDS = 60.0


class WorkerTimedOut(Exception):
    """No answer in time. The worker has been killed."""


class WorkerEnded(Exception):
    """The process ended instead of answering. The message is like ``exit status 1``."""


class InitFailed(Exception):
    """The handler could not be loaded. ``document`` is Lambda's error document."""

    def __init__(self, document: dict[str, Any], log: str) -> None:
        super().__init__(document["errorMessage"])
        self.document = document
        self.log = log


class WorkerProcess:
    """A process with its channel and log. Used by one thread at a time; :meth:`kill` may come from any."""

    def __init__(self, process: subprocess.Popen[bytes], channel: socket.socket, log: Any) -> None:
        self._process = process
        self._channel = channel
        self._unread = b""
        self._log = log
        self._log_position = 0
        self._ending = threading.Lock()

    @classmethod
    def start(cls, code_folder: Path, handler: str, environment: Mapping[str, str]) -> WorkerProcess:
        """Start a worker in ``code_folder``. It is not ready yet: see :meth:`wait_until_ready`."""
        ours, theirs = socket.socketpair()
        log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the worker
        with theirs:
            process = subprocess.Popen(
                [sys.executable, lambda_worker.__file__, str(theirs.fileno()), handler],
                cwd=code_folder,
                env={**_system_environment(code_folder), **environment},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Its own process group: Ctrl-C in the terminal is ours to handle, and what the handler starts
                # ends with it.
                start_new_session=True,
            )
        return cls(process, ours, log)

    def wait_until_ready(self) -> None:
        """Return when the handler is loaded. Raises :class:`InitFailed`."""
        try:
            message = self._receive(INIT_SECONDS)
        except WorkerTimedOut:
            message = {"error": {"errorType": "Sandbox.Timedout", "errorMessage": "Init timed out"}}
        except WorkerEnded as error:
            text = f"Runtime exited with error: {error}"
            message = {"error": {"errorType": "Runtime.ExitError", "errorMessage": text}}
        if "error" in message:
            raise InitFailed(message["error"], self.read_log())

    def call(self, request: dict[str, Any], timeout: float) -> dict[str, Any]:
        """Send one event and return the answer. Raises :class:`WorkerTimedOut` or :class:`WorkerEnded`."""
        try:
            self._channel.sendall(json.dumps(request).encode() + b"\n")
        except OSError:
            raise WorkerEnded(self._exit_text()) from None
        return self._receive(timeout)

    def _receive(self, timeout: float) -> dict[str, Any]:
        deadline = time.monotonic() + timeout
        while b"\n" not in self._unread:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                self.kill()
                raise WorkerTimedOut
            try:
                self._channel.settimeout(remaining)
                chunk = self._channel.recv(1 << 16)
            except TimeoutError:
                continue
            except OSError:
                chunk = b""
            if not chunk:
                raise WorkerEnded(self._exit_text())
            self._unread += chunk
        line, _, self._unread = self._unread.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        return message

    def _exit_text(self) -> str:
        try:
            status = self._process.wait(1)
        except subprocess.TimeoutExpired:
            self.kill()
            status = self._process.wait()
        return f"signal: {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"

    def read_log(self) -> str:
        """What the function has printed since the last call ("" once the process is gone)."""
        with self._ending:
            if self._log.closed:
                return ""
            # pread: the process writes through the same file position.
            text = os.pread(self._log.fileno(), 1 << 20, self._log_position)
        self._log_position += len(text)
        return text.decode("utf-8", "replace")

    @property
    def alive(self) -> bool:
        """Whether the process can take another event."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End the process and everything it started. Safe to call twice."""
        with self._ending:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()

    def close(self) -> None:
        """End the process and give back its channel and log."""
        self.kill()
        with self._ending:
            self._channel.close()
            self._log.close()


def _system_environment(code_folder: Path) -> dict[str, str]:
    """What a process needs to run at all; nothing else of our own environment leaks into the function."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "LAMBDA_TASK_ROOT": str(code_folder),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
