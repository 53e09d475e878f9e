"""HttpOperator and HttpSensor: a request with Python's own library, to where an Airflow connection says.

As HttpHook of Airflow's HTTP provider makes it. The answer has the members of ``requests.Response`` that
functions of DAG files use.
"""

import base64
import json
import logging
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from .connections import Connection, connection_of
from .context import arguments_for
from .exceptions import AirflowException
from .operators import PythonOperator, PythonSensor

#: Extras of the connection that say how requests are made; all others are headers.
_NO_HEADERS = frozenset(
    """
    allow_redirects auth_args auth_kwargs auth_type cert check_response headers max_redirects proxies stream
    timeout trust_env verify
    """.split()
)
_DEFAULT_TIMEOUT = 60.0
_log = logging.getLogger(__name__)


class Response:
    """What a server has answered."""

    def __init__(self, url: str, status: int, reason: str, headers: Any, content: bytes) -> None:
        self.url = url
        self.status_code = status
        self.reason = reason
        self.headers = headers
        self.content = content

    @property
    def encoding(self) -> str:
        """The charset of the answer."""
        return self.headers.get_content_charset() or "utf-8"

    @property
    def text(self) -> str:
        """The answer as a text."""
        return self.content.decode(self.encoding, "replace")

    @property
    def ok(self) -> bool:
        """Whether it is no error."""
        return self.status_code < 400

    def json(self, **options: Any) -> Any:
        """Return the answer's value, of JSON."""
        return json.loads(self.content, **options)

    def raise_for_status(self) -> None:
        """Raise AirflowException if it is an error."""
        if not self.ok:
            raise AirflowException(f"{self.status_code}:{self.reason}")


class HttpOperator(PythonOperator):
    """Makes a request, and returns the answer's text or what ``response_filter`` makes of it."""

    template_fields = ("endpoint", "data", "headers")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given = {"method": "POST", "http_conn_id": "http_default", "log_response": False, **kwargs}
        super().__init__(*args, python_callable=_operator, show_return_value_in_logs=False, **given)


class HttpSensor(PythonSensor):
    """Makes a request, and looks at the answer with ``response_check``; 404 means: not there yet."""

    template_fields = ("endpoint", "request_params", "headers")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given = {"method": "GET", "http_conn_id": "http_default", **kwargs}
        super().__init__(*args, python_callable=_sensor, show_return_value_in_logs=False, **given)


def _operator(task: Any, **context: Any) -> Any:
    given = vars(task)
    options = given.get("extra_options") or {}
    answer = _request(task, given.get("data"), options)
    if options.get("check_response", True):
        answer.raise_for_status()
    if given["log_response"]:
        _log.info(answer.text)
    if (check := given.get("response_check")) and not _asked(check, answer, context):
        raise AirflowException("Response check returned False.")
    if response_filter := given.get("response_filter"):
        return _asked(response_filter, answer, context)
    return answer.text


def _sensor(task: Any, **context: Any) -> Any:
    given = vars(task)
    options = given.get("extra_options") or {}
    answer = _request(task, given.get("request_params"), options)
    allowed = given.get("response_error_codes_allowlist") or ("404",)
    if not answer.ok and options.get("check_response", True):
        if str(answer.status_code) in allowed:
            return False
        answer.raise_for_status()
    check = given.get("response_check")
    return _asked(check, answer, context) if check else True


def _asked(function: Any, answer: Response, context: dict[str, Any]) -> Any:
    """Return what a function of the author's says of an answer; it may take parts of the context as well."""
    return function(answer, **arguments_for(function, [answer], {**context}))


def _request(task: Any, data: Any, options: Mapping[str, Any]) -> Response:
    given = vars(task)
    connection = connection_of(given["http_conn_id"])
    method = given["method"].upper()
    headers = {**_headers_of(connection), **(given.get("headers") or {})}
    url, body = _url(connection, given.get("endpoint")), None
    if method in ("GET", "HEAD"):
        url = _with_query(url, data)
    elif isinstance(data, Mapping):
        body = urlencode(data, doseq=True).encode()
    elif data is not None:
        body = data if isinstance(data, bytes) else str(data).encode()
        headers.setdefault("Content-Type", "text/plain")
    if (value := (given.get("request_kwargs") or options).get("json")) is not None:
        body = json.dumps(value).encode()
        headers["Content-Type"] = "application/json"
    request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310 - the author's own
    timeout = options.get("timeout") or connection.extra.get("timeout") or _DEFAULT_TIMEOUT
    try:
        with urllib.request.urlopen(request, timeout=float(timeout)) as found:  # noqa: S310
            return Response(found.url, found.status, found.reason, found.headers, found.read())
    except urllib.error.HTTPError as error:
        with error:
            return Response(url, error.code, error.reason, error.headers, error.read())
    except urllib.error.URLError as error:
        raise AirflowException(f"{url} cannot be reached: {error.reason}") from error


def _headers_of(connection: Connection) -> dict[str, str]:
    found = {name: str(value) for name, value in connection.extra.items() if name not in _NO_HEADERS}
    found |= connection.extra.get("headers") or {}
    if connection.login:
        pair = f"{connection.login}:{connection.password or ''}".encode()
        found["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    return found


def _url(connection: Connection, endpoint: str | None) -> str:
    """Return the address, put together as HttpHook does."""
    host = connection.host or ""
    base = host if "://" in host else f"{connection.schema or 'http'}://{host}"
    if connection.port:
        base = f"{base}:{connection.port}"
    between = "/" if endpoint and not base.endswith("/") and not endpoint.startswith("/") else ""
    return f"{base}{between}{endpoint or ''}"


def _with_query(url: str, data: Any) -> str:
    if not data:
        return url
    more = data if isinstance(data, str) else urlencode(data, doseq=True)
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=f"{parts.query}&{more}" if parts.query else more))
