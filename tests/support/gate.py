"""A door in front of a server on this machine, which tests can shut: then nobody can be reached there."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


class Gate:
    """Passes connections on to a server, for as long as it is open. ``url`` is where it is."""

    def __init__(self, behind: str) -> None:
        self._behind = (str(urlsplit(behind).hostname), int(urlsplit(behind).port or 80))
        self._port = 0
        self._listening: socket.socket | None = None
        self._passing: set[socket.socket] = set()
        self.open()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def open(self) -> None:
        """Listen, where it did before."""
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self._port))
        listening.listen(64)
        self._port, self._listening = listening.getsockname()[1], listening
        threading.Thread(target=self._serve, args=(listening,), daemon=True).start()

    def close(self) -> None:
        """Refuse connections, and cut those that there are."""
        listening, self._listening = self._listening, None
        for one in (listening, *tuple(self._passing)):
            if one is not None:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()
        self._passing.clear()

    @contextmanager
    def shut(self) -> Iterator[None]:
        self.close()
        try:
            yield
        finally:
            self.open()

    def _serve(self, listening: socket.socket) -> None:
        while True:
            try:
                here, _ = listening.accept()
                there = socket.create_connection(self._behind)
            except OSError:
                return
            self._passing |= {here, there}
            for source, target in ((here, there), (there, here)):
                threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                target.sendall(data)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
            self._passing.discard(one)
