"""Service errors as Task failures, spelled as AWS spells them.

The optimised integrations and the AWS SDK ones name the same error differently: ``DynamoDB.X`` and
``DynamoDb.X``, with causes of different form (both recorded from AWS).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from converter.engine import TaskFailure
from converter.local.integrations.shapes import Json, compact


@dataclass(frozen=True)
class OptimisedErrors:
    """How an optimised integration names a service in errors: ``DynamoDB.X`` (Service: AmazonDynamoDBv2…).

    ``other`` is the error of all codes that the API does not declare (``Glue.AWSGlueException``).
    """

    prefix: str
    service: str
    other: str


OPTIMISED = {
    "dynamodb": OptimisedErrors("DynamoDB", "AmazonDynamoDBv2", "AmazonDynamoDBException"),
    "glue": OptimisedErrors("Glue", "AWSGlue", "AWSGlueException"),
    "lambda": OptimisedErrors("Lambda", "AWSLambda", "AWSLambdaException"),
    "stepfunctions": OptimisedErrors("StepFunctions", "AWSStepFunctions", "AWSStepFunctionsException"),
}


def unusable_arguments(arguments: Json, problem: str) -> TaskFailure:
    """The failure of a call whose arguments the action does not take."""
    return TaskFailure(
        "States.Runtime",
        f"The Parameters '{compact(arguments)}' could not be used to start the Task: [{problem}]",
    )


def optimised_failure(
    service: str, code: str, message: str, *, status: int, request_id: str, declared: bool = True
) -> TaskFailure:
    """A service error as optimised integrations spell it. ``declared``: whether the API knows the code."""
    names = OPTIMISED[service]
    cause = (
        f"{message} (Service: {names.service}; Status Code: {status}; Error Code: {code}; "
        f"Request ID: {request_id}; Proxy: null)"
    )
    return TaskFailure(f"{names.prefix}.{_exception_name(code) if declared else names.other}", cause)


def optimised_call_failure(service: str, operation: Any, error: ClientError) -> TaskFailure:
    """An error of a call through an optimised integration; ``operation`` is botocore's model of it."""
    code, message, status, request_id = _parts(error)
    declared = _is_declared(operation, code)
    return optimised_failure(service, code, message, status=status, request_id=request_id, declared=declared)


def sdk_failure(service_id: str, operation: Any, error: ClientError) -> TaskFailure:
    """An error of a call through an ``aws-sdk:`` integration. ``service_id`` is botocore's (``DynamoDB``)."""
    code, message, status, request_id = _parts(error)
    service = java_name(service_id)
    name = _exception_name(code) if _is_declared(operation, code) else f"{service}Exception"
    request = f"(Service: {service}, Status Code: {status}, Request ID: {request_id}) (SDK Attempt Count: 1)"
    return TaskFailure(f"{service}.{name}", f"{message} {request}")


def _parts(error: ClientError) -> tuple[str, str, int, str]:
    metadata: Mapping[str, Any] = error.response.get("ResponseMetadata", {})
    detail = error.response.get("Error", {})
    status = metadata.get("HTTPStatusCode", 400)
    return detail.get("Code", ""), detail.get("Message", ""), status, metadata.get("RequestId", "")


def _is_declared(operation: Any, code: str) -> bool:
    shapes = operation.service_model.error_shapes
    return any(code in {shape.name, shape.metadata.get("error", {}).get("code")} for shape in shapes)


def _exception_name(code: str) -> str:
    return code if code.endswith("Exception") else f"{code}Exception"


def java_name(service_id: str) -> str:
    """The Java SDK's class prefix: ``DynamoDB`` → ``DynamoDb``, ``SFN`` → ``Sfn``, ``Secrets Manager`` → …"""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", service_id).split()
    return "".join(word.capitalize() for word in words)
