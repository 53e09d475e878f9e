"""``lambda:invoke`` and a Lambda function's own ARN as a Task's resource."""

from __future__ import annotations

import json
from email.utils import formatdate
from typing import Any

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import lambda_backends

from converter.engine import TaskCall, TaskFailure
from converter.local.integrations.aws_calls import AwsCalls, sdk_metadata
from converter.local.integrations.failures import optimised_failure, unusable_arguments
from converter.local.integrations.resources import Place
from converter.local.integrations.shapes import Json, compact
from converter.local.lambda_runtime import Function, Invocation

ARGUMENTS = frozenset({"FunctionName", "Payload", "Qualifier", "InvocationType", "LogType", "ClientContext"})


class LambdaTasks:
    """Invokes functions, in a thread each."""

    def __init__(self, aws: AwsCalls) -> None:
        self._aws = aws

    async def invoke(self, call: TaskCall) -> Json:
        """The service integration. Raises :class:`TaskFailure` with the function's error type."""
        arguments = call.arguments
        if not isinstance(arguments, dict) or "FunctionName" not in arguments:
            raise unusable_arguments(arguments, "The field 'FunctionName' is required but was missing")
        unknown = sorted(arguments.keys() - ARGUMENTS)
        if unknown:
            raise unusable_arguments(
                arguments, f"The field '{unknown[0]}' is not supported by Step Functions"
            )
        kind = arguments.get("InvocationType", "RequestResponse")
        if kind != "RequestResponse":
            return await self._aws.optimised("lambda", "invoke", arguments, Place.of(call.execution_arn))
        function, invocation = await self._run(
            call, arguments["FunctionName"], arguments.get("Qualifier"), arguments.get("Payload", {})
        )
        if invocation.failed:
            # The service integration writes the function's error document anew, without blanks (recorded).
            raise TaskFailure(invocation.error_type, compact(json.loads(invocation.payload)))
        return _result(function, invocation)

    async def call_function(self, call: TaskCall) -> Json:
        """A function's ARN as the resource: the input is the event, the result is what it returns."""
        _, invocation = await self._run(call, call.resource, None, call.arguments)
        if invocation.failed:
            raise TaskFailure(invocation.error_type, invocation.payload)
        return json.loads(invocation.payload)

    async def _run(
        self, call: TaskCall, name: str, qualifier: str | None, event: Json
    ) -> tuple[Function, Invocation]:
        place = Place.of(name if name.startswith("arn:") else call.execution_arn)
        functions = lambda_backends[place.account][place.region]
        try:
            result: tuple[Function, Invocation] = await self._aws.in_thread(
                functions.run, name, qualifier, compact(event)
            )
        except UnknownFunctionException as error:
            arn = f"arn:aws:lambda:{place.region}:{place.account}:function:{name.rpartition(':function:')[2]}"
            message = f"Function not found: {arn}"
            raise optimised_failure(
                "lambda",
                "ResourceNotFoundException",
                message,
                status=404,
                request_id="",
                exception="ResourceNotFoundException",
            ) from error
        return result


def _result(function: Function, invocation: Invocation) -> dict[str, Any]:
    headers = {
        "Connection": "keep-alive",
        "Content-Length": str(len(invocation.payload.encode())),
        "Content-Type": "application/json",
        "Date": formatdate(usegmt=True),
        "X-Amz-Executed-Version": function.version,
        "x-amzn-Remapped-Content-Length": "0",
        "x-amzn-RequestId": invocation.request_id,
    }
    metadata = {"HTTPHeaders": headers, "HTTPStatusCode": 200, "RequestId": invocation.request_id}
    return {
        "ExecutedVersion": function.version,
        "Payload": json.loads(invocation.payload),
        **sdk_metadata(metadata),
        "StatusCode": 200,
    }
