"""Kinds of jobs: how a service names, starts, shows, lists and stops its jobs. The table's vocabulary."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias

from moto.core.exceptions import ServiceException

from converter.local.glue_runs import LocalArgumentError, utc_now
from converter.local.integrations.jobs.model import Job, Phase
from converter.local.integrations.jobs.told import plan_of
from converter.local.integrations.resources import Place
from converter.local.integrations.service_names import service_model

Request: TypeAlias = Mapping[str, Any]
"""A call's parameters, or part of an answer; names as the API spells them."""
Answer: TypeAlias = dict[str, Any]
Operation: TypeAlias = "Callable[[JobDesk, Request], Answer]"


class JobError(ServiceException):  # type: ignore[misc]  # moto is not seen by mypy: its classes are Any
    """An error of a service's API: its code and message."""


@dataclass(frozen=True)
class JobKind:
    """One kind of job of one service.

    ``service`` is boto3's name. ``states`` are the service's words for each phase. ``identify`` returns the
    id and ARN of a job about to start. ``show`` returns it as the API describes it. ``definition`` returns
    what the service knows beforehand of such a job (a job definition, a project); it may raise the service's
    error for an unknown one. ``arguments`` is the part of the request in which the job is told seconds and
    outcome. ``refusal`` is the error code for such arguments that mean nothing, ``unknown`` (code, message
    with ``{}``) the error for an id that nobody has.
    """

    service: str
    name: str
    states: Mapping[Phase, str]
    identify: Callable[[JobDesk, Request], tuple[str, str]]
    show: Callable[[JobDesk, Job], Answer]
    operations: Mapping[str, Operation]
    refusal: str
    unknown: tuple[str, str]
    definition: Callable[[JobDesk, Request], Any] = lambda desk, request: None
    arguments: Callable[[Request], Any] = lambda request: request


@dataclass
class JobDesk:
    """The jobs of one kind in one account and region. Thread-safe. ``backend`` is moto's for the service.

    ``siblings`` are the desks of the service's other kinds, by name. ``now`` is replaced in tests.
    """

    kind: JobKind
    place: Place
    backend: Any
    siblings: Mapping[str, JobDesk] = field(default_factory=dict)
    now: Callable[[], datetime] = utc_now
    _jobs: dict[str, Job] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def start(self, request: Request, *, begins_on: datetime | None = None) -> Job:
        """Start a job. Raises the service's error for arguments that mean nothing."""
        definition = self.kind.definition(self, request)
        try:
            plan = plan_of(definition, self.kind.arguments(request))
        except LocalArgumentError as error:
            raise JobError(self.kind.refusal, str(error)) from error
        with self._lock:
            now = self.now()
            identity, arn = self.kind.identify(self, request)
            job = Job(identity, arn, request, now, begins_on or now, plan)
            self._jobs[identity] = job
            return job

    def get(self, identity: str) -> Job | None:
        """Return the job with this id or ARN, or None."""
        return self._jobs.get(identity) or self._jobs.get(identity.rpartition("/")[2])

    def known(self, identity: str) -> Job:
        """Return the job with this id or ARN. Raises the service's error for an unknown one."""
        job = self.get(identity)
        if job is None:
            code, message = self.kind.unknown
            raise JobError(code, message.format(identity))
        return job

    def newest_first(self) -> list[Job]:
        """Return all jobs, the last started first."""
        with self._lock:
            return list(reversed(self._jobs.values()))

    def stop(self, identity: str, reason: str | None = None, *, even_if_over: bool = False) -> Job:
        """End a job now; one that has ended stays as it is. Raises as :meth:`known`.

        ``even_if_over`` is for what goes on when its own time is over: a cluster that is up.
        """
        with self._lock:
            job = self.known(identity)
            now = self.now()
            if even_if_over or not job.is_over(now):
                job = self._jobs[job.id] = replace(job, stopped_on=now, stop_reason=reason)
            return job

    def state(self, job: Job) -> str:
        """Return the service's word for where the job is."""
        return self.kind.states[job.phase(self.now())]

    def show(self, job: Job) -> Answer:
        """Return the job as the API describes it now, without members that are None."""
        return present(self.kind.show(self, job))

    def arn(self, resource: str) -> str:
        """Return an ARN of this service, account and region."""
        service = {"emr": "elasticmapreduce"}.get(self.kind.service, self.kind.service)
        return f"arn:aws:{service}:{self.place.region}:{self.place.account}:{resource}"


def present(members: Request) -> Answer:
    """Return what has a value."""
    return {name: value for name, value in members.items() if value is not None}


def starting(answer: Callable[[JobDesk, Job], Answer]) -> Operation:
    """An operation that starts one job."""
    return lambda desk, request: answer(desk, desk.start(request))


def showing(identity: str, member: str | None = None) -> Operation:
    """An operation that shows the job with the id ``identity``, as the member ``member`` or as the answer."""

    def operation(desk: JobDesk, request: Request) -> Answer:
        shown = desk.show(desk.known(request[identity]))
        return shown if member is None else {member: shown}

    return operation


def stopping(identity: str, answer: Callable[[JobDesk, Job], Answer], reason: str = "") -> Operation:
    """An operation that stops the job whose id is the parameter ``identity``."""
    return lambda desk, request: answer(desk, desk.stop(request[identity], request.get(reason)))


def listing(member: str, entry: Callable[[JobDesk, Job], Any], **filters: str) -> Operation:
    """An operation that lists jobs, newest first, all on one page.

    ``filters`` are parameters of it, with the members of a job's request that must equal them.
    """

    def operation(desk: JobDesk, request: Request) -> Answer:
        found = [
            job
            for job in desk.newest_first()
            if all(request.get(name) in (None, job.request.get(own)) for name, own in filters.items())
        ]
        return {member: [entry(desk, job) for job in found]}

    return operation


def nothing(desk: JobDesk, job: Job) -> Answer:
    """Answer without content."""
    return {}


def described_shape(service: str, operation: str, *path: str) -> Any:
    """Return the model of a job in an operation's answer; ``path`` leads to it, through lists."""
    shape = service_model(service).operation_model(operation).output_shape
    for member in path:
        shape = shape.members[member]
        shape = shape.member if shape.type_name == "list" else shape
    return shape


def echo(request: Request, shape: Any) -> Answer:
    """Return what a description repeats of the request: the members that both have."""
    return {name: request[name] for name in shape.members if name in request}
