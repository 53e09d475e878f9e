"""What all operators of the Amazon provider have in common."""

from __future__ import annotations

import re
from typing import Any

from converter import diagnostics as d
from converter.operators.arguments import Arguments
from converter.workflow import Opaque

#: The connection of an operator that names none.
_DEFAULT = "aws_default"
_ROLE = re.compile(r"arn:[\w-]+:iam::\d{12}:role/\S+\Z")


def set_aside_connection(args: Arguments) -> None:
    """Account for the arguments that say how Airflow reaches AWS: a machine acts as its own role."""
    of_hook = args.task.arguments.get("hook_params")  # of the provider's operators for RDS, until version 8
    args.set_aside("hook_params")
    # Transfers call it that of their source.
    given = args.take("aws_conn_id") or args.take("source_aws_conn_id")
    connection = given or (of_hook or {}).get("aws_conn_id")
    # Where none is named, it is Airflow's own.
    named = connection if "aws_conn_id" in args.task.arguments else connection or _DEFAULT
    extra: Any = (args.connection(named) or {}).get("extra") or {}
    role = extra.get("role_arn")
    if isinstance(role, str) and _ROLE.match(role):
        args.role = role
        problem = f"it acts as the role of Airflow's connection '{named}', {role}"
        remedy = "let that role trust the role of the machine"
        if extra.get("external_id"):
            problem += ", without the external id that Airflow gives: Step Functions has no place for one"
            remedy += ", and ask for no external id of it"
        args.report(d.OTHER_CREDENTIALS, problem, remedy)
    elif connection not in (None, "", _DEFAULT):
        args.report(
            d.OTHER_CREDENTIALS,
            f"Airflow's connection '{connection}' is not used: the machine acts as its own role",
            "if it is another role, give its role_arn with --connections, or allow the machine's role there",
        )
    region = given = args.task.arguments.get("region_name")
    if isinstance(region, Opaque):  # the session's own, as a rule, which the machine's region stands for
        args.set_aside("region_name")
        region = region.text
    else:
        region = args.take("region_name") or (of_hook or {}).get("region_name") or extra.get("region_name")
    if region:
        shown = given if isinstance(given, str) else region
        args.report(
            d.OTHER_CREDENTIALS,
            f"region_name is '{shown}': the task runs in the region of the machine",
            f"deploy the machine in {shown}",
        )
    args.set_aside("verify", "botocore_config")


def waiter_timeout(args: Arguments, *, delay: int, attempts: int, applies: bool) -> int | None:
    """Return after how many seconds a deferred operator gives up waiting, None if it does not.

    A deferred operator polls ``waiter_max_attempts`` times every ``waiter_delay`` seconds, and the try
    fails after that: also with the operator's defaults, which are given here.
    """
    seconds = args.take_number("waiter_delay", delay) * args.take_number("waiter_max_attempts", attempts)
    return max(1, round(min(seconds, 10**8))) if applies else None
