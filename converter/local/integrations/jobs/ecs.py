"""Amazon ECS tasks. Clusters are not looked up; a registered task definition says which containers run."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from moto.ecs.exceptions import TaskDefinitionNotFoundException

from converter.local.integrations.jobs.kinds import (
    Answer,
    JobDesk,
    JobKind,
    Request,
    described_shape,
    echo,
    listing,
    stopping,
)
from converter.local.integrations.jobs.model import Job, Phase

_EXIT_CODES = {Phase.SUCCEEDED: 0, Phase.FAILED: 1, Phase.TIMED_OUT: 137, Phase.STOPPED: 137}
"""137: killed."""


def _run(desk: JobDesk, request: Request) -> Answer:
    jobs = [desk.start(request) for _ in range(request.get("count", 1))]
    return {"tasks": [desk.show(job) for job in jobs], "failures": []}


def _identify(desk: JobDesk, request: Request) -> tuple[str, str]:
    identity = uuid4().hex
    return identity, desk.arn(f"task/{_cluster(request)}/{identity}")


def _cluster(request: Request) -> str:
    return str(request.get("cluster", "default")).rpartition("/")[2]


def _definition(desk: JobDesk, request: Request) -> Any:
    try:
        found = desk.backend.describe_task_definition(request["taskDefinition"])
    except TaskDefinitionNotFoundException:
        return None
    return found.container_definitions


def _show(desk: JobDesk, job: Job) -> Answer:
    now = desk.now()
    phase, over, request = job.phase(now), job.is_over(now), job.request
    family = request["taskDefinition"]
    stopped = phase is Phase.STOPPED
    container = {
        "taskArn": job.arn,
        "lastStatus": desk.state(job),
        **({"exitCode": _EXIT_CODES[phase]} if over and job.has_run(now) else {}),
    }
    return {
        **echo(request, described_shape("ecs", "DescribeTasks", "tasks")),
        "taskArn": job.arn,
        "clusterArn": desk.arn(f"cluster/{_cluster(request)}"),
        "taskDefinitionArn": family if family.startswith("arn:") else desk.arn(f"task-definition/{family}"),
        "lastStatus": desk.state(job),
        "desiredStatus": "STOPPED" if over else "RUNNING",
        "containers": [
            {"name": name, "containerArn": desk.arn(f"container/{job.id}/{name}"), **container}
            for name in _container_names(desk, request)
        ],
        "createdAt": job.created_on,
        "startedAt": job.runs_from if job.has_run(now) else None,
        "stoppedAt": job.ends_on if over else None,
        "stopCode": ("UserInitiated" if stopped else "EssentialContainerExited") if over else None,
        "stoppedReason": _stopped_reason(job.problem(now), stopped=stopped) if over else None,
    }


def _stopped_reason(problem: str | None, *, stopped: bool) -> str:
    return problem or "Task stopped by user" if stopped else "Essential container in task exited"


def _container_names(desk: JobDesk, request: Request) -> list[str]:
    overrides = request.get("overrides", {}).get("containerOverrides", [])
    containers = _definition(desk, request) or [entry for entry in overrides if "name" in entry]
    family = request["taskDefinition"].rpartition("/")[2].partition(":")[0]
    return [container["name"] for container in containers] or [family]


def _describe(desk: JobDesk, request: Request) -> Answer:
    found = {name: desk.get(name) for name in request["tasks"]}
    missing = [name for name, job in found.items() if job is None]
    cluster = _cluster(request)
    return {
        "tasks": [desk.show(job) for job in found.values() if job is not None],
        "failures": [{"arn": _arn(desk, cluster, name), "reason": "MISSING"} for name in missing],
    }


def _arn(desk: JobDesk, cluster: str, name: str) -> str:
    return name if name.startswith("arn:") else desk.arn(f"task/{cluster}/{name}")


def _list(desk: JobDesk, request: Request) -> Answer:
    wanted = request.get("desiredStatus", "RUNNING")  # the API's default
    shown = listing("tasks", JobDesk.show, startedBy="startedBy")(desk, request)["tasks"]
    cluster = desk.arn(f"cluster/{_cluster(request)}")
    found = [task for task in shown if (task["desiredStatus"], task["clusterArn"]) == (wanted, cluster)]
    return {"taskArns": [task["taskArn"] for task in found]}


TASK = JobKind(
    service="ecs",
    name="task",
    states={
        Phase.QUEUED: "PENDING",
        Phase.RUNNING: "RUNNING",
        Phase.SUCCEEDED: "STOPPED",
        Phase.FAILED: "STOPPED",
        Phase.TIMED_OUT: "STOPPED",
        Phase.STOPPED: "STOPPED",
    },
    identify=_identify,
    show=_show,
    operations={
        "RunTask": _run,
        "DescribeTasks": _describe,
        "ListTasks": _list,
        "StopTask": stopping("task", lambda desk, job: {"task": desk.show(job)}, reason="reason"),
    },
    refusal="InvalidParameterException",
    unknown=("InvalidParameterException", "The referenced task was not found."),
    definition=_definition,
)
