"""CodeBuild builds. The project must exist; its environment variables may say seconds and outcome as well."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from converter.local.integrations.jobs.kinds import (
    Answer,
    JobDesk,
    JobError,
    JobKind,
    Request,
    listing,
    starting,
    stopping,
)
from converter.local.integrations.jobs.model import Job, Phase


def _identify(desk: JobDesk, request: Request) -> tuple[str, str]:
    identity = f"{request['projectName']}:{uuid4()}"
    return identity, desk.arn(f"build/{identity}")


def _definition(desk: JobDesk, request: Request) -> Any:
    project = desk.backend.codebuild_projects.get(request["projectName"])
    if project is None:
        arn = desk.arn(f"project/{request['projectName']}")
        raise JobError("ResourceNotFoundException", f"Project cannot be found: {arn}")
    return project.project_metadata.get("environment")


def _show(desk: JobDesk, job: Job) -> Answer:
    now = desk.now()
    over = job.is_over(now)
    phase = {"phaseType": "BUILD", "phaseStatus": desk.state(job), "startTime": job.created_on}
    if problem := job.problem(now):
        phase["contexts"] = [{"statusCode": "COMMAND_EXECUTION_ERROR", "message": problem}]
    environment = dict(_definition(desk, job.request) or {})
    overrides = job.request.get("environmentVariablesOverride")
    if overrides is not None:
        environment["environmentVariables"] = overrides
    return {
        "id": job.id,
        "arn": job.arn,
        "buildNumber": _number(desk, job),
        "projectName": job.request["projectName"],
        "startTime": job.created_on,
        "endTime": job.ends_on if over else None,
        "currentPhase": "COMPLETED" if over else "BUILD" if job.has_run(now) else "QUEUED",
        "buildStatus": desk.state(job),
        "buildComplete": over,
        "phases": [phase],
        "environment": environment or None,
    }


def _number(desk: JobDesk, job: Job) -> int:
    oldest_first = [other.id for other in reversed(desk.newest_first()) if _same_project(other, job)]
    return oldest_first.index(job.id) + 1


def _same_project(one: Job, other: Job) -> bool:
    return bool(one.request["projectName"] == other.request["projectName"])


def _get_many(desk: JobDesk, request: Request) -> Answer:
    found = {identity: desk.get(identity) for identity in request["ids"]}
    return {
        "builds": [desk.show(job) for job in found.values() if job is not None],
        "buildsNotFound": [identity for identity, job in found.items() if job is None],
    }


def _shown(desk: JobDesk, job: Job) -> Answer:
    return {"build": desk.show(job)}


BUILD = JobKind(
    service="codebuild",
    name="build",
    states={
        Phase.QUEUED: "IN_PROGRESS",
        Phase.RUNNING: "IN_PROGRESS",
        Phase.SUCCEEDED: "SUCCEEDED",
        Phase.FAILED: "FAILED",
        Phase.TIMED_OUT: "TIMED_OUT",
        Phase.STOPPED: "STOPPED",
    },
    identify=_identify,
    show=_show,
    operations={
        "StartBuild": starting(_shown),
        "BatchGetBuilds": _get_many,
        "ListBuilds": listing("ids", lambda desk, job: job.id),
        "ListBuildsForProject": listing("ids", lambda desk, job: job.id, projectName="projectName"),
        "StopBuild": stopping("id", _shown),
    },
    refusal="InvalidInputException",
    unknown=("ResourceNotFoundException", "Build {} does not exist"),
    definition=_definition,
)
