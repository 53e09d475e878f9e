"""What a schedule can call: state machines, Lambda functions, and any API action ("universal targets")."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any
from uuid import uuid4

from converter.engine import TaskFailure
from converter.local.integrations.aws_calls import AwsCalls
from converter.local.integrations.resources import Place
from converter.local.loop_thread import LoopThread

_UNIVERSAL = "arn:aws:scheduler:::aws-sdk:"


class TargetError(ValueError):
    """A target that cannot be called here."""


def api_call(target: Mapping[str, Any], content: str) -> tuple[str, str, dict[str, Any]]:
    """Service, action and arguments of a call to a target whose input is ``content``.

    Raises :class:`TargetError`.
    """
    arn = str(target["Arn"])
    if arn.startswith(_UNIVERSAL):
        service, _, action = arn.removeprefix(_UNIVERSAL).partition(":")
        try:
            arguments = json.loads(content or "{}")
        except ValueError as error:
            raise TargetError(f"The input of {arn} is no JSON: {error}") from None
        return service, action, arguments
    if ":stateMachine:" in arn:
        return "sfn", "startExecution", {"StateMachineArn": arn, "Input": content or "{}"}
    if ":function:" in arn:
        event = {"FunctionName": arn, "InvocationType": "Event", "Payload": content or "{}"}
        return "lambda", "invoke", event
    raise TargetError(f"Provided Arn is not in correct format, or nothing that the local AWS calls: {arn}")


class Targets:
    """Calls targets. Blocks until the call was answered; what it started goes on by itself."""

    def __init__(self, aws: AwsCalls, loop: LoopThread) -> None:
        self._aws = aws
        self._loop = loop

    def reach(self, schedule_arn: str, target: Mapping[str, Any], scheduled: datetime) -> None:
        """Call a target once; what cannot be delivered goes to its dead-letter queue.

        Raises :class:`TargetError` or the engine's TaskFailure.
        """
        content = with_context(target.get("Input", ""), schedule_arn, scheduled)
        place = Place.of(target["Arn"] if not target["Arn"].startswith(_UNIVERSAL) else schedule_arn)
        try:
            self._call(*api_call(target, content), place)
        except (TargetError, TaskFailure) as error:
            queue = target.get("DeadLetterConfig", {}).get("Arn")
            if queue is not None:
                self._bury(queue, content, error)
            raise

    def _call(self, service: str, action: str, arguments: dict[str, Any], place: Place) -> dict[str, Any]:
        return self._loop.run(self._aws.sdk(service, action, arguments, place))

    def _bury(self, queue_arn: str, content: str, error: Exception) -> None:
        place = Place.of(queue_arn)
        url = self._call("sqs", "getQueueUrl", {"QueueName": queue_arn.rsplit(":", 1)[1]}, place)["QueueUrl"]
        reason = {"ERROR_MESSAGE": {"DataType": "String", "StringValue": str(error)}}
        message = {"QueueUrl": url, "MessageBody": content or "{}", "MessageAttributes": reason}
        self._call("sqs", "sendMessage", message, place)


def with_context(content: str, schedule_arn: str, scheduled: datetime) -> str:
    """The input with its context attributes filled in ("Adding context attributes", Scheduler user guide)."""
    moment = scheduled.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    attributes = {
        "schedule-arn": schedule_arn,
        "scheduled-time": moment,
        "execution-id": str(uuid4()),
        "attempt-number": "1",
    }
    for name, value in attributes.items():
        content = content.replace(f"<aws.scheduler.{name}>", value)
    return content
