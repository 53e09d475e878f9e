"""The local AWS: one HTTP endpoint for all services, started and stopped as a whole."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from converter.local.clients import Clients
from converter.local.durable.state import DurableState
from converter.local.executions import Executions
from converter.local.http_server import HOST, HttpServer
from converter.local.integrations.aws_calls import AwsCalls
from converter.local.integrations.router import Integrations
from converter.local.lambda_runtime import LambdaRuntime
from converter.local.loop_thread import LoopThread
from converter.local.moto_parts import Parts, forget_everything, installed
from converter.local.permissions.requests import GuardedRequests, access_key_of
from converter.local.permissions.tasks import GuardedTasks
from converter.local.scheduling.clock import ForwardClock
from converter.local.scheduling.endpoint import ClockEndpoint
from converter.local.scheduling.targets import Targets
from converter.local.scheduling.timers import Firing, Timers
from converter.local.sessions import ACCESS_KEY, isolated_session

REGION = "us-east-1"

_one_at_a_time = threading.Lock()


class LocalAws:
    """AWS on this machine, on the loopback interface only. A context manager.

    ``port`` 0 takes a free one. All state is in memory and gone after :meth:`stop`, unless a ``state`` folder
    is given: then it is there again at the next start, also after a kill. moto keeps its services in module
    globals, so one process can hold one local AWS at a time; starting another is a RuntimeError. With
    ``enforce_iam``, Task states and functions do what their roles allow, and nothing else.
    """

    def __init__(
        self,
        port: int = 0,
        region: str = REGION,
        state: Path | None = None,
        *,
        enforce_iam: bool = False,
    ) -> None:
        self._wanted_port = port
        self.enforces_iam = enforce_iam
        """Whether roles count; may be changed while it runs, for functions that start afterwards."""
        self._folder = state
        self._state: DurableState | None = None
        self._region = region
        self._resources: ExitStack | None = None
        # One session for all clients: it keeps the API descriptions that it has read.
        self._session = isolated_session(region)
        self._session_lock = threading.Lock()
        self.endpoint = ""
        """``http://127.0.0.1:PORT`` once started."""

    def start(self) -> LocalAws:
        """Start serving.

        Raises OSError if the port is taken, StateUnusable (an OSError too) if the folder cannot be used, and
        RuntimeError if another local AWS runs in this process.
        """
        if not _one_at_a_time.acquire(blocking=False):
            raise RuntimeError("A local AWS already runs in this process; stop it first, or start a process")
        with ExitStack() as opened:
            opened.callback(_one_at_a_time.release)
            server = HttpServer(self._wanted_port)
            opened.callback(server.server_close)
            self.endpoint = f"http://{HOST}:{server.port}"
            runtime = LambdaRuntime(self.environment(), self._keys_of_role)
            opened.callback(runtime.close)
            aws, clients = AwsCalls(self.endpoint), Clients(self.endpoint)
            loop = LoopThread()
            opened.callback(loop.close)
            timers = Timers(ForwardClock(), Targets(aws, loop).reach)
            opened.callback(timers.close)
            executions = Executions(loop)
            integrations = Integrations(aws, executions.find)
            executions.backend = GuardedTasks(integrations, executions.find, lambda: self.enforces_iam)
            parts = Parts(executions, runtime, clients, timers)
            opened.enter_context(installed(parts))
            application: Callable[..., Any] = DomainDispatcherApplication(create_backend_app)
            if self._folder is not None:
                self._state = DurableState(self._folder, vars(parts), executions)
                opened.callback(self._state.close)
                application = self._state.guard(application)
            server.start(ClockEndpoint(timers, GuardedRequests(application)))
            # Closed from the last to the first: the server's threads end once nothing they wait for is left.
            opened.callback(aws.close)
            opened.callback(clients.close)
            opened.callback(server.stop)
            opened.callback(runtime.close)
            opened.callback(loop.close)
            opened.callback(executions.reset)
            if self._state is not None:
                opened.callback(self._state.leave)
            opened.callback(timers.close)
            self._timers = timers
            self._resources = opened.pop_all()
        return self

    def stop(self) -> None:
        """Abort executions, end Lambda workers, and stop serving. Safe to call twice."""
        if self._resources is not None:
            resources, self._resources = self._resources, None
            resources.close()
            self._state = None

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

    def _keys_of_role(self, role_arn: str) -> dict[str, str]:
        return {"AWS_ACCESS_KEY_ID": access_key_of(role_arn)} if self.enforces_iam else {}

    def client(self, service: str) -> Any:
        """A boto3 client of this endpoint, whatever the process's own environment says."""
        with self._session_lock:  # creating clients is not thread-safe
            return self._session.client(
                service,  # type: ignore[call-overload]  # any service, by its name
                endpoint_url=self.endpoint,
            )

    def fast_forward(self, by: timedelta | datetime) -> list[Firing]:
        """Put the scheduler's clock forward, by some time or to a moment, and fire what is due on the way.

        Everything else keeps to the real time: waits of executions, Glue runs, timestamps.
        """
        moment = by if isinstance(by, datetime) else self._timers.clock.now() + by
        return self._timers.forward_to(moment)

    def reset(self) -> None:
        """Forget everything: stacks, machines (their executions are aborted), functions, jobs, objects."""
        forget_everything()
        if self._state is not None:
            self._state.save_all()


def serve(
    port: int,
    state: Path | None = None,
    write: Callable[[str], object] = sys.stdout.write,
    *,
    enforce_iam: bool = False,
) -> None:
    """Run a local AWS until SIGINT or SIGTERM; say where it is and how to use it. Raises OSError.

    What is written is a shell script: it can be read, copied, or sourced from a file.
    """
    stop = threading.Event()

    def request_stop(signum: int, frame: FrameType | None) -> None:
        stop.set()

    previous = {number: signal.signal(number, request_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with LocalAws(port, state=state, enforce_iam=enforce_iam) as aws:
            end = "everything in it is then gone" if state is None else f"its state is kept in {state}"
            write(f"# Local AWS at {aws.endpoint} (Ctrl-C stops it; {end})\n")
            write("".join(f"export {name}={value}\n" for name, value in aws.environment().items()))
            sys.stdout.flush()
            if not sys.stdout.isatty():
                # Sourced too early, the file would be empty, and what follows would go to a real account.
                sys.stderr.write(f"# Ready: local AWS at {aws.endpoint}\n")
            stop.wait()
            write("\n# Stopping\n")
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
