"""The child process: starts Airflow, reads DAG files one after another, and reports on each.

It writes a JSON object per line to the pipe::

    {"unusable": text}                        Airflow cannot be used; nothing follows
    {"unlistable": text, "one_folder": [path, path] | []}
                                              Airflow cannot list the folder's files; nothing follows
    {"files": [path, ...], "packed": [...]}   what will be read, in this order, and zip archives of DAGs
    {"begin": path, "printed": bytes}         before each file is imported, and after:
    {"read": path, "dags": [...], "failure": {...} | null, "stand_ins": [...], "printed": bytes}

``discovery`` says what ``one_folder`` is, ``reading`` what is in ``dags``, ``failure`` and ``stand_ins``;
``printed`` is the size of the output so far. All other paths are absolute.
"""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import sys
import traceback
from pathlib import Path
from typing import IO, Any

from converter.loading.child.left_out import unneeded_modules_left_out
from converter.loading.paths import DagRoot
from converter.workflow import to_json

#: From the first version until before the second.
USABLE_AIRFLOWS = (((2, 11), (2, 12)), ((3, 1), (4, 0)))

#: How many objects are made before garbage is looked for: those of a large DAG.
_OBJECTS_BEFORE_COLLECTION = 10_000


def main(request_file: str, gate: int) -> None:
    """Serve the request that ``reader`` wrote, then end the process, whatever threads the files left.

    Airflow is imported before it is read: there is one as soon as the pipe ``gate`` can be read from.
    """
    # Nothing of what is imported is garbage: to look for it again and again takes a tenth of the start.
    gc.disable()
    problem = _airflow_problem()
    if not os.read(gate, 1):
        os._exit(0)  # who started it is gone
    os.close(gate)
    request = json.loads(Path(request_file).read_text())
    root = DagRoot(**request["root"])
    # Last, so that helpers beside a DAG file are importable and do not hide the standard library.
    sys.path.append(root.folder)
    sys.path += request["folders"]
    with os.fdopen(request["pipe"], "w") as pipe, open(request["stack"], "a") as stack:
        # A program that a DAG file starts must not keep the parent waiting for the pipe's end.
        os.set_inheritable(pipe.fileno(), False)
        if problem:
            _send(pipe, {"unusable": problem})
        else:
            _take_up(request["environment"], root)
            _serve(request, root, pipe, stack)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _send(pipe: IO[str], *messages: dict[str, Any]) -> None:
    pipe.write("".join(f"{json.dumps(to_json(message))}\n" for message in messages))
    pipe.flush()


def _airflow_problem() -> str:
    """Import Airflow; return why it cannot be used, or nothing."""
    try:
        import airflow

        version = tuple(int(part) for part in airflow.__version__.split(".")[:2])
        if not any(first <= version < end for first, end in USABLE_AIRFLOWS):
            return f"Airflow {airflow.__version__} is installed"
        with unneeded_modules_left_out():
            import converter.loading.child.airflow_names  # noqa: F401 - whether it can be imported
    except Exception as error:  # noqa: BLE001  (a broken installation can raise anything; the parent shows it)
        return "".join(traceback.format_exception_only(error)).strip()
    return ""


def _take_up(environment: dict[str, str], root: DagRoot) -> None:
    """Let the environment be this one for Airflow, too, which asks for it whenever it needs a setting."""
    os.environ.update(environment)
    from airflow import settings

    settings.DAGS_FOLDER = root.folder  # but for this one


def _serve(request: dict[str, Any], root: DagRoot, pipe: IO[str], stack: IO[str]) -> None:
    # Only now, because they import Airflow.
    from converter.loading.child.discovery import UnlistableError, find_files
    from converter.loading.child.reading import Reader, one_line
    from converter.loading.timetables import Timetables

    reader = Reader(
        root,
        plugins=request["folders"],
        variables=request["variables"],
        allow_network=request["allow_network"],
        timetables=Timetables(**request["timetables"]),
    )
    try:
        files, packed = (request["files"], []) if request["files"] else find_files(root)
    except UnlistableError as error:
        _send(pipe, {"unlistable": one_line(error.error), "one_folder": error.one_folder})
        return
    # Every process lists all files, and reads its share of them.
    index, count = request["share"]
    files, packed = files[index::count], packed if index == 0 else []
    _send(pipe, {"files": files, "packed": packed})
    # Nothing is written beside the DAG files, not even bytecode.
    sys.dont_write_bytecode = True
    gc.freeze()
    # Python's own number is that of a few operators: it would look for garbage in each file, several times.
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTION)
    gc.enable()
    # The output is measured here: when the parent looks, it may be that of this file and of the next.
    done: list[dict[str, Any]] = []
    for file in files:
        stack.truncate(0)
        # With what was read before: the parent is woken once.
        _send(pipe, *done, {"begin": file, "printed": os.path.getsize(request["output"])})
        # The parent ends a file that takes too long; this tells it where the file was.
        faulthandler.dump_traceback_later(request["timeout"], file=stack)
        report = reader.read(file)
        faulthandler.cancel_dump_traceback_later()
        done = [{**report, "printed": os.path.getsize(request["output"])}]
    _send(pipe, *done)
