"""``glue:startJobRun`` and ``glue:startJobRun.sync``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from moto.glue.models import glue_backends

from converter.engine import TaskCall, TaskFailure
from converter.local.glue_runs import JobRuns, RunNotStoppable
from converter.local.integrations.aws_calls import AwsCalls, unless_cancelled
from converter.local.integrations.resources import Place, Resource
from converter.local.integrations.shapes import Json, compact, epoch_milliseconds

# AWS looks after a minute at first, later every five (reported by users); here a run's end is seen at once.
CHECK_SECONDS = 0.1


class GlueTasks:
    """Starts job runs and waits for them."""

    def __init__(self, aws: AwsCalls) -> None:
        self._aws = aws

    async def run(self, call: TaskCall, resource: Resource, submitted: Callable[[Json], None]) -> Json:
        """Start a run; with ``.sync`` wait for its end and return the JobRun. Cancelled, it stops the run."""
        place = Place.of(call.execution_arn)
        start = self._aws.optimised("glue", "startJobRun", call.arguments, place)
        if resource.pattern != "sync":
            return _with_job_name(call, await start)
        runs: JobRuns = glue_backends[place.account][place.region].runs

        async def stop(started: Json) -> None:
            with suppress(RunNotStoppable):  # it ended by itself in the meantime
                runs.stop(call.arguments["JobName"], started["JobRunId"])

        started = await unless_cancelled(start, stop)
        submitted(_with_job_name(call, started))
        try:
            return await _end_of_run(runs, call.arguments["JobName"], started["JobRunId"])
        except asyncio.CancelledError:
            await stop(started)
            raise


def _with_job_name(call: TaskCall, started: dict[str, Any]) -> dict[str, Any]:
    """The optimised integration adds the job's name to the service's answer (AWS documentation)."""
    return {"JobName": call.arguments["JobName"], **started}


async def _end_of_run(runs: JobRuns, job_name: str, run_id: str) -> Json:
    # Read from the model itself: hundreds of waiting tasks that ask over HTTP would keep the server busy.
    while True:
        run = runs.get(job_name, run_id)
        if run is None:
            raise TaskFailure("Glue.EntityNotFoundException", f"The job run {run_id} of {job_name} is gone")
        now = runs.now()
        if run.is_over(now):
            break
        await asyncio.sleep(min(CHECK_SECONDS, max(0.001, (run.completed_on - now).total_seconds())))
    shown = shown_job_run(run.describe(now))
    if shown["JobRunState"] != "SUCCEEDED":
        raise TaskFailure("States.TaskFailed", compact(shown))
    return shown


def shown_job_run(described: dict[str, Any]) -> dict[str, Any]:
    """A JobRun as ``.sync`` gives it: sorted members, dates in epoch milliseconds (seen in AWS outputs)."""
    dated = ("StartedOn", "LastModifiedOn", "CompletedOn")
    shown = {key: epoch_milliseconds(value) if key in dated else value for key, value in described.items()}
    return dict(sorted(shown.items()))
