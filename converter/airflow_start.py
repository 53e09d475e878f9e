"""Starts the processes in which Airflow reads DAG files; the first one before it is known what it shall read.

Airflow takes a second to import, and the command line a third of one to find out what it was asked for.
Nothing else is imported here, so that :func:`begin` can be the first thing that is done.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: Keeps the current directory and the converter's own packages off the path that DAG files see.
_BOOTSTRAP = """\
import sys
sys.path[:] = [entry for entry in sys.path if entry]
sys.path.insert(0, sys.argv[1])
from converter.loading.child.main import main
sys.path.remove(sys.argv[1])
main(sys.argv[2], int(sys.argv[3]))
"""
_PACKAGES = str(Path(__file__).parents[1])


class AirflowStart:
    """A process that imports Airflow, and then waits to be asked.

    ``messages`` is the pipe that it answers in. Its ``folder`` has what it prints (``output``), and where its
    code was when it was ended (``stack``); both it and the process are gone when it is closed.
    """

    def __init__(self, python: str = sys.executable, variables: Mapping[str, str] | None = None) -> None:
        """Start it. ``variables`` are added to the environment. Raises OSError."""
        self._began_with = dict(os.environ)
        self._closed = False
        self.folder = Path(tempfile.mkdtemp(prefix="dag2sfn-"))
        self.output, self.stack = self.folder / "output", self.folder / "stack"
        self._request = self.folder / "request.json"
        self.messages, self._answers = os.pipe()
        waits_at, self._gate = os.pipe()
        try:
            with self.output.open("wb") as output:
                self.process = subprocess.Popen(
                    [python, "-c", _BOOTSTRAP, _PACKAGES, str(self._request), str(waits_at)],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    env={**(variables or {}), **self._environment()},
                    pass_fds=[self._answers, waits_at],
                    start_new_session=True,
                )
        except OSError:
            for end in (self.messages, self._gate):
                os.close(end)
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        finally:
            os.close(waits_at)
            os.close(self._answers)

    def _environment(self) -> dict[str, str]:
        """Return an environment in which Airflow needs no database and leaves nothing behind."""
        return {
            **os.environ,
            "_AIRFLOW__AS_LIBRARY": "1",
            "AIRFLOW_HOME": str(self.folder / "airflow"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "sqlite://",
            # Or a client of AWS waits for the metadata service of a machine that has none.
            "AWS_EC2_METADATA_DISABLED": "true",
            # Or the last lines of a file that is killed would be lost.
            "PYTHONUNBUFFERED": "1",
        }

    def ask(self, request: Mapping[str, Any]) -> None:
        """Tell it what to read; the form of the request is that of ``loading.child.main``."""
        told = {"pipe": self._answers, "output": str(self.output), "stack": str(self.stack), **request}
        self._request.write_text(json.dumps(told))
        with contextlib.suppress(BrokenPipeError):  # it has ended: who waits for its answers will see
            os.write(self._gate, b"!")

    def close(self) -> None:
        """End the process and all that it started in its group."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for end in (self.messages, self._gate):
            os.close(end)
        shutil.rmtree(self.folder, ignore_errors=True)

    def would_be_the_same_now(self) -> bool:
        """Whether one that is started now would have the same environment."""
        return dict(os.environ) == self._began_with


_begun: list[AirflowStart] = []


def begin() -> None:
    """Start a process for the first one who wants such a one; if nobody does, it ends with this process."""
    with contextlib.suppress(OSError):
        _begun.append(AirflowStart())
        atexit.register(_begun[0].close)


def started(python: str, variables: Mapping[str, str]) -> AirflowStart:
    """Return the process that was begun, if it is as it would be started now; else start one.

    Raises OSError.
    """
    if _begun and python == sys.executable and not variables and _begun[0].would_be_the_same_now():
        return _begun.pop()
    return AirflowStart(python, variables)
