"""The local AWS: one HTTP endpoint for all services, started and stopped as a whole."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from types import FrameType, TracebackType
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import ThreadedWSGIServer

from converter.local.executions import Executions
from converter.local.integrations.aws_calls import AwsCalls
from converter.local.integrations.router import Integrations
from converter.local.lambda_runtime import LambdaRuntime
from converter.local.loop_thread import LoopThread
from converter.local.moto_parts import forget_everything, installed
from converter.local.sessions import ACCESS_KEY, isolated_session

HOST = "127.0.0.1"
REGION = "us-east-1"

_one_at_a_time = threading.Lock()


class LocalAws:
    """AWS on this machine, on the loopback interface only. A context manager.

    ``port`` 0 takes a free one. All state is in memory and gone after :meth:`stop`. moto keeps its services
    in module globals, so one process can hold one local AWS at a time; starting another is a RuntimeError.
    """

    def __init__(self, port: int = 0, region: str = REGION) -> None:
        self._wanted_port = port
        self._region = region
        self._resources: ExitStack | None = None
        # One session for all clients: it keeps the API descriptions that it has read.
        self._session = isolated_session(region)
        self._session_lock = threading.Lock()
        self.endpoint = ""
        """``http://127.0.0.1:PORT`` once started."""

    def start(self) -> LocalAws:
        """Start serving. Raises OSError if the port is taken, RuntimeError if another local AWS runs here."""
        if not _one_at_a_time.acquire(blocking=False):
            raise RuntimeError("A local AWS already runs in this process; stop it first, or start a process")
        with ExitStack() as opened:
            opened.callback(_one_at_a_time.release)
            server = _Server(self._wanted_port)
            opened.callback(server.server_close)
            self.endpoint = f"http://{HOST}:{server.port}"
            runtime = LambdaRuntime(self.environment())
            aws = AwsCalls(self.endpoint)
            loop = LoopThread()
            executions = Executions(loop)
            executions.backend = Integrations(aws, executions.find)
            opened.enter_context(installed(executions, runtime))
            # Closed from the last to the first: the server's threads end once nothing they wait for is left.
            opened.callback(aws.close)
            opened.callback(server.stop)
            opened.callback(runtime.close)
            opened.callback(loop.close)
            opened.callback(executions.reset)
            server.start()
            self._resources = opened.pop_all()
        return self

    def stop(self) -> None:
        """Abort executions, end Lambda workers, and stop serving. Safe to call twice."""
        if self._resources is not None:
            resources, self._resources = self._resources, None
            resources.close()

    def __enter__(self) -> LocalAws:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def environment(self) -> dict[str, str]:
        """The environment variables with which any AWS client uses this endpoint, and nothing else.

        Configuration files are shut out: a profile of theirs could lead to a real account.
        """
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": ACCESS_KEY,
            "AWS_DEFAULT_REGION": self._region,
            "AWS_REGION": self._region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str) -> Any:
        """A boto3 client of this endpoint, whatever the process's own environment says."""
        with self._session_lock:  # creating clients is not thread-safe
            return self._session.client(
                service,  # type: ignore[call-overload]  # any service, by its name
                endpoint_url=self.endpoint,
            )

    def reset(self) -> None:
        """Forget everything: stacks, machines (their executions are aborted), functions, jobs, objects."""
        forget_everything()


class _QuietHandler(MotoRequestHandler):  # type: ignore[misc]  # moto is not seen by mypy: its classes are Any
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Leave requests out of the log: pollers make thousands."""


class _Server(ThreadedWSGIServer):
    """moto's application, with a shutdown that leaves no connection and no thread behind."""

    daemon_threads = False
    block_on_close = True

    def __init__(self, port: int) -> None:
        # Bound here: werkzeug, asked for a port that is taken, would end the process. It takes a copy.
        with socket.create_server((HOST, port), backlog=self.request_queue_size) as listening:
            super().__init__(
                HOST,
                port,
                DomainDispatcherApplication(create_backend_app),
                _QuietHandler,
                fd=listening.fileno(),
            )
        self._connections: set[socket.socket] = set()
        self._changing = threading.Lock()
        # It looks for the shutdown so often (seconds): tests start and stop it a lot.
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.05,), name="dag2sfn-local-aws", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changing:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._changing:
            self._connections.discard(request)
        super().shutdown_request(request)

    def stop(self) -> None:
        """Take no more requests and hang up: clients keep connections open, each with a thread of ours."""
        self.shutdown()
        self._thread.join()
        with self._changing:
            connections = list(self._connections)
        for connection in connections:
            with suppress(OSError):  # the client was faster
                connection.shutdown(socket.SHUT_RDWR)


def serve(port: int, write: Callable[[str], object] = sys.stdout.write) -> None:
    """Run a local AWS until SIGINT or SIGTERM; say where it is and how to use it. Raises OSError.

    What is written is a shell script: it can be read, copied, or sourced from a file.
    """
    stop = threading.Event()

    def request_stop(signum: int, frame: FrameType | None) -> None:
        stop.set()

    previous = {number: signal.signal(number, request_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with LocalAws(port) as aws:
            write(f"# Local AWS at {aws.endpoint} (Ctrl-C stops it; everything in it is then gone)\n")
            write("".join(f"export {name}={value}\n" for name, value in aws.environment().items()))
            sys.stdout.flush()
            stop.wait()
            write("\n# Stopping\n")
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
