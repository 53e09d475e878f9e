"""Runs Lambda functions for real: the deployed zip, unpacked, in warm worker processes of its own.

One worker answers one event at a time, as a Lambda execution environment does; a function that is called
while its workers are busy gets more of them. When its code or configuration changes, it gets new workers.
"""

from __future__ import annotations

import io
import json
import shutil
import threading
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from uuid import uuid4

from converter.local.lambda_pool import PoolClosed, WorkerPool
from converter.local.lambda_process import InitFailed, WorkerEnded, WorkerProcess, WorkerTimedOut


@dataclass(frozen=True)
class Function:
    """One version of a deployed function. ``timeout`` in seconds; ``code`` is the zip."""

    name: str
    arn: str
    version: str
    handler: str
    runtime: str
    timeout: float
    memory_mb: int
    environment: Mapping[str, str]
    role_arn: str
    code_sha256: str
    code: bytes = field(repr=False, compare=False)


@dataclass(frozen=True)
class Invocation:
    """What an invocation came to. ``payload`` is JSON text: the result or, ``failed``, the error document."""

    payload: str
    failed: bool
    request_id: str
    log: str = ""

    @property
    def error_type(self) -> str:
        """What Retry and Catch match on."""
        return str(json.loads(self.payload).get("errorType", "Lambda.Unknown"))


class LambdaRuntime:
    """All functions' workers. Thread-safe; :meth:`invoke` blocks its caller until the function has answered.

    ``environment`` is what every function sees beside its own variables: endpoint, credentials, region;
    ``keys_of_role`` is what it sees on top of that for its role's ARN.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        keys_of_role: Callable[[str], Mapping[str, str]] = lambda arn: {},
    ) -> None:
        self._environment = dict(environment)
        self._keys_of_role = keys_of_role
        self._folder = Path(mkdtemp(prefix="dag2sfn-lambda-"))
        self._lock = threading.Lock()
        self._pools: dict[str, tuple[Function, WorkerPool]] = {}
        self._retired: list[WorkerPool] = []
        self._background: list[threading.Thread] = []
        self._closed = False

    def invoke(self, function: Function, payload: str) -> Invocation:
        """Call the function with the event ``payload`` (JSON text)."""
        request_id = str(uuid4())
        if not function.runtime.startswith("python"):
            message = (
                f"{function.name} wants the runtime {function.runtime}; only Python functions are run here"
            )
            return _failed(request_id, "Runtime.Unsupported", message)
        try:
            pool = self._pool(function)
            with pool.worker() as worker:
                return _answer(worker, function, payload, request_id)
        except InitFailed as error:
            return Invocation(
                json.dumps({**error.document, "requestId": request_id}), True, request_id, error.log
            )
        except zipfile.BadZipFile as error:
            return _failed(
                request_id, "Runtime.BadZip", f"The code of {function.name} is no zip file: {error}"
            )
        except PoolClosed:
            return _failed(request_id, "Runtime.Closed", "The local AWS is shutting down")

    def _pool(self, function: Function) -> WorkerPool:
        with self._lock:
            if self._closed:
                raise PoolClosed
            known = self._pools.get(function.arn)
            if known is not None and known[0] == function:
                return known[1]
            pool = WorkerPool(
                code_folder=self._unpack(function),
                handler=function.handler,
                environment=self._function_environment(function),
            )
            self._retire(function.arn)
            self._pools[function.arn] = (function, pool)
        return pool

    def _retire(self, function_arn: str) -> None:
        known = self._pools.pop(function_arn, None)
        if known is not None:
            known[1].retire()
            self._retired.append(known[1])

    def _unpack(self, function: Function) -> Path:
        folder = self._folder / function.code_sha256.replace("/", "_").replace("=", "")
        if not folder.exists():
            new = Path(mkdtemp(dir=self._folder))
            with zipfile.ZipFile(io.BytesIO(function.code)) as archive:
                archive.extractall(new)
            new.rename(folder)
        return folder

    def _function_environment(self, function: Function) -> dict[str, str]:
        return {
            **self._environment,
            **self._keys_of_role(function.role_arn),
            "_HANDLER": function.handler,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": function.version,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": f"local/[{function.version}]",
            **function.environment,
        }

    def in_background(self, function: Callable[..., object], *args: object) -> None:
        """Run an invocation that nobody waits for; :meth:`close` does."""
        thread = threading.Thread(target=function, args=args, name="dag2sfn-lambda-event", daemon=True)
        with self._lock:
            self._background = [other for other in self._background if other.is_alive()]
            self._background.append(thread)
            thread.start()

    def forget(self, function_arn: str) -> None:
        """Let the workers of a deleted function end."""
        with self._lock:
            self._retire(function_arn)

    def reset(self) -> None:
        """End all workers; functions may be invoked again."""
        with self._lock:
            pools = [pool for _, pool in self._pools.values()] + self._retired
            self._pools, self._retired = {}, []
        for pool in pools:
            pool.close()

    def close(self) -> None:
        """End all workers for good and remove the unpacked code."""
        with self._lock:
            self._closed = True
        self.reset()
        for thread in self._background:
            thread.join()
        shutil.rmtree(self._folder, ignore_errors=True)


def _failed(request_id: str, error_type: str, message: str, log: str = "") -> Invocation:
    return Invocation(json.dumps({"errorType": error_type, "errorMessage": message}), True, request_id, log)


def _answer(worker: WorkerProcess, function: Function, payload: str, request_id: str) -> Invocation:
    request = {
        "event": json.loads(payload),
        "request_id": request_id,
        "arn": function.arn,
        "deadline": time.time() + function.timeout,
    }
    # The error types are spelled as Lambda spells them since 2023 (Sandbox.Timedout, Runtime.ExitError).
    try:
        reply = worker.call(request, function.timeout)
    except WorkerTimedOut:
        message = f"RequestId: {request_id} Error: Task timed out after {function.timeout:.2f} seconds"
        return _failed(request_id, "Sandbox.Timedout", message, worker.read_log())
    except WorkerEnded as error:
        message = f"RequestId: {request_id} Error: Runtime exited with error: {error}"
        return _failed(request_id, "Runtime.ExitError", message, worker.read_log())
    if "error" in reply:
        document = json.dumps(reply["error"], ensure_ascii=False)
        return Invocation(document, True, request_id, worker.read_log())
    return Invocation(reply["result"], False, request_id, worker.read_log())
