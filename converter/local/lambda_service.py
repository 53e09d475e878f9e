"""Lambda behind the moto server: moto keeps the functions, our runtime (``lambda_runtime``) runs them."""

from __future__ import annotations

import base64
from types import ModuleType
from typing import Any

import moto.awslambda.urls
from moto.awslambda.models import LambdaBackend, LambdaFunction

from converter.local.lambda_runtime import Function, Invocation, LambdaRuntime

# Invoke's LogResult holds the last 4 KB of the log.
LOG_TAIL_BYTES = 4096


class LocalLambda(LambdaBackend):  # type: ignore[misc]  # moto is not seen by mypy: its classes are Any
    """One account and region of Lambda."""

    def __init__(self, region_name: str, account_id: str, runtime: LambdaRuntime) -> None:
        super().__init__(region_name, account_id)
        self._runtime = runtime

    def reset(self) -> None:
        """Forget all functions and end their workers."""
        self._runtime.reset()
        self.__init__(self.region_name, self.account_id, self._runtime)  # type: ignore[misc]  # moto's own way

    @property
    def _url_module(self) -> ModuleType:
        return moto.awslambda.urls  # type: ignore[no-any-return]  # moto is not seen by mypy

    def run(self, name_or_arn: str, qualifier: str | None, payload: str) -> tuple[Function, Invocation]:
        """Invoke a function and wait for it. ``payload`` is JSON text.

        Raises moto's UnknownFunctionException (ResourceNotFoundException).
        """
        deployed = self.get_function(name_or_arn, qualifier)
        function = _function(deployed)
        invocation = self._runtime.invoke(function, payload)
        if invocation.log:
            deployed.logs_backend.ensure_log_group(deployed.logs_group_name)
            deployed.save_logs(invocation.log)
        return function, invocation

    def invoke(
        self,
        function_name: str,
        qualifier: str | None,
        body: Any,
        headers: Any,
        response_headers: dict[str, str],
    ) -> bytes:
        """The Invoke API call (moto's response class adds the status code)."""
        payload = body.decode() if isinstance(body, bytes) else body
        payload = payload or "{}"
        kind = headers.get("X-Amz-Invocation-Type")
        if kind in {"Event", "DryRun"}:
            self.get_function(function_name, qualifier)
            if kind == "Event":
                self._runtime.in_background(self.run, function_name, qualifier, payload)
            return b""
        function, invocation = self.run(function_name, qualifier, payload)
        if invocation.failed:
            response_headers["x-amz-function-error"] = "Unhandled"
        response_headers["x-amz-executed-version"] = function.version
        log_tail = invocation.log.encode()[-LOG_TAIL_BYTES:]
        response_headers["x-amz-log-result"] = base64.b64encode(log_tail).decode()
        answer = invocation.payload.encode()
        response_headers["Content-Length"] = str(len(answer))
        return answer

    def delete_function(self, function_name: str, qualifier: str | None = None) -> None:
        """Delete a function and end its workers."""
        arn = self.get_function(function_name, qualifier).function_arn
        super().delete_function(function_name, qualifier)
        self._runtime.forget(arn)


def _function(deployed: LambdaFunction) -> Function:
    version = str(deployed.version)
    return Function(
        name=deployed.function_name,
        arn=deployed.function_arn,
        # moto numbers the unpublished version 1.
        version=version if deployed.function_arn.endswith(f":{version}") else "$LATEST",
        handler=deployed.handler or "",
        runtime=deployed.run_time or "",
        timeout=float(deployed.timeout),
        memory_mb=int(deployed.memory_size),
        environment={key: str(value) for key, value in (deployed.environment_vars or {}).items()},
        role_arn=deployed.role,
        code_sha256=deployed.code_sha_256,
        code=getattr(deployed, "code_bytes", b""),
    )
