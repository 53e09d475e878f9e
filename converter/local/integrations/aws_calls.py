"""Calls to services through boto3, with a Task's arguments and result."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar
from uuid import uuid4

from botocore.config import Config
from botocore.exceptions import ClientError, UnknownServiceError
from botocore.validate import ParamValidator

from converter.engine import TaskFailure
from converter.expressions.java_names import member_name
from converter.local.integrations.failures import optimised_call_failure, sdk_failure, unusable_arguments
from converter.local.integrations.resources import Place
from converter.local.integrations.service_names import boto3_name
from converter.local.integrations.shapes import (
    DateFormat,
    Json,
    UnknownFieldError,
    epoch_milliseconds,
    from_api,
    iso_instant,
    to_api,
)
from converter.local.sessions import isolated_session

T = TypeVar("T")

# Hundreds of tasks may wait for an answer at once (a Lambda function that sleeps); a thread each, and no more
# than a process bears.
MAX_CALLS_AT_ONCE = 512

# GetActivityTask, called by a Task, is answered after a minute at the latest.
READ_TIMEOUT_SECONDS = 75


class AwsCalls:
    """Shared clients and threads. One object serves all executions; closed with the local AWS."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._threads = ThreadPoolExecutor(MAX_CALLS_AT_ONCE, thread_name_prefix="dag2sfn-task")
        self._session = isolated_session()
        self._clients: dict[tuple[str, str], Any] = {}
        self._creating = threading.Lock()

    async def in_thread(self, function: Callable[..., T], *args: Any) -> T:
        """Run a blocking function in one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: function(*args))

    async def optimised(self, service: str, action: str, arguments: Json, place: Place) -> dict[str, Any]:
        """Call an action the way an optimised integration does: the result has SdkHttpMetadata.

        ``service`` is boto3's name, ``action`` the ARN's (``putItem``). Raises :class:`TaskFailure`.
        """
        client = await self.in_thread(self._client, service, place.region)
        operation = client.meta.service_model.operation_model(action[:1].upper() + action[1:])
        try:
            result, metadata = await self._call(client, operation, arguments, epoch_milliseconds)
        except ClientError as error:
            raise optimised_call_failure(service, operation, error) from error
        return dict(sorted({**result, **sdk_metadata(metadata)}.items()))

    async def sdk(self, service: str, action: str, arguments: Json, place: Place) -> dict[str, Any]:
        """Call any action of any service, as ``aws-sdk:`` integrations do. Raises :class:`TaskFailure`."""
        try:
            client = await self.in_thread(self._client, boto3_name(service), place.region)
        except UnknownServiceError as error:
            raise TaskFailure("States.Runtime", f"The service {service} is not known to boto3") from error
        name = action[:1].upper() + action[1:]
        if name not in client.meta.service_model.operation_names:
            raise TaskFailure("States.Runtime", f"The service {service} has no action {action}")
        operation = client.meta.service_model.operation_model(name)
        try:
            result, _ = await self._call(client, operation, arguments, iso_instant, member_name)
        except ClientError as error:
            raise sdk_failure(str(client.meta.service_model.service_id), operation, error) from error
        return result

    async def _call(
        self,
        client: Any,
        operation: Any,
        arguments: Json,
        dates: DateFormat,
        spelled: Callable[[str], str] | None = None,
    ) -> tuple[dict[str, Any], Mapping[str, Any]]:
        """The converted result and boto3's ResponseMetadata."""
        method = getattr(client, _method_name(client, operation.name))
        if not isinstance(arguments, Mapping):
            raise unusable_arguments(arguments, "The arguments must be an object")
        try:
            # Idempotency tokens are made up if they are absent, as every SDK does.
            parameters = dict.fromkeys(operation.idempotent_members, str(uuid4()))
            parameters |= to_api(arguments, operation.input_shape)
        except UnknownFieldError as error:
            raise unusable_arguments(arguments, str(error)) from error
        _check(parameters, operation, arguments)

        def call_and_convert() -> tuple[dict[str, Any], Mapping[str, Any]]:
            answer = method(**parameters)
            return from_api(answer, operation.output_shape, dates, spelled), answer["ResponseMetadata"]

        return await self.in_thread(call_and_convert)

    def _client(self, service: str, region: str) -> Any:
        with self._creating:  # creating clients is not thread-safe
            if (service, region) not in self._clients:
                self._clients[service, region] = self._session.client(
                    service,  # type: ignore[call-overload]  # any service, by its name
                    region_name=region,
                    endpoint_url=self._endpoint,
                    # No retries: the machine's own Retry is to see every error.
                    config=Config(
                        max_pool_connections=MAX_CALLS_AT_ONCE,
                        read_timeout=READ_TIMEOUT_SECONDS,
                        retries={"total_max_attempts": 1},
                    ),
                )
            return self._clients[service, region]

    def close(self) -> None:
        """End the threads (their calls have ended or fail, as the server is going away) and the clients."""
        self._threads.shutdown(cancel_futures=True)
        for client in self._clients.values():
            client.close()


def _check(parameters: Mapping[str, Any], operation: Any, arguments: Json) -> None:
    """Refuse what the action does not take: wrong types here, absent members as the service would."""
    shape = operation.input_shape
    missing = [name for name in (shape.required_members if shape else ()) if name not in parameters]
    if missing:
        rule = "failed to satisfy constraint: Member must not be null"
        problems = "; ".join(f"Value null at '{name[:1].lower()}{name[1:]}' {rule}" for name in missing)
        found = f"{len(missing)} validation error{'s' if len(missing) > 1 else ''} detected: {problems}"
        raise _refused(operation, "ValidationException", found)
    if operation.name == "SendMessage" and parameters.get("MessageBody") == "":
        # SQS takes no empty message, and moto does.
        raise _refused(operation, "MissingParameter", "The request must contain the parameter MessageBody.")
    report = ParamValidator().validate(parameters, shape) if shape else None
    if report is not None and report.has_errors():
        raise unusable_arguments(arguments, report.generate_report())


def _refused(operation: Any, code: str, message: str) -> ClientError:
    error: Any = {"Error": {"Code": code, "Message": message}}  # no more is read of it
    return ClientError(error, operation.name)


async def unless_cancelled(start: Awaitable[T], undo: Callable[[T], Awaitable[None]]) -> T:
    """Await ``start``, which starts something; if cancelled meanwhile, let it finish and ``undo`` it.

    The call runs in a thread and cannot be taken back: without this, a job would start that nobody stops.
    """
    starting = asyncio.ensure_future(start)
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        undoing = asyncio.ensure_future(_undo(starting, undo))
        while not undoing.done():
            with suppress(asyncio.CancelledError):  # a second cancellation must not stop the undoing
                await asyncio.shield(undoing)
        raise


async def _undo(starting: asyncio.Future[T], undo: Callable[[T], Awaitable[None]]) -> None:
    with suppress(TaskFailure):  # nothing was started
        await undo(await starting)


def sdk_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """SdkHttpMetadata and SdkResponseMetadata of an optimised integration's result."""
    headers = dict(metadata.get("HTTPHeaders", {}))
    return {
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": metadata.get("HTTPStatusCode", 200),
        },
        "SdkResponseMetadata": {"RequestId": metadata.get("RequestId", "")},
    }


def _method_name(client: Any, operation_name: str) -> str:
    mapping: Mapping[str, str] = client.meta.method_to_api_mapping
    return next(method for method, api_name in mapping.items() if api_name == operation_name)
