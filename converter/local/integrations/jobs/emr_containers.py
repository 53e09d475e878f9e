"""Job runs of EMR on EKS. Virtual clusters are moto's, and are not looked up."""

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


def _identify(desk: JobDesk, request: Request) -> tuple[str, str]:
    identity = f"00{token_hex(9)[:17]}"
    return identity, desk.arn(f"/virtualclusters/{request['virtualClusterId']}/jobruns/{identity}")


def _show(desk: JobDesk, job: Job) -> Answer:
    now = desk.now()
    failed = job.phase(now) in (Phase.FAILED, Phase.TIMED_OUT)
    return {
        **echo(job.request, described_shape("emr-containers", "DescribeJobRun", "jobRun")),
        "id": job.id,
        "arn": job.arn,
        "state": desk.state(job),
        "stateDetails": job.problem(now) or "",
        "failureReason": "USER_ERROR" if failed else None,
        "createdAt": job.created_on,
        "finishedAt": job.ends_on if job.is_over(now) else None,
    }


RUN = JobKind(
    service="emr-containers",
    name="job run",
    states={
        Phase.QUEUED: "SUBMITTED",
        Phase.RUNNING: "RUNNING",
        Phase.SUCCEEDED: "COMPLETED",
        Phase.FAILED: "FAILED",
        Phase.TIMED_OUT: "FAILED",
        Phase.STOPPED: "CANCELLED",
    },
    identify=_identify,
    show=_show,
    operations={
        "StartJobRun": starting(
            lambda desk, job: {
                "id": job.id,
                "arn": job.arn,
                "name": job.request.get("name"),
                "virtualClusterId": job.request["virtualClusterId"],
            }
        ),
        "DescribeJobRun": showing("id", "jobRun"),
        "ListJobRuns": listing("jobRuns", JobDesk.show, virtualClusterId="virtualClusterId"),
        "CancelJobRun": stopping(
            "id", lambda desk, job: {"id": job.id, "virtualClusterId": job.request["virtualClusterId"]}
        ),
    },
    refusal="ValidationException",
    unknown=("ResourceNotFoundException", "Job run {} doesn't exist."),
)
