"""What functions call over HTTP: each has keys that say which role it runs as, and does what that allows."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, unquote

from werkzeug.wrappers import Request, Response

from converter.local.integrations.resources import Place
from converter.local.integrations.service_names import name_of_signed, service_model
from converter.local.permissions.policies import is_allowed
from converter.local.permissions.tasks import refusal_text
from converter.local.permissions.wanted import Wanted, wanted_by

_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[\w-]+)/(?P<service>[\w-]+)/aws4_request")
#: In front of a role's ARN in an access key, in hexadecimal digits: keys have letters and digits only.
_OF_ROLE = "ROLE"

WsgiApplication = Callable[..., Any]


def access_key_of(role_arn: str) -> str:
    """Return the access key with which a role's requests are known again."""
    return _OF_ROLE + role_arn.encode().hex().upper()


class GuardedRequests:
    """A WSGI application: refuses what the role of the caller does not allow, and hands on everything else.

    Only callers with a role's key are asked; everybody else is the account's owner.
    """

    def __init__(self, application: WsgiApplication) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer one request."""
        signed = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
        if signed is None or not signed["key"].startswith(_OF_ROLE):
            return self._application(environ, start_response)
        role_arn = bytes.fromhex(signed["key"].removeprefix(_OF_ROLE)).decode()
        request = Request(environ)
        environ["wsgi.input"] = io.BytesIO(request.get_data())  # it can be read once
        place = Place(role_arn.split(":")[4], signed["region"])
        service = name_of_signed(signed["service"])
        for wanted in _wanted(service, signed["service"], request, place):
            if not is_allowed(role_arn, wanted):
                return _refusal(service, refusal_text(role_arn, wanted))(environ, start_response)
        return self._application(environ, start_response)


def _wanted(service: str, signed: str, request: Request, place: Place) -> Iterator[Wanted]:
    model = service_model(service)
    found = _operation(service, request) if model is not None else None
    if found is None:  # nobody knows what it is: only a role that may do anything there may do it
        yield Wanted(f"{signed}:UnknownOperation", None)
    else:
        yield from wanted_by(model, *found, place)


def _operation(service: str, request: Request) -> tuple[str, Mapping[str, Any]] | None:
    """Return the operation that a request is, with those of its arguments that a resource is named by."""
    if target := request.headers.get("X-Amz-Target"):
        try:
            body = json.loads(request.get_data() or b"{}")
        except ValueError:  # the service says so
            body = None
        return target.rpartition(".")[2], body if isinstance(body, dict) else {}
    if service_model(service).metadata["protocol"] in ("query", "ec2"):
        arguments = {name: values[0] for name, values in parse_qs(request.get_data(as_text=True)).items()}
        return arguments.pop("Action", ""), arguments
    given = set(request.args)
    for name, method, path, fixed in _routes(service):
        match = path.fullmatch(request.path) if method == request.method else None
        if match and fixed <= given:
            return name, {key: unquote(value) for key, value in match.groupdict().items()}
    return None


@lru_cache(maxsize=16)
def _routes(service: str) -> tuple[tuple[str, str, re.Pattern[str], frozenset[str]], ...]:
    """Return operation, method, path and fixed parameters, those with most of these first."""
    model = service_model(service)
    routes = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        expression = re.sub(
            r"\{(\w+)(\+?)\}",
            lambda found: f"(?P<{found[1]}>{'.+' if found[2] else '[^/]+'})",
            re.sub(r"([.$^*()\[\]|?])", r"\\\1", path),
        )
        fixed = frozenset(part.partition("=")[0] for part in query.split("&") if part)
        routes.append((name, http["method"], re.compile(expression + "/?"), fixed))
    return tuple(sorted(routes, key=lambda route: -len(route[3])))


def _refusal(service: str, message: str) -> Response:
    model = service_model(service)
    if model is not None and model.metadata["protocol"] in ("query", "ec2", "rest-xml"):
        error = f"<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>{message}</Message></Error>"
        text = error if service == "s3" else f"<ErrorResponse>{error}</ErrorResponse>"
        return Response(text, 403, content_type="text/xml")
    content = {"__type": "AccessDeniedException", "message": message, "Message": message}
    headers = {"x-amzn-ErrorType": "AccessDeniedException"}
    return Response(json.dumps(content), 400, headers, content_type="application/x-amz-json-1.1")
