"""The one address that AWS does not have: ``/dag2sfn-local/clock`` puts the scheduler's clock forward."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from werkzeug.wrappers import Request, Response

from converter.local.scheduling.timers import Firing, Timers

CLOCK_PATH = "/dag2sfn-local/clock"

WsgiApplication = Callable[..., Any]


class ClockEndpoint:
    """A WSGI application: answers for the clock, and hands everything else on.

    ``GET`` returns ``{"now": …}``. ``POST`` takes ``{"seconds": 86400}`` or
    ``{"to": "2030-01-01T00:00:00Z"}`` and returns ``now`` and ``fired``, the schedules that fired on the way.
    """

    def __init__(self, timers: Timers, others: WsgiApplication) -> None:
        self._timers = timers
        self._others = others

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer one request."""
        if environ.get("PATH_INFO") != CLOCK_PATH:
            return self._others(environ, start_response)
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        fired: list[Firing] = []
        if request.method == "POST":
            try:
                moment = self._wanted(json.loads(request.get_data(as_text=True) or "{}"))
            except (ValueError, TypeError, KeyError, OverflowError) as error:
                problem = f'send {{"seconds": 60}} or {{"to": "2030-01-01T00:00:00Z"}} ({error})'
                return _json({"error": problem}, 400)
            fired = self._timers.forward_to(moment)
        elif request.method != "GET":
            return _json({"error": "use GET or POST"}, 405)
        return _json({"now": self._timers.clock.now().isoformat(), "fired": [_shown(each) for each in fired]})

    def _wanted(self, body: dict[str, Any]) -> datetime:
        if "seconds" in body:
            return self._timers.clock.now() + timedelta(seconds=float(body["seconds"]))
        moment = datetime.fromisoformat(str(body["to"]).replace("Z", "+00:00"))
        if moment.tzinfo is None:
            raise ValueError("the time has no zone")
        return moment


def _shown(firing: Firing) -> dict[str, Any]:
    shown = {"schedule": firing.arn, "scheduled": firing.scheduled.isoformat()}
    return shown if firing.error is None else {**shown, "error": firing.error}


def _json(content: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(content), status, content_type="application/json")
