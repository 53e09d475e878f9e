"""Whether the jobs and machines that a definition names exist: a mistake that the first run would find."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from converter import diagnostics as d
from converter.deployment.artifacts import Account
from converter.deployment.contents import Contents
from converter.deployment.stack import Progress
from converter.deployment.troubles import error_code
from converter.diagnostics import Dag2SfnError, Diagnostic

if TYPE_CHECKING:
    from boto3.session import Session

_JOBS_AT_ONCE = 25  # AWS Glue API, BatchGetJobs: no limit is told, small answers are
_GLUE_JOB, _MACHINE = re.compile(r":::glue:startJobRun\b"), re.compile(r":::states:startExecution\b")


def check_references(contents: Contents, session: Session, account: Account, tell: Progress) -> None:
    """Raise Dag2SfnError (D417), with all that is missing, unless all that the definition starts is there.

    What may not be asked for is told and left out.
    """
    states = list(_states(contents.definition))
    missing = [*_missing_jobs(states, session, tell), *_missing_machines(states, session, tell)]
    if missing:
        place = f"in account {account.id}, region {account.region}"
        raise Dag2SfnError(
            *(
                Diagnostic(
                    d.NOT_THERE,
                    f"DAG '{contents.manifest.dag_id}' starts {what}, which does not exist {place}",
                    "create it, check account and region, or give --missing allow",
                )
                for what in missing
            )
        )


def _states(block: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for state in block.get("States", {}).values():
        yield state
        for inner in [*state.get("Branches", ()), state.get("ItemProcessor", {})]:
            yield from _states(inner)


def _named(states: list[Mapping[str, Any]], resource: re.Pattern[str], argument: str) -> list[str]:
    """Return the names that stand in an argument as they are, each once."""
    calls = (state for state in states if resource.search(str(state.get("Resource", ""))))
    arguments = (state.get("Arguments") for state in calls)
    names = (item.get(argument) for item in arguments if isinstance(item, dict))
    return sorted({name for name in names if isinstance(name, str) and "{%" not in name and "${" not in name})


def _missing_jobs(states: list[Mapping[str, Any]], session: Session, tell: Progress) -> Iterator[str]:
    names = _named(states, _GLUE_JOB, "JobName")
    try:
        for first in range(0, len(names), _JOBS_AT_ONCE):
            some = names[first : first + _JOBS_AT_ONCE]
            answer = session.client("glue").batch_get_jobs(JobNames=some)
            yield from (f"the Glue job '{name}'" for name in answer.get("JobsNotFound", ()))
    except ClientError as error:
        tell(f"whether the Glue jobs exist was not looked up: {error}")


def _missing_machines(states: list[Mapping[str, Any]], session: Session, tell: Progress) -> Iterator[str]:
    client = session.client("stepfunctions")
    for arn in _named(states, _MACHINE, "StateMachineArn"):
        try:
            client.describe_state_machine(stateMachineArn=arn)
        except ClientError as error:
            if error_code(error) == "StateMachineDoesNotExist":
                yield f"the state machine {arn}"
            else:
                tell(f"whether {arn} exists was not looked up: {error}")
