"""Holds answers back until what they tell is on disk."""

from __future__ import annotations

import io
import logging
import re
import sqlite3
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from converter.local.durable.services import Services

logger = logging.getLogger(__name__)

WsgiApplication = Callable[..., Any]

_CREDENTIAL = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/")
_READING = re.compile(r"(Get|List|Describe|Head|Validate|Query|Scan|Search|Simulate|Lookup|BatchGet|Filter)")
# Kept by the journal, or nothing to keep.
_NOT_OF_SERVICES = re.compile(r"(Start|Stop)(Sync)?Execution|SendTask(Success|Failure|Heartbeat)")
_SERVICES = {"states": "stepfunctions", "monitoring": "cloudwatch"}
"""Names in signatures → moto's, where they differ."""

RESET_PATH = "/moto-api/reset"
EVERYTHING = "*"


class Keeper:
    """A WSGI application around another. One save serves all requests that wait for it."""

    def __init__(self, services: Services, application: WsgiApplication) -> None:
        self._services = services
        self._application = application
        self._changed = threading.Condition()
        self._wanted: set[str] = set()
        self._round = 0
        """The save that will begin next."""
        self._done = -1
        """The last save that has ended."""
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="dag2sfn-keeper", daemon=True)
        self._thread.start()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request; if it may have changed a service, once that is saved."""
        service = changed_service(environ)
        answer = self._application(environ, start_response)
        if service is None:
            return answer  # type: ignore[no-any-return]  # a WSGI application's
        body = list(answer)
        self.keep(service)
        return body

    def keep(self, service: str) -> None:
        """Return once the state that a service has now is on disk. ``*``: all services."""
        with self._changed:
            wanted = self._round
            self._wanted.add(service)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._done >= wanted or self._closed)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._wanted or self._closed)
                if self._closed:
                    return
                wanted, self._wanted = self._wanted, set()
                number = self._round
                self._round += 1
            try:
                self._save(wanted)
            except sqlite3.Error:
                logger.exception("not on disk: %s", ", ".join(wanted))
            with self._changed:
                self._done = number
                self._changed.notify_all()

    def _save(self, services: set[str]) -> None:
        if EVERYTHING in services:
            self._services.save_all()
        else:
            self._services.save(services)

    def close(self) -> None:
        """Save everything a last time; answers are held back no more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()
        self._services.save_all()


def changed_service(environ: dict[str, Any]) -> str | None:
    """moto's name of the service that a request may change; None: it only reads."""
    path = environ.get("PATH_INFO", "")
    if path == RESET_PATH:
        return EVERYTHING
    signed_for = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if signed_for is None or environ.get("REQUEST_METHOD") in {"GET", "HEAD"}:
        return None
    if path.endswith("/invocations"):  # of a Lambda function
        return None
    action = _action(environ)
    if _READING.match(action) or _NOT_OF_SERVICES.fullmatch(action):
        return None
    return _SERVICES.get(signed_for[1], signed_for[1])


def _action(environ: dict[str, Any]) -> str:
    """The API action, as far as it can be told without knowing the service: REST calls have none."""
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return str(target).rpartition(".")[2]
    if "form-urlencoded" not in environ.get("CONTENT_TYPE", ""):
        return ""
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0]
