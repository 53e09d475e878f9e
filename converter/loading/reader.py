"""Reads DAG files in child processes, and ends a process when a file takes too long.

Airflow takes seconds to start, so a process reads many files: all of them, or its share of a large folder. A
file that hangs or ends the process costs a new one for the files after it. The child leads a process group of
its own, which is killed as a whole: a file may ignore signals, start threads, or start other programs.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import heapq
import json
import os
import re
import select
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any

from converter import airflow_start
from converter.all_cores import all_processors
from converter.loading.begun import BEGUN, begun
from converter.loading.mwaa import Surroundings
from converter.loading.paths import DagRoot
from converter.loading.timetables import Timetables
from converter.workflow import Location, StandIn, Workflow, stand_in_from_json, workflow_from_json

#: Seconds for Airflow to start and to list the files of a folder; two to four are usual.
START_LIMIT = 120.0
#: Files for which it is worth to start processes.
_MANY_FILES = 20
#: For fewer files than these, another process would take longer to start than it saves.
_FILES_A_PROCESS = 50
#: Cores for one process that reads: to convert what it reads takes several times as long.
_CORES_A_PROCESS = 4
#: Seconds that a file is given beyond its limit, in which the child writes down where the file is.
_GRACE = 0.5
#: Characters of a file's output that a message may show.
_LONGEST_TAIL = 300


class AirflowUnusableError(Exception):
    """The interpreter cannot be started, or has no Airflow that can be used. Says why."""


class FolderUnlistableError(Exception):
    """Airflow cannot list the files of the folder. Says why.

    ``one_folder`` are two paths that lead to the same folder, relative to the one given, if that is why.
    """

    def __init__(self, reason: str, one_folder: Sequence[str]) -> None:
        super().__init__(reason)
        self.one_folder = one_folder


@dataclass(frozen=True)
class DagRead:
    """One DAG of a file: a Workflow, or the cycle (task ids) or the error that keeps it from being one."""

    dag_id: str
    location: Location
    workflow: Workflow | None = None
    cycle: tuple[str, ...] = ()
    invalid: str = ""


@dataclass(frozen=True)
class Failure:
    """Why a file could not be read.

    ``kind`` is ``raised``, ``syntax``, ``exited`` (or killed by a signal), ``overdue``, ``packed``: a zip
    archive, or ``no_dag``: it defines no DAG, though its line makes one, or ``error``, which is unknown, may
    be one. ``error`` is one line; ``output`` the last lines that the file printed, if they may help.
    """

    kind: str
    location: Location
    error: str = ""
    output: str = ""


@dataclass(frozen=True)
class FileRead:
    """One DAG file: its DAGs in the order of their definition, or its failure; and what it needed to be read.

    ``file`` is written as in locations.
    """

    file: str
    dags: tuple[DagRead, ...] = ()
    failure: Failure | None = None
    stand_ins: tuple[StandIn, ...] = ()


@dataclass(frozen=True)
class Conditions:
    """Under which DAG files are read.

    ``timeout`` is the limit of each file, in seconds; ``python`` the interpreter whose Airflow reads them;
    ``variables`` are values of Airflow's Variables, as JSON values by name. Without ``allow_network``, the
    files reach no other machine. ``jobs`` processes at most read at once. ``surroundings`` are what is to be
    found around the files; ``timetables`` say what plain schedules mean. ``on_read`` is called with how many
    files have been read, and how many there are.
    """

    timeout: float
    python: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    allow_network: bool = False
    jobs: int = 1
    surroundings: Surroundings = field(default_factory=Surroundings)
    timetables: Timetables = field(default_factory=Timetables)
    on_read: Callable[[int, int], None] = lambda done, total: None


@begun
def read_files(path: Path, conditions: Conditions) -> Iterator[FileRead]:
    """Read a DAG file, or all those of a folder; yield each as soon as it is read.

    The processes that read are started at once. Raises AirflowUnusableError and FolderUnlistableError, before
    the first file.
    """
    root = DagRoot.of(path)
    files = [] if path.is_dir() else [os.path.abspath(path)]
    count = max(1, min(conditions.jobs // _CORES_A_PROCESS, number_of_files(path) // _FILES_A_PROCESS))
    with contextlib.ExitStack() as open_shares:
        shares = [_Share(root, files, conditions, index, count) for index in range(count)]
        for share in shares:
            open_shares.callback(share.close)
        yield BEGUN
        done = 0
        # By their place in the folder: the order is that of one process.
        for position, read in heapq.merge(*(share.read() for share in shares), key=itemgetter(0)):
            if position >= 0:
                done += 1
                conditions.on_read(done, sum(share.size for share in shares))
            yield read


def jobs_for(path: Path, jobs: int | None) -> int:
    """Return how many processes are worth starting: all cores for a folder of many files, else one.

    ``jobs`` is what the user wants, None where they do not say.
    """
    if jobs is not None:
        return jobs
    if not path.is_dir() or number_of_files(path) < _MANY_FILES:
        return 1
    return all_processors()


def number_of_files(path: Path) -> int:
    """Return how many Python files a folder has, at a glance: some may be no DAG files."""
    return sum(name.endswith(".py") for _, _, names in os.walk(path) for name in names) or 1


class _Share:
    """One process's share of a folder's files, and those in its place that go on where it was ended."""

    def __init__(
        self, root: DagRoot, files: Sequence[str], conditions: Conditions, index: int, count: int
    ) -> None:
        self.size = 0
        self._index, self._count = index, count
        self._next = functools.partial(_Child, root, conditions=conditions)
        self._child = self._next(files, share=(index, count))

    def close(self) -> None:
        """End the process, if one runs."""
        self._child.close()

    def read(self) -> Iterator[tuple[int, FileRead]]:
        """Yield each file with its place among those of the folder; below 0, if it is none of them."""
        done = 0
        while True:
            for read in self._child.read_all():
                self.size = self.size or len(self._child.listed)
                is_file = read.failure is None or read.failure.kind != "packed"
                yield (self._index + done * self._count if is_file else -1), read
                done += is_file
            files = self._child.unread
            self._child.close()
            if not files:
                return
            self._child = self._next(files, share=(0, 1))


@dataclass
class _Child:
    """One process, and what it has told so far."""

    root: DagRoot
    files: Sequence[str]
    conditions: Conditions
    share: tuple[int, int] = (0, 1)
    listed: Sequence[str] = ()
    unread: list[str] = field(default_factory=list)
    _lines: deque[bytes] = field(default_factory=deque)
    _rest: bytes = b""
    _output_start: int = 0

    def __post_init__(self) -> None:
        python, surroundings = self.conditions.python, self.conditions.surroundings
        try:
            self._airflow = airflow_start.started(python, surroundings.variables)
        except OSError as error:
            raise AirflowUnusableError(f"{python} cannot be started: {error.strerror}") from error
        # Where the system can: room for more than one file.
        with contextlib.suppress(OSError, AttributeError):
            fcntl.fcntl(self._airflow.messages, fcntl.F_SETPIPE_SZ, 1 << 20)
        self._airflow.ask(
            {
                "root": asdict(self.root),
                "files": self.files,
                "share": self.share,
                "timeout": self.conditions.timeout,
                "variables": self.conditions.variables,
                "allow_network": self.conditions.allow_network,
                "folders": surroundings.folders,
                "timetables": asdict(self.conditions.timetables),
                "environment": {
                    "AIRFLOW__CORE__DAGS_FOLDER": self.root.folder,
                    **self.conditions.timetables.variables(),
                },
            }
        )

    def close(self) -> None:
        """End the process and all that it started in its group."""
        self._airflow.close()

    def read_all(self) -> Iterator[FileRead]:
        """Yield what is read. Ends early, leaving ``unread`` files, when a file hangs or ends the process."""
        listing = self._next_message(START_LIMIT)
        if "unlistable" in listing:
            raise FolderUnlistableError(listing["unlistable"], listing["one_folder"])
        if "files" not in listing:
            raise AirflowUnusableError(listing.get("unusable") or self._start_problem(listing))
        self.listed = listing["files"]
        self.unread = list(self.listed)
        for packed in listing["packed"]:
            shown = self.root.shown(packed)
            yield FileRead(shown, failure=Failure("packed", Location(shown)))
        while self.unread:
            file = self.unread[0]
            beginning = self._next_message(START_LIMIT)
            self._output_start = beginning.get("printed", self._output_start)
            message = self._next_message(self.conditions.timeout + _GRACE)
            self.unread.pop(0)
            if "read" not in message:
                yield FileRead(self.root.shown(file), failure=self._abnormal_end(file, message))
                return
            yield self._file_read(self.root.shown(file), message)

    def _file_read(self, file: str, message: Mapping[str, Any]) -> FileRead:
        failure = None
        if found := message["failure"]:
            output = self._printed(message["printed"]) if found["kind"] == "exited" else ""
            failure = Failure(found["kind"], Location(**found["location"]), found["error"], output)
        stand_ins = tuple(map(stand_in_from_json, message["stand_ins"]))
        return FileRead(file, tuple(map(_dag_read, message["dags"])), failure, stand_ins)

    def _next_message(self, limit: float) -> Mapping[str, Any]:
        """Return the next message; ``{}`` if none came within ``limit`` seconds; ``{"ended": code}``."""
        deadline = time.monotonic() + limit
        while not self._lines:
            left = deadline - time.monotonic()
            if left <= 0:
                return {}
            # Not only the pipe is watched: a copy of the process may hold it open. Asked before the pipe, so
            # that nothing can be written in between: an ended process and a silent pipe are the end.
            code = self._airflow.process.poll()
            if select.select([self._airflow.messages], [], [], min(left, 0.2))[0]:
                received = os.read(self._airflow.messages, 1 << 20)
                if not received:
                    return {"ended": self._exit_code(max(left, 1.0))}
                # Split once: a process that reads ahead may have hundreds of messages in the pipe.
                *lines, self._rest = (self._rest + received).split(b"\n")
                self._lines.extend(lines)
            elif code is not None:
                return {"ended": code}
        message: Mapping[str, Any] = json.loads(self._lines.popleft())
        return message

    def _exit_code(self, limit: float) -> int | None:
        """Return the exit code of a process that closed its pipe; None if it lives on."""
        try:
            return self._airflow.process.wait(limit)
        except subprocess.TimeoutExpired:
            return None

    def _start_problem(self, listing: Mapping[str, Any]) -> str:
        if not listing:
            return f"it did not start within {START_LIMIT:.0f} s"
        return f"it ended while it started: {self._printed() or _way_of_ending(listing['ended'])}"

    def _abnormal_end(self, file: str, message: Mapping[str, Any]) -> Failure:
        shown = self.root.shown(file)
        if not message:
            return Failure("overdue", Location(shown, self._line_in_stack(file)), output=self._printed())
        return Failure("exited", Location(shown), _way_of_ending(message["ended"]), self._printed())

    def _line_in_stack(self, file: str) -> int:
        """Return the innermost line of the file in the traceback that the child wrote at its limit."""
        threads = self._airflow.stack.read_text(errors="replace").split("\n\n")
        # The main thread is the last one.
        match = re.search(rf'File "{re.escape(file)}", line (\d+) ', threads[-1])
        return int(match[1]) if match else 0

    def _printed(self, end: int | None = None) -> str:
        """Return the last lines that the process printed since the present file began, as one line.

        ``end`` is the size of the output when the file ended; without it, the file is the last one.
        """
        end = self._airflow.output.stat().st_size if end is None else end
        start = max(self._output_start, end - _LONGEST_TAIL)
        with self._airflow.output.open("rb") as output:
            output.seek(start)
            lines = output.read(max(end - start, 0)).decode(errors="replace").split("\n")
        return " / ".join([line.strip() for line in lines if line.strip()][-3:])[-_LONGEST_TAIL:]


def _way_of_ending(code: int | None) -> str:
    if code is None:
        return "closed its files"
    if code >= 0:
        return f"exit status {code}"
    with contextlib.suppress(ValueError):
        return f"signal {signal.Signals(-code).name}"
    return f"signal {-code}"


def _dag_read(data: Mapping[str, Any]) -> DagRead:
    return DagRead(
        dag_id=data["dag_id"],
        location=Location(**data["location"]),
        workflow=workflow_from_json(data["workflow"]) if data["workflow"] else None,
        cycle=tuple(data["cycle"]),
        invalid=data["invalid"],
    )
