"""The function's entry point.

Event::

    {"task_id": "<id>", "map_index": -1, "try_number": <from 1>, "timeout": <seconds, if there is a limit>,
     "run": {"run_id", "logical_date", "data_interval_start", "data_interval_end", "conf", "params",
             "partition_key", "partition_date"},
     "xcom": {"<task id>": {"return_value": <JSON>, "<key>": <JSON>}, ...},
     "mapped_xcom": {"<task id>": [{"return_value": <JSON>, ...}, ...], ...},
     "xcom_at": {"<task id>": <milliseconds>, ...},
     "room": <bytes>, "room_as_text": <bytes>, "xcom_unread": true, "xcom_over": <bytes>,
     "xcom_read_by": "<who>"}

The last five are about large XComs, see ``xcoms``.
``xcom`` has the tasks that the task reads, also those that pushed nothing; ``mapped_xcom`` the mapped ones,
with each of their instances. ``xcom_at`` says when they ended, where the task may pull an XCom without saying
from which task, as in Airflow 2. Answer::

    {"return_value": <JSON>, "xcom": {"<key>": <JSON>}, "skip": null | "all" | ["<task id>", ...]}

``done`` is there of a sensor: whether it has found what it looks for.
``xcom`` is there if the task pushed keys of its own. A task that fails raises: the exception's class is
Lambda's error type, its traceback the author's frames.
"""

import json
import logging
import os
import sys
from functools import cache
from itertools import takewhile
from pathlib import Path
from types import TracebackType
from typing import Any

from .branching import Structure
from .dag_file import LoadedDag, load_dag
from .exceptions import AirflowException, AirflowFailException, AirflowSensorTimeout, AirflowSkipException
from .places import lend_places
from .running import run_task
from .xcoms import received, sent

ROOT = Path(__file__).parents[1]
#: Third-party packages, as `dag2sfn package` installs them.
PACKAGES = ROOT / "packages"
DAGS = ROOT / "dags"
#: What is importable for the DAG file besides, as in its environment.
PLUGINS = ROOT / "plugins"
_log = logging.getLogger(__name__)


def handler(event: dict[str, Any], context: Any = None) -> dict[str, Any]:
    """Run one try of one task."""
    logging.basicConfig(stream=sys.stdout, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger().setLevel(logging.INFO)
    try:
        loaded, structure = _dag()
        return sent(run_task(loaded, structure, received(event)), event)
    # The boundary: whatever the author's code raises is the task's end, and a SystemExit or a timeout that
    # went on would end the process, of which Lambda tells no reason.
    except BaseException as error:  # noqa: BLE001
        _log.info("The task ends here.", exc_info=error)  # with the exceptions behind it, unlike Lambda
        raise _as_machines_know_it(error).with_traceback(_authors_frames(error.__traceback__)) from None


@cache
def _dag() -> tuple[LoadedDag, Structure]:
    """Import the DAG file, once for the life of the process."""
    described = json.loads((ROOT / "dag.json").read_text("utf-8"))
    file = DAGS / described["file"]
    # At the end, as Airflow has it: the author's files hide neither the standard library nor boto3.
    for folder in (PACKAGES, *takewhile(lambda folder: folder != ROOT, file.parents), PLUGINS):
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
    os.environ.setdefault("AIRFLOW_HOME", str(ROOT))
    lend_places(described.get("places", {}), DAGS)
    loaded = load_dag(file, described["dag_id"], described["airflow_version"])
    return loaded, Structure.of(described)


def _as_machines_know_it(error: BaseException) -> BaseException:
    """Return the error under the name that the machine tells outcomes by: it sees no class hierarchy.

    Lambda reports Exceptions only, so that others become one of the same name.
    """
    for known, base in (
        (AirflowSkipException, AirflowSkipException),
        (AirflowFailException, AirflowFailException),
        (AirflowSensorTimeout, AirflowFailException),
    ):
        if isinstance(error, known) and type(error) is not base:
            return base(f"{type(error).__name__}: {error}")
    if isinstance(error, SystemExit):
        return AirflowException(f"the task called sys.exit({error.code!r})")
    if not isinstance(error, Exception):
        named_alike: type[Exception] = type(type(error).__name__, (Exception,), {})
        return named_alike(*error.args)
    return error


def _authors_frames(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback from its first frame outside this package; the whole if there is none."""
    ours = str(Path(__file__).parent)
    frame = trace
    while frame is not None and frame.tb_frame.f_code.co_filename.startswith((ours, "<frozen")):
        frame = frame.tb_next
    return frame or trace
