"""DataBrew job runs. The job must exist; as a run has no arguments, the job's tags say what its runs do."""

from __future__ import annotations

from secrets import token_hex
from typing import Any

from converter.local.integrations.jobs.kinds import (
    Answer,
    JobDesk,
    JobKind,
    Request,
    listing,
    showing,
    starting,
    stopping,
)
from converter.local.integrations.jobs.model import Job, Phase


def _identify(desk: JobDesk, request: Request) -> tuple[str, str]:
    identity = f"db_{token_hex(32)}"
    return identity, desk.arn(f"job/{request['Name']}/{identity}")


def _definition(desk: JobDesk, request: Request) -> Any:
    return desk.backend.describe_job(request["Name"]).tags


def _show(desk: JobDesk, job: Job) -> Answer:
    now = desk.now()
    over = job.is_over(now)
    until = job.ends_on if over else now
    return {
        "RunId": job.id,
        "JobName": job.request["Name"],
        "Attempt": 0,
        "State": desk.state(job),
        "ErrorMessage": job.problem(now),
        "StartedOn": job.created_on,
        "CompletedOn": job.ends_on if over else None,
        "ExecutionTime": round((until - job.created_on).total_seconds()),
    }


RUN = JobKind(
    service="databrew",
    name="job run",
    states={
        Phase.QUEUED: "STARTING",
        Phase.RUNNING: "RUNNING",
        Phase.SUCCEEDED: "SUCCEEDED",
        Phase.FAILED: "FAILED",
        Phase.TIMED_OUT: "TIMEOUT",
        Phase.STOPPED: "STOPPED",
    },
    identify=_identify,
    show=_show,
    operations={
        "StartJobRun": starting(lambda desk, job: {"RunId": job.id}),
        "DescribeJobRun": showing("RunId"),
        "ListJobRuns": listing("JobRuns", JobDesk.show, Name="Name"),
        "StopJobRun": stopping("RunId", lambda desk, job: {"RunId": job.id}),
    },
    refusal="ValidationException",
    unknown=("ResourceNotFoundException", "Job run {} not found."),
    definition=_definition,
)
