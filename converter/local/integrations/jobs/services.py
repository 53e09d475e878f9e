"""The services whose jobs are modelled: calls about jobs are answered here, all others by moto."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from moto.athena.models import athena_backends
from moto.batch.models import batch_backends
from moto.codebuild.models import codebuild_backends
from moto.core.base_backend import BackendDict
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse
from moto.databrew.models import databrew_backends
from moto.ecs.models import ecs_backends
from moto.emr.models import emr_backends
from moto.emrcontainers.models import emrcontainers_backends
from moto.emrserverless.models import emrserverless_backends
from moto.glue.models import glue_backends
from moto.redshiftdata.models import redshiftdata_backends
from moto.sagemaker.models import sagemaker_backends
from werkzeug.exceptions import HTTPException

from converter.local.integrations.jobs.athena import QUERY
from converter.local.integrations.jobs.batch import JOB
from converter.local.integrations.jobs.codebuild import BUILD
from converter.local.integrations.jobs.databrew import RUN as DATABREW_RUN
from converter.local.integrations.jobs.ecs import TASK
from converter.local.integrations.jobs.emr import CLUSTER, STEP
from converter.local.integrations.jobs.emr_containers import RUN as CONTAINERS_RUN
from converter.local.integrations.jobs.emr_serverless import RUN as SERVERLESS_RUN
from converter.local.integrations.jobs.glue_crawlers import CRAWL
from converter.local.integrations.jobs.kinds import JobDesk, JobKind
from converter.local.integrations.jobs.redshift_data import STATEMENT
from converter.local.integrations.jobs.sagemaker import KINDS as SAGEMAKER
from converter.local.integrations.resources import Place

KINDS: tuple[JobKind, ...] = (
    *(QUERY, JOB, BUILD, DATABREW_RUN, TASK, CLUSTER, STEP, CONTAINERS_RUN, SERVERLESS_RUN, CRAWL, STATEMENT),
    *SAGEMAKER,
)

BACKENDS: Mapping[str, BackendDict] = {
    "athena": athena_backends,
    "batch": batch_backends,
    "codebuild": codebuild_backends,
    "databrew": databrew_backends,
    "ecs": ecs_backends,
    "emr": emr_backends,
    "emr-containers": emrcontainers_backends,
    "emr-serverless": emrserverless_backends,
    "glue": glue_backends,
    "redshift-data": redshiftdata_backends,
    "sagemaker": sagemaker_backends,
}

# Calls of modelled jobs whose paths moto does not route.
_MORE_PATHS = {
    "databrew": (
        "/jobs/(?P<name>[^/]+)/startJobRun$",
        "/jobs/(?P<name>[^/]+)/jobRuns$",
        "/jobs/(?P<name>[^/]+)/jobRun/(?P<runId>[^/]+)$",
        "/jobs/(?P<name>[^/]+)/jobRun/(?P<runId>[^/]+)/stopJobRun$",
    ),
}

Handler = Callable[[Any, str, Any], Any]


def with_jobs(service: str, backend_class: Any) -> Callable[..., object]:
    """Return a moto backend class that also models the service's jobs. ``service`` is boto3's name."""

    class WithJobs(backend_class):  # type: ignore[misc]  # moto is not seen by mypy: its classes are Any
        # moto finds a backend's URLs by the name of its module.
        __module__ = backend_class.__module__

        def __init__(self, region_name: str, account_id: str, *more: Any) -> None:
            super().__init__(region_name, account_id, *more)
            self.job_desks = desks_of(service, Place(account_id, region_name), self)

        @property
        def url_paths(self) -> dict[str, Handler]:
            paths = {path: _before(service, handler) for path, handler in super().url_paths.items()}
            return paths | {path: _before(service, None) for path in _MORE_PATHS.get(service, ())}

    return WithJobs


def desks_of(service: str, place: Place, backend: Any) -> dict[str, JobDesk]:
    """Return new, empty desks for a service's kinds of jobs, by the kinds' names."""
    desks: dict[str, JobDesk] = {}
    for kind in KINDS:
        if kind.service == service:
            desks[kind.name] = JobDesk(kind, place, backend, siblings=desks)
    return desks


def desk_for(kind: JobKind, place: Place) -> JobDesk:
    """Return the desk of a kind of jobs on the running local AWS."""
    desk: JobDesk = BACKENDS[kind.service][place.account][place.region].job_desks[kind.name]
    return desk


class _JobResponse(BaseResponse):  # type: ignore[misc]  # moto is not seen by mypy
    """One job call, parsed and answered by botocore's model of it."""

    def answer(self, kind: JobKind) -> Any:
        self.parse_parameters(self.normalized_request)
        desk = desk_for(kind, Place(self.current_account, self.region))
        try:
            result = ActionResult(kind.operations[self._get_action()](desk, self.params))
        except ServiceException as error:
            result = ActionResult(error)
        except HTTPException as error:  # moto's older kind, from a definition that it does not find
            return error.code, dict(error.get_headers()), error.description
        status, headers, body = self.serialized(result)
        headers, body = self._enrich_response(headers, body)
        return status, headers, body


def _before(service: str, otherwise: Handler | None) -> Handler:
    """Return a handler that answers job calls and hands all others on."""
    kinds = {operation: kind for kind in KINDS if kind.service == service for operation in kind.operations}

    def answer_job_call(request: Any, full_url: str, headers: Any) -> Any:
        response = _JobResponse(service_name=service)
        response.setup_class(request, full_url, headers)
        kind = kinds.get(response._get_action())
        if kind is not None:
            return response.answer(kind)
        return otherwise(request, full_url, headers) if otherwise else (404, {}, "")

    return answer_job_call
