"""HTTP requests of Airflow's HTTP provider: made by the function that runs the DAG's Python tasks.

The operators' own functions (response_check, response_filter) are Python, and so they run where that is.
"""

from __future__ import annotations

from converter import diagnostics as d
from converter.operators.arguments import Arguments
from converter.operators.python import function_step, look_with_function, reads_of
from converter.operators.registry import converts
from converter.operators.step import Step

_HTTP = "airflow.providers.http"
_OF_BOTH = ("endpoint", "method", "headers", "extra_options", "http_conn_id", "response_check")
#: How the hook connects, in Airflow.
_OF_THE_HOOK = ("tcp_keep_alive", "tcp_keep_alive_idle", "tcp_keep_alive_count", "tcp_keep_alive_interval")
#: Fields with templates, also where the provider is not installed.
_TEMPLATES = ("endpoint", "data", "headers", "request_params")
#: The secret with a connection, as Airflow's own backend for Secrets Manager names it.
SECRETS = "airflow/connections/"


@converts(f"{_HTTP}.operators.http.HttpOperator")
def http(args: Arguments) -> Step:
    """A request, made by the DAG's Lambda function, with response_check and response_filter.

    Return value, as in Airflow: the answer's text, or what response_filter makes of it, as JSON.
    """
    _report(args)
    reads, facts = reads_of(args, _TEMPLATES, ("response_check", "response_filter"))
    args.set_aside(*_OF_BOTH, *_OF_THE_HOOK, "data", "response_filter", "log_response", "deferrable")
    args.set_aside("request_kwargs")
    return function_step(args, "HttpOperator", reads, facts)


@converts(f"{_HTTP}.sensors.http.HttpSensor")
def http_sensor(args: Arguments) -> Step:
    """Polls with the DAG's Lambda function, which makes the request; 404 means that it is not there yet.

    Return value, as in Airflow: none, or the ``xcom_value`` of a ``PokeReturnValue``.
    """
    _report(args)
    reads, facts = reads_of(args, _TEMPLATES, ("response_check",))
    args.set_aside(*_OF_BOTH, *_OF_THE_HOOK, "request_params", "response_error_codes_allowlist")
    return look_with_function(args, reads, facts)


def _report(args: Arguments) -> None:
    connection = args.task.arguments.get("http_conn_id") or "http_default"
    args.report(
        d.HTTP_IN_LAMBDA,
        f"the DAG's Lambda function makes the request, with the connection '{connection}' from there",
        f"write the connection, its URI or JSON, to the secret {SECRETS}{connection} of Secrets Manager",
    )
