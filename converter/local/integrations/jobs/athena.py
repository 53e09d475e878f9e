"""Athena queries. A query says seconds and outcome in a comment: ``SELECT 1 -- --local-seconds 5``."""

from __future__ import annotations

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
    showing,
    starting,
    stopping,
)
from converter.local.integrations.jobs.model import Job, Phase

_DEFINING = ("CREATE", "ALTER", "DROP", "MSCK", "TRUNCATE")


def _identify(desk: JobDesk, request: Request) -> tuple[str, str]:
    identity = str(uuid4())
    return identity, identity  # queries have no ARN


def _show(desk: JobDesk, job: Job) -> Answer:
    now = desk.now()
    over, request = job.is_over(now), job.request
    query = request["QueryString"]
    status: Answer = {
        "State": desk.state(job),
        "StateChangeReason": job.problem(now),
        "SubmissionDateTime": job.created_on,
        "CompletionDateTime": job.ends_on if over else None,
    }
    if job.phase(now) is Phase.FAILED:
        # Category 2: the user's error (Athena API Reference, AthenaError).
        status["AthenaError"] = {"ErrorCategory": 2, "ErrorMessage": job.plan.error, "Retryable": False}
    results = dict(request.get("ResultConfiguration", {}))
    if "OutputLocation" in results:
        results["OutputLocation"] = f"{results['OutputLocation'].rstrip('/')}/{job.id}.csv"
    elapsed = round(((job.ends_on if over else now) - job.created_on).total_seconds() * 1000)
    return {
        **echo(request, described_shape("athena", "GetQueryExecution", "QueryExecution")),
        "QueryExecutionId": job.id,
        "Query": query,
        "StatementType": "DDL" if query.lstrip().upper().startswith(_DEFINING) else "DML",
        "ResultConfiguration": results,
        "Status": present(status),
        "Statistics": {"TotalExecutionTimeInMillis": elapsed, "DataScannedInBytes": 0},
        "WorkGroup": request.get("WorkGroup", "primary"),
    }


def _get_many(desk: JobDesk, request: Request) -> Answer:
    found = {identity: desk.get(identity) for identity in request["QueryExecutionIds"]}
    return {
        "QueryExecutions": [desk.show(job) for job in found.values() if job is not None],
        "UnprocessedQueryExecutionIds": [
            {"QueryExecutionId": identity, "ErrorMessage": QUERY.unknown[1].format(identity)}
            for identity, job in found.items()
            if job is None
        ],
    }


QUERY = JobKind(
    service="athena",
    name="query",
    states={
        Phase.QUEUED: "QUEUED",
        Phase.RUNNING: "RUNNING",
        Phase.SUCCEEDED: "SUCCEEDED",
        Phase.FAILED: "FAILED",
        Phase.TIMED_OUT: "CANCELLED",
        Phase.STOPPED: "CANCELLED",
    },
    identify=_identify,
    show=_show,
    operations={
        "StartQueryExecution": starting(lambda desk, job: {"QueryExecutionId": job.id}),
        "GetQueryExecution": showing("QueryExecutionId", "QueryExecution"),
        "BatchGetQueryExecution": _get_many,
        "ListQueryExecutions": listing("QueryExecutionIds", lambda desk, job: job.id, WorkGroup="WorkGroup"),
        "StopQueryExecution": stopping("QueryExecutionId", nothing),
    },
    refusal="InvalidRequestException",
    unknown=("InvalidRequestException", "QueryExecution {} was not found"),
)
