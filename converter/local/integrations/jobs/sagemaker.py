"""SageMaker's training, processing, transform and tuning jobs: one model, four names."""

from __future__ import annotations

import re

from converter.local.integrations.jobs.kinds import (
    Answer,
    JobDesk,
    JobError,
    JobKind,
    Request,
    described_shape,
    echo,
    nothing,
    showing,
    starting,
    stopping,
)
from converter.local.integrations.jobs.model import Job, Phase

_STATES = {
    Phase.QUEUED: "InProgress",
    Phase.RUNNING: "InProgress",
    Phase.SUCCEEDED: "Completed",
    Phase.FAILED: "Failed",
    Phase.TIMED_OUT: "Stopped",
    Phase.STOPPED: "Stopped",
}


def _extras(noun: str, desk: JobDesk, job: Job) -> Answer:
    """Return the members that only one of the four has."""
    state = _STATES[job.phase(desk.now())]
    if noun == "TrainingJob":
        output = job.request.get("OutputDataConfig", {}).get("S3OutputPath", "").rstrip("/")
        return {
            "SecondaryStatus": "Training" if state == "InProgress" else state,
            "ModelArtifacts": {"S3ModelArtifacts": f"{output}/{job.id}/output/model.tar.gz"},
        }
    if noun == "HyperParameterTuningJob":
        none = {"Completed": 0, "InProgress": 0, "RetryableError": 0, "NonRetryableError": 0, "Stopped": 0}
        return {
            "TrainingJobStatusCounters": none,
            "ObjectiveStatusCounters": {"Succeeded": 0, "Pending": 0, "Failed": 0},
        }
    return {}


def _kind(noun: str) -> JobKind:
    verb = noun.removesuffix("Job")
    name, arn = f"{noun}Name", f"{noun}Arn"
    slug = re.sub("(?<!^)(?=[A-Z])", "-", noun).lower()

    def identify(desk: JobDesk, request: Request) -> tuple[str, str]:
        identity = request[name]
        job_arn = desk.arn(f"{slug}/{identity}")
        if desk.get(identity) is not None:
            raise JobError(
                "ResourceInUse",
                "Job name must be unique within an AWS account and region, "
                f"and a job with this name already exists ({job_arn})",
            )
        return identity, job_arn

    def show(desk: JobDesk, job: Job) -> Answer:
        now = desk.now()
        over = job.is_over(now)
        shape = described_shape("sagemaker", f"Describe{noun}")
        described = {
            **echo(job.request, shape),
            **_extras(noun, desk, job),
            name: job.id,
            arn: job.arn,
            f"{noun}Status": desk.state(job),
            "CreationTime": job.created_on,
            "LastModifiedTime": job.ends_on if over else job.created_on,
            f"{verb}StartTime": job.runs_from if job.has_run(now) else None,
            f"{verb}EndTime": job.ends_on if over else None,
            "FailureReason": job.problem(now) if job.phase(now) is Phase.FAILED else None,
        }
        # Tuning jobs have no start time.
        return {member: value for member, value in described.items() if member in shape.members}

    return JobKind(
        service="sagemaker",
        name=noun,
        states=_STATES,
        identify=identify,
        show=show,
        operations={
            f"Create{noun}": starting(lambda desk, job: {arn: job.arn}),
            f"Describe{noun}": showing(name),
            f"Stop{noun}": stopping(name, nothing),
        },
        refusal="ValidationException",
        unknown=("ValidationException", "Requested resource not found."),
    )


NOUNS = ("TrainingJob", "ProcessingJob", "TransformJob", "HyperParameterTuningJob")
KINDS = tuple(map(_kind, NOUNS))
