"""The status function of the original pattern: the latest three runs of a job, by their start time.

It mistakes another execution's run in the same period for this one's, and a failed job is waited for until
the execution dies. That is how the pattern is used; the converter's own function is
``converter/pollers/dag2sfn_poller.py``.
"""

import datetime
from typing import Any

import boto3

PERIOD_MINUTES = 1


def handler(event: dict[str, Any], context: Any = None) -> dict[str, str]:
    """Return ``{"status": "SUCCEEDED"}`` if a run since the period began has succeeded, else WAITING."""
    started = datetime.datetime.fromisoformat(event["started"].replace("Z", "+00:00"))
    begin = started.replace(minute=started.minute - started.minute % PERIOD_MINUTES, second=0, microsecond=0)
    runs = boto3.client("glue").get_job_runs(JobName=event["job"], MaxResults=3)["JobRuns"]
    done = any(run["JobRunState"] == "SUCCEEDED" and run["StartedOn"] >= begin for run in runs)
    return {"status": "SUCCEEDED" if done else "WAITING"}
