"""boto3 clients of the local AWS, one for each service and region, shared by all threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from converter.local.sessions import isolated_session


class Clients:
    """Creates a client when it is first asked for, and closes all of them at the end."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        # One session for all clients: it keeps the API descriptions that it has read.
        self._session = isolated_session()
        self._clients: dict[tuple[Any, ...], Any] = {}
        self._creating = threading.Lock()

    def get(self, service: str, region: str, *, prepare: Callable[[Any], None] | None = None) -> Any:
        """The client of a service, by boto3's name. ``prepare`` is done to it once, when it is new."""
        key = (service, region, prepare)
        with self._creating:  # creating clients is not thread-safe
            if key not in self._clients:
                client = self._session.client(
                    service,  # type: ignore[call-overload]  # any service, by its name
                    region_name=region,
                    endpoint_url=self._endpoint,
                )
                if prepare is not None:
                    prepare(client)
                self._clients[key] = client
            return self._clients[key]

    def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            client.close()
