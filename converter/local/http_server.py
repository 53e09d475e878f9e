"""The HTTP server: quiet, on the loopback interface only, and gone when it is stopped."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import ThreadedWSGIServer

HOST = "127.0.0.1"


def _unavailable(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    start_response("503 Service Unavailable", [])
    return []


class _QuietHandler(MotoRequestHandler):  # type: ignore[misc]  # moto is not seen by mypy: its classes are Any
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Leave requests out of the log: pollers make thousands."""


class HttpServer(ThreadedWSGIServer):
    """A server with a shutdown that leaves no connection and no thread behind."""

    daemon_threads = False
    block_on_close = True

    def __init__(self, port: int) -> None:
        """Listen on a port of the loopback interface (0: a free one). Raises OSError if it is taken."""
        # Bound here: werkzeug, asked for a port that is taken, would end the process. It takes a copy.
        with socket.create_server((HOST, port), backlog=self.request_queue_size) as listening:
            super().__init__(HOST, port, _unavailable, _QuietHandler, fd=listening.fileno())
        self._connections: set[socket.socket] = set()
        self._changing = threading.Lock()
        # It looks for the shutdown so often (seconds): tests start and stop it a lot.
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.05,), name="dag2sfn-local-aws", daemon=True
        )

    def start(self, application: Callable[..., Any]) -> None:
        """Hand requests to a WSGI application from now on."""
        self.app = application
        self._thread.start()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer a connection's requests in a thread of its own."""
        with self._changing:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that has ended."""
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
