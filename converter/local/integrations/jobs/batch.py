"""AWS Batch jobs. Queues are not looked up; a registered job definition may say seconds and outcome too."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from converter.local.integrations.jobs.kinds import (
    Answer,
    JobDesk,
    JobKind,
    Request,
    described_shape,
    echo,
    listing,
    nothing,
    present,
    starting,
    stopping,
)
from converter.local.integrations.jobs.model import Job, Phase
from converter.local.integrations.shapes import epoch_milliseconds

_ESSENTIAL_EXITED = "Essential container in task exited"
_TIMED_OUT = "Job attempt duration exceeded timeout"


def _identify(desk: JobDesk, request: Request) -> tuple[str, str]:
    identity = str(uuid4())
    return identity, desk.arn(f"job/{identity}")


def _definition(desk: JobDesk, request: Request) -> Any:
    found = desk.backend.get_job_definition(request["jobDefinition"])
    return found and [found.parameters, found.container_properties]


def _show(desk: JobDesk, job: Job) -> Answer:
    now = desk.now()
    phase, request = job.phase(now), job.request
    shape = described_shape("batch", "DescribeJobs", "jobs")
    container = dict(request.get("containerOverrides", {}))
    summary = _summary(desk, job)
    attempts = []
    if job.is_over(now):
        if job.has_run(now):
            container["exitCode"] = {Phase.SUCCEEDED: 0, Phase.FAILED: 1}.get(phase, 137)
        attempt = {name: summary.get(name) for name in ("startedAt", "stoppedAt", "statusReason")}
        attempts = [present({"container": {"exitCode": container.get("exitCode")}, **attempt})]
    return {
        **echo(request, shape),
        **summary,
        "jobQueue": _arn(desk, "job-queue", request["jobQueue"]),
        "attempts": attempts,
        "container": container,
        "dependsOn": request.get("dependsOn", []),
        "parameters": request.get("parameters", {}),
        "tags": request.get("tags", {}),
    }


def _summary(desk: JobDesk, job: Job) -> Answer:
    now = desk.now()
    phase, over = job.phase(now), job.is_over(now)
    reasons = {Phase.STOPPED: job.problem(now), Phase.TIMED_OUT: _TIMED_OUT}
    return present(
        {
            "jobArn": job.arn,
            "jobId": job.id,
            "jobName": job.request["jobName"],
            "jobDefinition": _arn(desk, "job-definition", job.request["jobDefinition"]),
            "status": desk.state(job),
            "statusReason": reasons.get(phase, _ESSENTIAL_EXITED) if over else None,
            "createdAt": epoch_milliseconds(job.created_on),
            "startedAt": epoch_milliseconds(job.runs_from) if job.has_run(now) else None,
            "stoppedAt": epoch_milliseconds(job.ends_on) if over else None,
        }
    )


def _arn(desk: JobDesk, kind: str, name: str) -> str:
    return name if name.startswith("arn:") else desk.arn(f"{kind}/{name}")


def _describe(desk: JobDesk, request: Request) -> Answer:
    found = filter(None, map(desk.get, request["jobs"]))
    return {"jobs": [desk.show(job) for job in found]}


def _list(desk: JobDesk, request: Request) -> Answer:
    wanted = request.get("jobStatus", "RUNNING")  # the API's default
    found: list[Answer] = listing("jobs", _summary, jobQueue="jobQueue")(desk, request)["jobs"]
    return {"jobSummaryList": [job for job in found if job["status"] == wanted]}


def _cancel(desk: JobDesk, request: Request) -> Answer:
    """CancelJob leaves a job alone that runs already (AWS Batch API Reference)."""
    job = desk.known(request["jobId"])
    if job.phase(desk.now()) is Phase.QUEUED:
        desk.stop(job.id, request["reason"])
    return {}


def _started(desk: JobDesk, job: Job) -> Answer:
    return {"jobArn": job.arn, "jobId": job.id, "jobName": job.request["jobName"]}


JOB = JobKind(
    service="batch",
    name="job",
    states={
        Phase.QUEUED: "RUNNABLE",
        Phase.RUNNING: "RUNNING",
        Phase.SUCCEEDED: "SUCCEEDED",
        Phase.FAILED: "FAILED",
        Phase.TIMED_OUT: "FAILED",
        Phase.STOPPED: "FAILED",
    },
    identify=_identify,
    show=_show,
    operations={
        "SubmitJob": starting(_started),
        "DescribeJobs": _describe,
        "ListJobs": _list,
        "TerminateJob": stopping("jobId", nothing, reason="reason"),
        "CancelJob": _cancel,
    },
    refusal="ClientException",
    unknown=("ClientException", "Job {} does not exist"),
    definition=_definition,
)
