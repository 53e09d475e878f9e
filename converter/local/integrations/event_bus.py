"""``events:putEvents``: entries get the execution's ARNs, and an entry that is refused fails the task."""

from __future__ import annotations

from typing import Any

from converter.engine import TaskCall, TaskFailure
from converter.local.integrations.aws_calls import AwsCalls
from converter.local.integrations.resources import Place
from converter.local.integrations.shapes import Json, compact


async def put_events(aws: AwsCalls, call: TaskCall) -> Json:
    """Send events. Raises TaskFailure.

    Resources and ``EventBridge.FailedEntry``: Developer Guide, "Add EventBridge events with Step Functions".
    """
    answer = await aws.optimised("events", "putEvents", _with_arns(call), Place.of(call.execution_arn))
    if answer.get("FailedEntryCount", 0):
        raise TaskFailure("EventBridge.FailedEntry", compact(answer))
    return answer


def _with_arns(call: TaskCall) -> Any:
    arguments = call.arguments
    if not isinstance(arguments, dict) or not isinstance(arguments.get("Entries"), list):
        return arguments  # the call says what is wrong with them
    machine = call.execution_arn.replace(":execution:", ":stateMachine:").rpartition(":")[0]
    entries = [
        {**entry, "Resources": [*entry.get("Resources", []), call.execution_arn, machine]}
        if isinstance(entry, dict)
        else entry
        for entry in arguments["Entries"]
    ]
    return {**arguments, "Entries": entries}
