"""Start, follow, stop and read back one execution of a deployed DAG.

The caller brings a boto3 client for Step Functions. Reading back needs the execution's ARN and nothing else,
no bundle and no database: the tasks come from the definition that the execution runs, and what became of
them from its history.
"""

from converter.executions.backfilling import SUCCEEDED, BackfilledRun, backfill, runs_between
from converter.executions.reading import follow, read_back
from converter.executions.results import RunResult, TaskResult
from converter.executions.resuming import Resumed, resume
from converter.executions.starting import find_machine, start, stop

__all__ = [
    "SUCCEEDED",
    "BackfilledRun",
    "Resumed",
    "RunResult",
    "TaskResult",
    "backfill",
    "find_machine",
    "follow",
    "read_back",
    "resume",
    "runs_between",
    "start",
    "stop",
]
