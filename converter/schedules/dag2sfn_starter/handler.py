"""Starts the runs of a DAG as its schedule says: each once, however often and in whatever order it is asked.

Events::

    {"scheduled": "<ISO 8601>"}                   start the run that is due at this moment, if any
    {"from": "<ISO 8601>", "to": "<ISO 8601>"}    tell the runs with these logical dates, and start none

Answers: ``{"started": "<ARN>"}``, ``{"exists": "<execution's name>"}`` or ``{"nothing": "<why>"}`` to the
first, ``{"runs": [{"name", "input"}, ...], "more": "<from where to go on, or null>"}`` to the second.

EventBridge Scheduler delivers at least once, perhaps late, and wakes this function also when no run is due.
So everything follows from the moment that was scheduled: the data interval, the run id and the execution's
name, which Step Functions takes once in 90 days. Nothing older than 80 days is started, since its name may be
free again.
"""

import datetime
import hashlib
import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from .timetable import UTC, Run, Timetable, instant

#: What the converter has found out about the DAG's schedule.
SCHEDULE = Path(__file__).with_name("schedule.json")
OLDEST = datetime.timedelta(days=80)
MOST_RUNS = 500
#: As long as any execution's name (AWS documentation, StartExecution).
LONGEST_NAME = 80


def handler(event: dict[str, Any], context: Any = None) -> dict[str, Any]:
    """Answer an event (the function's entry point)."""
    schedule = _schedule()
    if "from" in event:
        return runs(schedule, event["from"], event["to"])
    now = datetime.datetime.now(UTC)
    return start(schedule, event["scheduled"], now, _client(), os.environ["STATE_MACHINE"])


def start(
    schedule: dict[str, Any], scheduled: str, now: datetime.datetime, client: Any, machine: str
) -> dict[str, Any]:
    """Start the run that is due at a moment, with the client and the machine given."""
    moment = instant(scheduled).replace(second=0, microsecond=0)
    if moment < now - OLDEST:
        return {
            "nothing": f"{scheduled} is more than {OLDEST.days} days ago; `dag2sfn backfill` starts its run"
        }
    timetable = Timetable(schedule)
    run = timetable.at(moment)
    if run is None:
        return {"nothing": f"no run is due at {scheduled}"}
    name, content = _execution(schedule, timetable, run)
    if schedule.get("continuous") and _is_running(client, machine):
        return {"nothing": "the run before has not ended"}
    try:
        started = client.start_execution(stateMachineArn=machine, name=name, input=content)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise  # Lambda, then Scheduler, try again
        return {"exists": name}
    return {"started": started["executionArn"]}


def runs(schedule: dict[str, Any], first: str, last: str) -> dict[str, Any]:
    """Return the runs whose logical dates are from one moment to another, the first 500 of them."""
    timetable = Timetable(schedule)
    told: list[dict[str, str]] = []
    for run in timetable.for_dates(instant(first), instant(last)):
        if len(told) == MOST_RUNS:
            return {"runs": told, "more": run.start.isoformat()}
        name, content = _execution(schedule, timetable, run)
        told.append({"name": name, "input": content})
    return {"runs": told, "more": None}


def _is_running(client: Any, machine: str) -> bool:
    # The alias at the end of the ARN leads to one version; a run of the one before counts as well.
    unqualified = ":".join(machine.split(":")[:7])
    found = client.list_executions(stateMachineArn=unqualified, statusFilter="RUNNING", maxResults=1)
    return bool(found["executions"])


def _execution(schedule: dict[str, Any], timetable: Timetable, run: Run) -> tuple[str, str]:
    """Return name and input of the execution of a run."""
    run_id = f"scheduled__{getattr(run, schedule['run_id_from']).isoformat()}"
    content = {
        "conf": {},
        "run_id": run_id,
        "logical_date": run.start.isoformat(),
        "data_interval_start": run.start.isoformat(),
        "data_interval_end": run.end.isoformat(),
        # When LatestOnlyOperator skips: after the end of the next interval.
        "latest_until": timetable.latest_until(run).isoformat(),
    }
    return execution_name(run_id), json.dumps(content)


def execution_name(run_id: str) -> str:
    """Return the name of the execution of a run, as `dag2sfn run` and the plugin look for it."""
    fitted = re.sub(r"[^A-Za-z0-9_-]", "-", run_id)
    if fitted == run_id and len(run_id) <= LONGEST_NAME:
        return run_id
    digest = hashlib.sha256(run_id.encode()).hexdigest()[:6]
    return f"{fitted[: LONGEST_NAME - 7]}-{digest}"


@cache
def _schedule() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(SCHEDULE.read_text("utf-8"))
    return document


@cache
def _client() -> Any:
    return boto3.client("stepfunctions")
