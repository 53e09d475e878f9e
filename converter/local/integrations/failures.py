"""Service errors as Task failures, spelled as AWS spells them.

The optimised integrations and the AWS SDK ones name the same error differently: ``DynamoDB.X`` and
``DynamoDb.X``, with causes of different form (both recorded from AWS).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from converter.engine import TaskFailure
from converter.expressions.java_names import class_name, exception_name
from converter.local.integrations.shapes import Json, compact


@dataclass(frozen=True)
class OptimisedErrors:
    """How an optimised integration names a service in errors: ``DynamoDB.X`` (Service: AmazonDynamoDBv2…).

    ``other`` is the error of all codes that the API does not declare (``Glue.AWSGlueException``).
    """

    prefix: str
    service: str
    other: str


# DynamoDB, Lambda, SNS, SQS and Step Functions: recorded from AWS. Athena, Batch, CodeBuild, DataBrew, ECS,
# EMR, EMR Serverless, Glue, SageMaker: as users' machines retry and catch them. EventBridge, EMR on EKS: by
# analogy.
OPTIMISED = {
    "athena": OptimisedErrors("Athena", "AmazonAthena", "AmazonAthenaException"),
    "batch": OptimisedErrors("Batch", "AWSBatch", "AWSBatchException"),
    "codebuild": OptimisedErrors("CodeBuild", "AWSCodeBuild", "AWSCodeBuildException"),
    "databrew": OptimisedErrors("DataBrew", "AWSGlueDataBrew", "AWSGlueDataBrewException"),
    "dynamodb": OptimisedErrors("DynamoDB", "AmazonDynamoDBv2", "AmazonDynamoDBException"),
    "ecs": OptimisedErrors("ECS", "AmazonECS", "AmazonECSException"),
    "emr": OptimisedErrors("EMR", "AmazonElasticMapReduce", "AmazonElasticMapReduceException"),
    "emr-containers": OptimisedErrors("EMRContainers", "AmazonEMRContainers", "AmazonEMRContainersException"),
    "emr-serverless": OptimisedErrors("EMRServerless", "AWSEMRServerless", "AWSEMRServerlessException"),
    "events": OptimisedErrors("EventBridge", "AmazonEventBridge", "AmazonEventBridgeException"),
    "glue": OptimisedErrors("Glue", "AWSGlue", "AWSGlueException"),
    "lambda": OptimisedErrors("Lambda", "AWSLambda", "AWSLambdaException"),
    "sagemaker": OptimisedErrors("SageMaker", "AmazonSageMaker", "AmazonSageMakerException"),
    "sns": OptimisedErrors("SNS", "AmazonSNS", "AmazonSNSException"),
    "sqs": OptimisedErrors("SQS", "AmazonSQS", "AmazonSQSException"),
    "stepfunctions": OptimisedErrors("StepFunctions", "AWSStepFunctions", "AWSStepFunctionsException"),
}


def unusable_arguments(arguments: Json, problem: str) -> TaskFailure:
    """The failure of a call whose arguments the action does not take."""
    return TaskFailure(
        "States.Runtime",
        f"The Parameters '{compact(arguments)}' could not be used to start the Task: [{problem}]",
    )


def optimised_failure(
    service: str, code: str, message: str, *, status: int, request_id: str, exception: str | None
) -> TaskFailure:
    """A service error as optimised integrations spell it.

    ``exception`` is the error's class in the SDK, None if the API declares none.
    """
    names = OPTIMISED[service]
    cause = (
        f"{message} (Service: {names.service}; Status Code: {status}; Error Code: {code}; "
        f"Request ID: {request_id}; Proxy: null)"
    )
    return TaskFailure(f"{names.prefix}.{exception or names.other}", cause)


def optimised_call_failure(service: str, operation: Any, error: ClientError) -> TaskFailure:
    """An error of a call through an optimised integration; ``operation`` is botocore's model of it."""
    code, message, status, request_id = _parts(error)
    declared = _declared_exception(operation, error)
    return optimised_failure(service, code, message, status=status, request_id=request_id, exception=declared)


def sdk_failure(service_id: str, operation: Any, error: ClientError) -> TaskFailure:
    """An error of a call through an ``aws-sdk:`` integration. ``service_id`` is botocore's (``DynamoDB``)."""
    _, message, status, request_id = _parts(error)
    service = java_name(service_id)
    declared = _declared_exception(operation, error)
    name = exception_name(declared) if declared else f"{service}Exception"
    request = f"Service: {service}, Status Code: {status}, Request ID: {request_id}"
    if host := error.response.get("ResponseMetadata", {}).get("HostId"):  # S3 alone has one
        request += f", Extended Request ID: {host}"
    return TaskFailure(f"{service}.{name}", f"{message} ({request}) (SDK Attempt Count: 1)")


# What moto says → what AWS says (recorded).
_MESSAGES = {("Publish", "Endpoint does not exist"): "Topic does not exist"}


def _parts(error: ClientError) -> tuple[str, str, int, str]:
    metadata: Mapping[str, Any] = error.response.get("ResponseMetadata", {})
    detail = error.response.get("Error", {})
    status = metadata.get("HTTPStatusCode", 400)
    message = detail.get("Message", "")
    message = _MESSAGES.get((error.operation_name, message), message)
    return detail.get("Code", ""), message, status, metadata.get("RequestId", "")


def _declared_exception(operation: Any, error: ClientError) -> str | None:
    """The Java SDK's exception class for an error; None for a code that the API does not declare.

    The class is named after the API's shape, which may differ from the code (``QueueDoesNotExist``).
    """
    detail = error.response.get("Error", {})
    # Under QueryErrorCode a service that once had another protocol tells its present name of the error (SQS).
    codes = {detail.get("Code", ""), detail.get("QueryErrorCode", "")}
    for shape in operation.service_model.error_shapes:
        if not codes.isdisjoint({shape.name, shape.metadata.get("error", {}).get("code")}):
            name = str(shape.name)
            return name if name.endswith("Exception") else f"{name}Exception"
    return None


def java_name(service_id: str) -> str:
    """The Java SDK's class prefix: ``DynamoDB`` → ``DynamoDb``, ``SFN`` → ``Sfn``, ``Secrets Manager`` → …"""
    return class_name(service_id.removesuffix(" Service"))
