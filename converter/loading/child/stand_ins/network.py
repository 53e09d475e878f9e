"""Closes the network while DAG files are read: a file's import shall neither wait for a service nor change
one.

What another program does that the file starts is not seen.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any, NoReturn


class NetworkClosedError(OSError):
    """A DAG file reaches for the network while it is imported."""


def close_network() -> None:
    """Make every attempt of this process to reach another address raise NetworkClosedError.

    Sockets of the file system (AF_UNIX) stay open: they lead nowhere else.
    """
    for name in ("connect", "connect_ex", "sendto"):
        setattr(socket.socket, name, _nearby(getattr(socket.socket, name)))

    def resolve_nothing(*address: Any, **options: Any) -> NoReturn:
        _refuse(address)

    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        setattr(socket, name, resolve_nothing)


def _nearby(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method of sockets, the last argument of which is an address, for addresses of this machine."""

    def reach(self: socket.socket, *args: Any) -> Any:
        if self.family != socket.AF_UNIX:
            _refuse(args[-1])
        return method(self, *args)

    return reach


def _refuse(address: Any) -> NoReturn:
    parts = [str(part) for part in (address if isinstance(address, tuple) else (address,))]
    raise NetworkClosedError(
        f"the network is closed while DAG files are read: {':'.join(parts[:2])} was asked for"
    )
