"""Glue behind the moto server: moto keeps the jobs, our model (``glue_runs``) keeps their runs."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

import moto.glue.urls
from botocore import xform_name
from moto.core.responses import ActionResult
from moto.glue.exceptions import (
    ConcurrentRunsExceededException,
    EntityNotFoundException,
    InvalidInputException,
    JobNotFoundException,
)
from moto.glue.models import GlueBackend
from moto.glue.responses import GlueResponse

from converter.local.glue_runs import (
    ConcurrentRunsExceeded,
    JobRun,
    JobRuns,
    LocalArgumentError,
    RunNotStoppable,
    RunPlan,
)
from converter.local.paging import PageTokenError, page
from converter.local.request_checks import CheckedRequests

# Limits of the Glue API: GetJobRuns returns at most 200 runs, BatchStopJobRun takes at most 25 ids.
MAX_RUNS_PER_PAGE = 200
MAX_STOPS_PER_CALL = 25

RUN_SETTINGS = ("MaxCapacity", "WorkerType", "NumberOfWorkers", "AllocatedCapacity", "Timeout")


class LocalGlue(GlueBackend):  # type: ignore[misc]  # moto is not seen by mypy: its classes are Any
    """One account and region of Glue."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.runs = JobRuns()

    @property
    def _url_module(self) -> ModuleType:
        return moto.glue.urls  # type: ignore[no-any-return]  # moto is not seen by mypy

    @property
    def url_paths(self) -> dict[str, Any]:
        """Where requests go: to our responses instead of moto's."""
        return {"/$": LocalGlueResponse.dispatch}

    def start_run(self, parameters: dict[str, Any]) -> JobRun:
        """StartJobRun with the request's parameters."""
        name, arguments = parameters["JobName"], parameters.get("Arguments") or {}
        if name not in self.jobs:
            raise EntityNotFoundException("Failed to start job run due to missing metadata")
        job = self.jobs[name].as_dict()
        timeout = parameters.get("Timeout") or job.get("Timeout")
        # NonOverridableArguments win over the run's own, which win over the defaults.
        merged = {**job["DefaultArguments"], **arguments, **(job["NonOverridableArguments"] or {})}
        settings = {key: parameters.get(key, job.get(key)) for key in (*RUN_SETTINGS, "GlueVersion")}
        try:
            return self.runs.start(
                name,
                arguments,
                plan=RunPlan.from_arguments(merged, timeout),
                max_concurrent_runs=(job["ExecutionProperty"] or {}).get("MaxConcurrentRuns", 1),
                settings=settings,
            )
        except LocalArgumentError as error:
            raise InvalidInputException("StartJobRun", str(error)) from error
        except ConcurrentRunsExceeded as error:
            raise ConcurrentRunsExceededException(f"Concurrent runs exceeded for {name}") from error

    def described_run(self, job_name: str, run_id: str) -> dict[str, Any]:
        """The JobRun structure of one run as it is now."""
        run = self.runs.get(job_name, run_id)
        if run is None:
            raise EntityNotFoundException("Entity Not Found")
        return run.describe(self.runs.now())

    def described_runs(self, job_name: str) -> list[dict[str, Any]]:
        """The JobRun structures of all runs of a job, newest first."""
        if job_name not in self.jobs:
            raise JobNotFoundException(job_name)
        now = self.runs.now()
        return [run.describe(now) for run in self.runs.newest_first(job_name)]

    def stop_runs(self, job_name: str, run_ids: list[str]) -> dict[str, Any]:
        """BatchStopJobRun: what was asked to stop, and an error for each other run."""
        stopped, errors = [], []
        for run_id in run_ids:
            entry = {"JobName": job_name, "JobRunId": run_id}
            try:
                found = self.runs.stop(job_name, run_id)
            except RunNotStoppable as error:
                detail = (
                    "InvalidInputException",
                    f"Job Run is in the state {error.state}, it cannot be stopped",
                )
            else:
                detail = ("EntityNotFoundException", "Job Run not found")
                if found is not None:
                    stopped.append(entry)
                    continue
            errors.append({**entry, "ErrorDetail": {"ErrorCode": detail[0], "ErrorMessage": detail[1]}})
        return {"SuccessfulSubmissions": stopped, "Errors": errors}

    def create_job_from(self, name: str, properties: dict[str, Any]) -> None:
        """Create or replace a job from CloudFormation's properties (those of CreateJob)."""
        names = inspect.signature(self.create_job).parameters
        given = {xform_name(key): value for key, value in properties.items()}
        self.create_job(**{parameter: given.get(parameter) for parameter in names} | {"name": name})

    def delete_job(self, name: str) -> None:
        """Delete a job together with its runs."""
        super().delete_job(name)
        self.runs.forget_job(name)


class LocalGlueResponse(CheckedRequests, GlueResponse):  # type: ignore[misc]  # moto is not seen by mypy
    """The API calls about runs, and UpdateJob, which moto lacks; all other calls are moto's."""

    def update_job(self) -> ActionResult:
        """UpdateJob: the new definition takes the place of the old one as a whole; runs stay."""
        name = self.parameters["JobName"]
        if name not in self.glue_backend.jobs:
            raise JobNotFoundException(name)
        self.glue_backend.create_job_from(name, self.parameters["JobUpdate"])
        return ActionResult({"JobName": name})

    def start_job_run(self) -> ActionResult:
        """StartJobRun."""
        return ActionResult({"JobRunId": self.glue_backend.start_run(self.parameters).id})

    def get_job_run(self) -> ActionResult:
        """GetJobRun."""
        names = self.parameters
        return ActionResult({"JobRun": self.glue_backend.described_run(names["JobName"], names["RunId"])})

    def get_job_runs(self) -> ActionResult:
        """GetJobRuns, newest first."""
        limit = self.parameters.get("MaxResults") or MAX_RUNS_PER_PAGE
        if not 1 <= limit <= MAX_RUNS_PER_PAGE:
            raise InvalidInputException("GetJobRuns", f"MaxResults is {limit}; use 1 to {MAX_RUNS_PER_PAGE}")
        runs = self.glue_backend.described_runs(self.parameters["JobName"])
        try:
            found, token = page(runs, limit, self.parameters.get("NextToken"), key=lambda run: str(run["Id"]))
        except PageTokenError as error:
            raise InvalidInputException("GetJobRuns", "Invalid NextToken") from error
        return ActionResult({"JobRuns": found, "NextToken": token})

    def batch_stop_job_run(self) -> ActionResult:
        """BatchStopJobRun."""
        run_ids = self.parameters["JobRunIds"]
        if len(run_ids) > MAX_STOPS_PER_CALL:
            raise InvalidInputException(
                "BatchStopJobRun", f"{len(run_ids)} ids; at most {MAX_STOPS_PER_CALL} at once"
            )
        return ActionResult(self.glue_backend.stop_runs(self.parameters["JobName"], run_ids))
