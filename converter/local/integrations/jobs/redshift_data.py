"""Statements of the Redshift Data API. None has a result set; seconds and outcome stand in a comment."""

from __future__ import annotations

from uuid import uuid4

from converter.local.integrations.jobs.kinds import (
    Answer,
    JobDesk,
    JobKind,
    Request,
    described_shape,
    echo,
    listing,
    showing,
    starting,
)
from converter.local.integrations.jobs.model import Job, Phase


def _identify(desk: JobDesk, request: Request) -> tuple[str, str]:
    identity = str(uuid4())
    return identity, identity  # statements have no ARN


def _show(desk: JobDesk, job: Job) -> Answer:
    now = desk.now()
    until = job.ends_on if job.is_over(now) else now
    request = job.request
    return {
        **echo(request, described_shape("redshift-data", "DescribeStatement")),
        "Id": job.id,
        "Status": desk.state(job),
        "QueryString": request.get("Sql"),
        "QueryParameters": request.get("Parameters"),
        "SubStatements": [
            {"Id": f"{job.id}:{number}", "QueryString": sql, "Status": desk.state(job), "HasResultSet": False}
            for number, sql in enumerate(request.get("Sqls", []), start=1)
        ]
        or None,
        "Duration": round((until - job.created_on).total_seconds() * 1_000_000_000),
        "Error": job.problem(now),
        "HasResultSet": False,
        "ResultRows": 0,
        "ResultSize": 0,
        "CreatedAt": job.created_on,
        "UpdatedAt": until,
    }


def _started(desk: JobDesk, job: Job) -> Answer:
    operation = "BatchExecuteStatement" if "Sqls" in job.request else "ExecuteStatement"
    echoed = echo(job.request, described_shape("redshift-data", operation))
    return {**echoed, "Id": job.id, "CreatedAt": job.created_on}


def _entry(desk: JobDesk, job: Job) -> Answer:
    shown = desk.show(job)
    members = ("Id", "Status", "QueryString", "CreatedAt", "UpdatedAt")
    return {name: shown[name] for name in members if name in shown}


def _cancel(desk: JobDesk, request: Request) -> Answer:
    could_be = not desk.known(request["Id"]).is_over(desk.now())
    desk.stop(request["Id"])
    return {"Status": could_be}


STATEMENT = JobKind(
    service="redshift-data",
    name="statement",
    states={
        Phase.QUEUED: "SUBMITTED",
        Phase.RUNNING: "STARTED",
        Phase.SUCCEEDED: "FINISHED",
        Phase.FAILED: "FAILED",
        Phase.TIMED_OUT: "ABORTED",
        Phase.STOPPED: "ABORTED",
    },
    identify=_identify,
    show=_show,
    operations={
        "ExecuteStatement": starting(_started),
        "BatchExecuteStatement": starting(_started),
        "DescribeStatement": showing("Id"),
        "ListStatements": listing("Statements", _entry),
        "CancelStatement": _cancel,
    },
    refusal="ValidationException",
    unknown=("ResourceNotFoundException", "Query does not exist."),
)
