"""What runs inside a Lambda worker process: import the handler once, then answer events until told to end.

Started as ``python lambda_worker.py <fd> <handler>`` in the unpacked code's folder, with the function's
environment. It must not import anything of this project: the function's code comes first on ``sys.path`` and
sees what a Lambda function sees (Python and boto3).

Messages are JSON, one a line, over the socket ``fd``. From the worker: ``{"ready": true}`` or
``{"error": …}`` once, then one ``{"result": <JSON text>}`` or ``{"error": …}`` for each event. To the worker:
``{"event", "request_id", "arn", "deadline"}``, ``deadline`` in seconds since the epoch. End of file ends it.
"""

from __future__ import annotations

import decimal
import importlib
import json
import os
import socket
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any


@dataclass(frozen=True)
class Context:
    """The handler's second argument: the documented attributes of Lambda's context object."""

    aws_request_id: str
    invoked_function_arn: str
    function_name: str
    function_version: str
    memory_limit_in_mb: str
    log_group_name: str
    log_stream_name: str
    deadline: float
    identity: None = None
    client_context: None = None

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function times out."""
        return max(0, int((self.deadline - time.time()) * 1000))


def main(channel_fd: int, handler_name: str) -> None:
    """Serve events until the other side closes the channel."""
    with socket.socket(fileno=channel_fd) as channel, channel.makefile("rw", encoding="utf-8") as messages:

        def send(message: dict[str, Any]) -> None:
            messages.write(json.dumps(message) + "\n")
            messages.flush()

        try:
            handler = load_handler(handler_name)
        # Any failure of the user's module is an answer to report, as Lambda reports it. SystemExit is left
        # out: it ends the process, which is Lambda's Runtime.ExitError.
        except Exception as error:  # noqa: BLE001
            send({"error": describe_load_failure(error, handler_name)})
            return
        send({"ready": True})
        for line in messages:
            send(answer(handler, json.loads(line)))


def load_handler(handler_name: str) -> Callable[[Any, Context], Any]:
    """Import ``module.function`` (the module may be a path with slashes, as Lambda allows)."""
    module_name, _, function_name = handler_name.rpartition(".")
    if not module_name:
        raise HandlerNotFoundError(
            f"Bad handler '{handler_name}': not enough values to unpack (expected 2, got 1)"
        )
    module = importlib.import_module(module_name.replace("/", "."))
    try:
        handler: Callable[[Any, Context], Any] = getattr(module, function_name)
    except AttributeError:
        raise HandlerNotFoundError(f"Handler '{function_name}' missing on module '{module_name}'") from None
    return handler


class HandlerNotFoundError(Exception):
    """The module has no such function."""


def describe_load_failure(error: Exception, handler_name: str) -> dict[str, Any]:
    """Lambda's error document for a function that could not be imported."""
    module_name = handler_name.rpartition(".")[0]
    if isinstance(error, HandlerNotFoundError):
        return error_document("Runtime.HandlerNotFound", str(error))
    if isinstance(error, ImportError):
        return error_document(
            "Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}"
        )
    if isinstance(error, SyntaxError):
        return error_document(
            "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}"
        )
    return describe_failure(error)


def answer(handler: Callable[[Any, Context], Any], request: dict[str, Any]) -> dict[str, Any]:
    """Call the handler with one event."""
    context = Context(
        aws_request_id=request["request_id"],
        invoked_function_arn=request["arn"],
        function_name=os.environ["AWS_LAMBDA_FUNCTION_NAME"],
        function_version=os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
        memory_limit_in_mb=os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
        log_group_name=os.environ["AWS_LAMBDA_LOG_GROUP_NAME"],
        log_stream_name=os.environ["AWS_LAMBDA_LOG_STREAM_NAME"],
        deadline=request["deadline"],
    )
    try:
        result = handler(request["event"], context)
    # Whatever the handler raises is the invocation's result.
    except Exception as error:  # noqa: BLE001
        return {"error": describe_failure(error, context.aws_request_id)}
    try:
        return {"result": json.dumps(result, ensure_ascii=False, default=encode_decimal)}
    except (TypeError, ValueError) as error:
        message = f"Unable to marshal response: {error}"
        return {"error": error_document("Runtime.MarshalError", message, context.aws_request_id)}


def encode_decimal(value: Any) -> int | float:
    """Lambda's Python runtime writes decimals (what boto3 reads from DynamoDB) as numbers."""
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def describe_failure(error: Exception, request_id: str = "") -> dict[str, Any]:
    """The error document of an exception that user code raised."""
    return error_document(
        type(error).__name__, str(error), request_id, stack_from_handler(error.__traceback__)
    )


def error_document(
    error_type: str, message: str, request_id: str = "", stack: list[str] | None = None
) -> dict[str, Any]:
    """Lambda's error document, its keys in Lambda's order."""
    return {
        "errorMessage": message,
        "errorType": error_type,
        "requestId": request_id,
        "stackTrace": stack or [],
    }


def stack_from_handler(trace: TracebackType | None) -> list[str]:
    """The formatted frames without this module's own and the import system's."""
    frames = traceback.extract_tb(trace)
    theirs = [f for f in frames if f.filename != __file__ and not f.filename.startswith("<frozen importlib")]
    return traceback.format_list(theirs)


if __name__ == "__main__":
    # The script's own folder is first on sys.path: the function's code takes its place.
    sys.path[0] = os.getcwd()
    main(int(sys.argv[1]), sys.argv[2])
