"""``.sync`` for jobs that are modelled: start, wait, return the job as its service shows it.

A Task that is cancelled stops its jobs, as AWS does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from converter.engine import TaskCall, TaskFailure
from converter.local.integrations.aws_calls import AwsCalls, unless_cancelled
from converter.local.integrations.jobs.athena import QUERY
from converter.local.integrations.jobs.batch import JOB
from converter.local.integrations.jobs.codebuild import BUILD
from converter.local.integrations.jobs.databrew import RUN as DATABREW_RUN
from converter.local.integrations.jobs.ecs import TASK
from converter.local.integrations.jobs.emr_containers import RUN as CONTAINERS_RUN
from converter.local.integrations.jobs.emr_serverless import RUN as SERVERLESS_RUN
from converter.local.integrations.jobs.kinds import JobDesk, JobKind, described_shape
from converter.local.integrations.jobs.model import Job, Phase
from converter.local.integrations.jobs.sagemaker import KINDS as SAGEMAKER
from converter.local.integrations.jobs.sagemaker import NOUNS
from converter.local.integrations.jobs.services import desk_for
from converter.local.integrations.resources import Place, Resource
from converter.local.integrations.shapes import Json, compact, epoch_milliseconds, from_api

# AWS looks again after some seconds to minutes; here a job's end is seen at once.
CHECK_SECONDS = 0.1


@dataclass(frozen=True)
class SyncJob:
    """How an optimised integration waits for a kind of job.

    ``ids`` are the started jobs' ids, from the Task's arguments and the first answer. ``described`` is the
    API operation that describes such a job, and the way to it in the answer: the result has that shape, in a
    member named ``wrapped`` if that is set.
    """

    kind: JobKind
    ids: Callable[[Json, Json], list[str]]
    described: tuple[str, ...]
    wrapped: str | None = None


def _answered(name: str) -> Callable[[Json, Json], list[str]]:
    return lambda arguments, answer: [answer[name]]


def _chosen(name: str) -> Callable[[Json, Json], list[str]]:
    return lambda arguments, answer: [arguments[name]]


SYNC_JOBS: Mapping[tuple[str, str], SyncJob] = {
    ("athena", "startQueryExecution"): SyncJob(
        QUERY,
        _answered("QueryExecutionId"),
        ("GetQueryExecution", "QueryExecution"),
        wrapped="QueryExecution",
    ),
    ("batch", "submitJob"): SyncJob(JOB, _answered("JobId"), ("DescribeJobs", "jobs")),
    ("codebuild", "startBuild"): SyncJob(
        BUILD,
        lambda arguments, answer: [answer["Build"]["Id"]],
        ("BatchGetBuilds", "builds"),
        wrapped="Build",
    ),
    ("databrew", "startJobRun"): SyncJob(DATABREW_RUN, _answered("RunId"), ("DescribeJobRun",)),
    ("ecs", "runTask"): SyncJob(
        TASK,
        lambda arguments, answer: [task["TaskArn"] for task in answer["Tasks"]],
        ("DescribeTasks", "tasks"),
    ),
    ("emr-containers", "startJobRun"): SyncJob(CONTAINERS_RUN, _answered("Id"), ("DescribeJobRun", "jobRun")),
    ("emr-serverless", "startJobRun"): SyncJob(
        SERVERLESS_RUN, _answered("JobRunId"), ("GetJobRun", "jobRun")
    ),
} | {
    ("sagemaker", f"create{noun}"): SyncJob(kind, _chosen(f"{noun}Name"), (f"Describe{noun}",))
    for noun, kind in zip(NOUNS, SAGEMAKER, strict=True)
}


class JobTasks:
    """Starts modelled jobs and waits for them."""

    def __init__(self, aws: AwsCalls) -> None:
        self._aws = aws

    async def run(self, call: TaskCall, resource: Resource, submitted: Callable[[Json], None]) -> Json:
        """Start a job (or several); return it when it has ended. Raises TaskFailure with the job as cause."""
        job = SYNC_JOBS[resource.service, resource.action]
        place = Place.of(call.execution_arn)
        desk = desk_for(job.kind, place)

        async def stop(started: Json) -> None:
            for identity in job.ids(call.arguments, started):
                desk.stop(identity, "Stopped by Step Functions")

        start = self._aws.optimised(job.kind.service, resource.action, call.arguments, place)
        started = await unless_cancelled(start, stop)
        submitted(started)
        try:
            ended = [await end_of(desk, identity) for identity in job.ids(call.arguments, started)]
        except asyncio.CancelledError:
            await stop(started)
            raise
        return shown_end(desk, ended, job.described, job.wrapped)


async def end_of(desk: JobDesk, identity: str) -> Job:
    """Return the job once it has ended."""
    # Read from the model itself: hundreds of waiting tasks that ask over HTTP would keep the server busy.
    while True:
        job, now = desk.known(identity), desk.now()
        if job.is_over(now):
            return job
        await asyncio.sleep(min(CHECK_SECONDS, max(0.001, (job.ends_on - now).total_seconds())))


def shown_end(desk: JobDesk, ended: list[Job], described: tuple[str, ...], wrapped: str | None) -> Json:
    """Return the first job that did not succeed, else the first, as the integration shows it.

    Raises TaskFailure with it as cause if it did not succeed.
    """
    failed = next((job for job in ended if job.phase(desk.now()) is not Phase.SUCCEEDED), None)
    shape = described_shape(desk.kind.service, *described)
    shown: Any = from_api(desk.show(failed or ended[0]), shape, epoch_milliseconds)
    if wrapped is not None:
        shown = {wrapped: shown}
    if failed is not None:
        raise TaskFailure("States.TaskFailed", compact(shown))
    return shown
