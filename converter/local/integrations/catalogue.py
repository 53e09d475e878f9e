"""Which optimised integrations the local AWS has: the router follows it, and docs/local.md shows it."""

from __future__ import annotations

from collections.abc import Mapping

from converter.local.integrations import emr_tasks
from converter.local.integrations.job_tasks import SYNC_JOBS

_REQUEST = frozenset({""})
_CALLBACK = frozenset({"", "waitForTaskToken"})
_JOB = frozenset({"", "sync"})

# Integrations with code of their own, beside those of EMR.
_OWN: Mapping[tuple[str, str], frozenset[str]] = {
    ("events", "putEvents"): _CALLBACK,
    ("glue", "startJobRun"): _JOB,
    ("lambda", "invoke"): _CALLBACK,
    ("states", "startExecution"): _CALLBACK | {"sync", "sync:2"},
}
# Calls of one API action, passed on as they are. Those that start a job can be waited for as well.
_PLAIN: Mapping[tuple[str, str], frozenset[str]] = {
    **{key: _REQUEST for key in SYNC_JOBS},
    ("athena", "getQueryExecution"): _REQUEST,
    ("athena", "getQueryResults"): _REQUEST,
    ("athena", "stopQueryExecution"): _REQUEST,
    ("codebuild", "stopBuild"): _REQUEST,
    ("dynamodb", "deleteItem"): _REQUEST,
    ("dynamodb", "getItem"): _REQUEST,
    ("dynamodb", "putItem"): _REQUEST,
    ("dynamodb", "updateItem"): _REQUEST,
    ("ecs", "runTask"): _CALLBACK,
    ("emr-serverless", "cancelJobRun"): _REQUEST,
    ("sns", "publish"): _CALLBACK,
    ("sqs", "sendMessage"): _CALLBACK,
}


def optimised_actions() -> dict[tuple[str, str], frozenset[str]]:
    """Return the patterns (``""``, ``sync``, …) of each (service, action), as ARNs spell them."""
    found = {**_PLAIN, **_OWN}
    for key in SYNC_JOBS:
        found[key] |= _JOB
    found |= {("elasticmapreduce", action): patterns for action, patterns in emr_tasks.ACTIONS.items()}
    return dict(sorted(found.items()))


def table() -> str:
    """Return the table of docs/local.md: a row per service, patterns behind each action."""
    rows: dict[str, list[str]] = {}
    for (service, action), patterns in optimised_actions().items():
        more = "".join(f", `.{pattern}`" for pattern in sorted(patterns - {""}))
        rows.setdefault(service, []).append(f"`{action}`{more}")
    lines = [f"| `{service}` | {'; '.join(actions)} |" for service, actions in rows.items()]
    return "\n".join(["| service | actions, and how they can wait |", "| --- | --- |", *lines])
