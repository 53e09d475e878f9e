"""Job runs of EMR Serverless. Applications are moto's, and are not looked up."""

from __future__ import annotations

from secrets import token_hex

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
    stopping,
)
from converter.local.integrations.jobs.model import Job, Phase

_RELEASE = "emr-7.0.0"
"""The API requires one in the answer; the application that knows it is not looked up."""


def _identify(desk: JobDesk, request: Request) -> tuple[str, str]:
    identity = f"00{token_hex(7)}"
    return identity, desk.arn(f"/applications/{request['applicationId']}/jobruns/{identity}")


def _show(desk: JobDesk, job: Job) -> Answer:
    now = desk.now()
    over = job.is_over(now)
    return {
        **echo(job.request, described_shape("emr-serverless", "GetJobRun", "jobRun")),
        **_entry(desk, job),
        "jobRunId": job.id,
        "jobDriver": job.request.get("jobDriver", {}),
        "startedAt": job.runs_from if job.has_run(now) else None,
        "endedAt": job.ends_on if over else None,
        "totalExecutionDurationSeconds": round((job.ends_on - job.begins_on).total_seconds()) if over else 0,
    }


def _names(desk: JobDesk, job: Job) -> Answer:
    return {"applicationId": job.request["applicationId"], "jobRunId": job.id}


def _entry(desk: JobDesk, job: Job) -> Answer:
    now = desk.now()
    return {
        "applicationId": job.request["applicationId"],
        "id": job.id,
        "name": job.request.get("name"),
        "arn": job.arn,
        "createdBy": f"arn:aws:iam::{desk.place.account}:root",
        "createdAt": job.created_on,
        "updatedAt": job.ends_on if job.is_over(now) else job.created_on,
        "executionRole": job.request["executionRoleArn"],
        "state": desk.state(job),
        "stateDetails": job.problem(now) or "",
        "releaseLabel": _RELEASE,
    }


RUN = JobKind(
    service="emr-serverless",
    name="job run",
    states={
        Phase.QUEUED: "PENDING",
        Phase.RUNNING: "RUNNING",
        Phase.SUCCEEDED: "SUCCESS",
        Phase.FAILED: "FAILED",
        Phase.TIMED_OUT: "FAILED",
        Phase.STOPPED: "CANCELLED",
    },
    identify=_identify,
    show=_show,
    operations={
        "StartJobRun": starting(lambda desk, job: {**_names(desk, job), "arn": job.arn}),
        "GetJobRun": showing("jobRunId", "jobRun"),
        "ListJobRuns": listing("jobRuns", _entry, applicationId="applicationId"),
        "CancelJobRun": stopping("jobRunId", _names),
    },
    refusal="ValidationException",
    unknown=("ResourceNotFoundException", "Job run {} does not exist"),
)
