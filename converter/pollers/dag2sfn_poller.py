"""Tells a Step Functions execution which tasks of sibling branches are finished, and how they ended.

Event::

    {"execution": "<ARN of the execution>", "started": "<its start, ISO 8601>",
     "tasks": {"<task id>": {"job": "<Glue job>", "window": <seconds>}, ...},
     "known": {"<task id>": <record>, ...},
     "until": ["failed", ...], "deadline": <seconds>}

``job`` is there for a task whose success can be seen in Glue, ``window`` only where its runs are recognised
by their start time. ``known`` has the records of tasks that ended in an earlier execution, from which this
one goes on; it may be left out. With ``until``, there is no answer but the error ``NotReady`` until all tasks
are finished, or one of them with one of these outcomes, or until ``deadline`` seconds after the start.
Answer::

    {"records": {"<task id>": {"state": "success", "at": <ms since 1970>, "output": <XCom value>}, ...}}

with a record for every task that is finished. Two sources are asked:

* the table of outcome records (environment variable OUTCOME_TABLE, if there is one), to which a task's own
  branch writes how the task ended: failed after all tries, skipped, upstream_failed, and success if the
  task is no Glue job;
* Glue, of which only success is believed. A failed run may be retried by its branch, and a job that never
  starts has no run at all: both end in an outcome record.

A run is the task's own because StartJobRun was given the argument ``--dag2sfn-run`` with execution, task
and map index. With ``window``, it is instead any run that started since the execution's start, rounded
down to a multiple of ``window`` seconds (0: not rounded).
"""

import datetime
import json
import os
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

RUN_ARGUMENT = "--dag2sfn-run"
#: How far Glue's clock may be behind that of Step Functions. Runs are listed newest first, and those
#: older than the execution are not looked through.
CLOCK_SKEW = datetime.timedelta(minutes=5)
PAGE_SIZE = 200
#: Errors after which the next poll may well succeed, when the client's own retries are used up.
THROTTLING = {"ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded"}


class NotReady(Exception):
    """The wait is not over. Step Functions sees the name of the class, and Retry repeats the question."""


_CONFIG = Config(retries={"mode": "standard", "max_attempts": 8}, connect_timeout=5, read_timeout=20)
_clients: dict[str, Any] = {}


def handler(event: dict[str, Any], context: Any = None) -> dict[str, Any]:
    """Answer one poll (the function's entry point)."""
    answered = answer(
        event, glue=_client("glue"), dynamodb=_client("dynamodb"), table=os.getenv("OUTCOME_TABLE")
    )
    now = datetime.datetime.now(datetime.timezone.utc)
    if "until" in event and not is_over(event, answered["records"], now):
        missing = [task for task in event["tasks"] if task not in answered["records"]]
        raise NotReady(f"not finished: {', '.join(missing)}"[:1000])
    return answered


def is_over(event: dict[str, Any], records: dict[str, Any], now: datetime.datetime) -> bool:
    """Return whether the wait that an event with ``until`` speaks of is over, with these records."""
    ended = [records[task]["state"] for task in event["tasks"] if task in records]
    if len(ended) == len(event["tasks"]) or not set(event["until"]).isdisjoint(ended):
        return True
    return now >= _instant(event["started"]) + datetime.timedelta(seconds=event["deadline"])


def answer(event: dict[str, Any], *, glue: Any, dynamodb: Any, table: str | None) -> dict[str, Any]:
    """Return ``{"records": …}`` for an event, asking the clients given."""
    tasks = event["tasks"]
    records = dict(event.get("known", {}))
    asked = [task for task in tasks if task not in records]
    if table and asked:
        records.update(_published(dynamodb, table, event["execution"], asked))
    jobs: dict[str, list[str]] = {}
    for task, asked in tasks.items():
        if task not in records and "job" in asked:
            jobs.setdefault(asked["job"], []).append(task)
    for job, waiting in jobs.items():
        records.update(_succeeded(glue, job, waiting, event))
    return {"records": records}


def _client(service: str) -> Any:
    # One client for the life of the function: connections are reused from poll to poll.
    if service not in _clients:
        _clients[service] = boto3.Session().client(service, config=_CONFIG)  # type: ignore[call-overload]
    return _clients[service]


def _published(dynamodb: Any, table: str, execution: str, tasks: list[str]) -> dict[str, Any]:
    """Return the outcome records that the tasks' own branches have written."""
    records: dict[str, Any] = {}
    for start in range(0, len(tasks), 100):  # BatchGetItem takes 100 keys
        keys = [{"id": {"S": f"{execution}/{task}"}} for task in tasks[start : start + 100]]
        request = {table: {"Keys": keys, "ConsistentRead": True}}
        while request:
            response = dynamodb.batch_get_item(RequestItems=request)
            for item in response["Responses"].get(table, []):
                task = item["id"]["S"][len(execution) + 1 :]
                records[task] = json.loads(item["record"]["S"])
            request = response.get("UnprocessedKeys")
    return records


def _succeeded(glue: Any, job: str, tasks: list[str], event: dict[str, Any]) -> dict[str, Any]:
    """Return a record for each task of which a run of the job has succeeded."""
    oldest = {task: _oldest(_instant(event["started"]), event["tasks"][task]) for task in tasks}
    records: dict[str, Any] = {}
    try:
        for run in _runs(glue, job, min(oldest.values())):
            for task in tasks:
                if task not in records and _is_success(run, task, oldest[task], event):
                    records[task] = {
                        "state": "success",
                        "at": round(run["CompletedOn"].timestamp() * 1000),
                        "output": run["Id"],
                    }
            if len(records) == len(tasks):
                break
    except ClientError as error:
        # A job that does not exist has no runs; that its task failed is told by an outcome record.
        if error.response["Error"]["Code"] not in THROTTLING | {"EntityNotFoundException"}:
            raise
    return records


def _is_success(run: dict[str, Any], task: str, oldest: datetime.datetime, event: dict[str, Any]) -> bool:
    if run["JobRunState"] != "SUCCEEDED" or "CompletedOn" not in run:
        return False
    if "window" in event["tasks"][task]:
        return bool(run.get("StartedOn", oldest) >= oldest)
    return bool(run.get("Arguments", {}).get(RUN_ARGUMENT) == f"{event['execution']}/{task}/-1")


def _runs(glue: Any, job: str, oldest: datetime.datetime) -> Iterator[dict[str, Any]]:
    """Yield the job's runs, newest first, down to those that started at ``oldest``."""
    page: dict[str, str] = {}
    while True:
        response = glue.get_job_runs(JobName=job, MaxResults=PAGE_SIZE, **page)
        for run in response["JobRuns"]:
            if run.get("StartedOn", oldest) < oldest:
                return
            yield run
        if not response.get("NextToken"):
            return
        page = {"NextToken": response["NextToken"]}


def _oldest(started: datetime.datetime, asked: dict[str, Any]) -> datetime.datetime:
    """Return the start time of the oldest run that may be a task's."""
    if "window" not in asked:
        return started - CLOCK_SKEW
    if not asked["window"]:
        return started
    seconds = int(started.timestamp()) // asked["window"] * asked["window"]
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


def _instant(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
