"""Operators that are one action of an API, and the wait for what it began: declared, a few lines each.

``operator`` registers a conversion that a table describes. What does not fit the table is a function of its
own in its service's module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from converter import diagnostics as d
from converter.expressions.jsonata import Expression, literal
from converter.operators.arguments import Arguments, Later
from converter.operators.registry import converts
from converter.operators.requests import Request, arn, pass_role, request, step_of, wait_for
from converter.operators.step import Permission, Step

#: Services whose members Step Functions spells like the API: a dict that only the run knows can be passed on.
_SPELLED_ALIKE = frozenset({"cloudformation", "comprehend", "dms", "emr", "glue", "lambda", "ssm"})

AMAZON = "airflow.providers.amazon.aws"


@dataclass(frozen=True)
class Wait:
    """How an operator waits for what its action began.

    ``waiter`` is botocore's or the provider's. ``members`` gives the arguments with which it asks: a member
    of the action's own arguments, or (``$name``) a variable. ``by_default`` tells whether it waits unless
    told, ``None`` that it always does. ``delay`` and ``attempts`` give an operator's argument and its
    default.
    """

    waiter: str
    members: Mapping[str, str]
    by_default: bool | None = True
    delay: tuple[str, float] = ("waiter_delay", 30)
    attempts: tuple[str, float] = ("waiter_max_attempts", 60)
    keeps: Mapping[str, str] = field(default_factory=dict)

    def is_wanted(self, args: Arguments) -> bool:
        """Return whether the task waits; its arguments about it are accounted for."""
        deferrable = bool(args.take("deferrable", False))
        if self.by_default is None:
            return True
        return bool(args.take("wait_for_completion", self.by_default)) or deferrable

    def request(self, args: Arguments, given: Mapping[str, Any], on: str) -> Request:
        """Return the wait. ``given`` are the arguments of the action."""
        members = {
            name: Expression(source) if source.startswith("$") else given.get(source)
            for name, source in self.members.items()
        }
        return wait_for(
            self.waiter,
            members,
            on=on,
            delay=args.take_number(*self.delay),
            attempts=args.take_number(*self.attempts),
            keeps=self.keeps,
        )


def operator(
    name: str,
    doc: str,
    action: str,
    members: str,
    *,
    merged: str = "",
    defaults: Mapping[str, Any] | None = None,
    on: str = "",
    named: str = "",
    roles: str = "",
    wait: Wait | None = None,
    keeps: Mapping[str, str] | None = None,
    output: str | None = None,
    returns: str = "",
    xcom: Mapping[str, str] | None = None,
    fine: tuple[str, ...] = (),
    over: tuple[str, ...] = (),
    ignored: str = "",
    lost: str = "",
    differs: str = "",
) -> None:
    """Register the conversion of an operator of the Amazon provider.

    ``name`` is its class below :data:`AMAZON`. ``members`` says which argument gives which member of the
    ``action``: ``"jobName=job_name config.uri=uri tags"``, without the equals sign where both have one
    name. ``merged`` is an argument whose dict has more members, ``defaults`` the operator's own. ``on`` is
    the resource's part of its ARN with ``{}`` for the members ``named``; ``roles`` are members that hold a
    role that is passed on. ``ignored`` are arguments about how Airflow polls, logs and links, ``lost`` such
    as do something that has no counterpart. ``returns`` is a member of the action that the operator returns
    as it is. ``differs`` says how the result differs from the operator's.
    """
    table = [pair.partition("=") for pair in members.split()]
    service = action.partition(":")[0]

    def convert(args: Arguments) -> Step:
        given: dict[str, Any] = {}
        for member, _, argument in table:
            _put(given, member, args.take(argument or member, (defaults or {}).get(argument or member)))
        more = args.take_structure(merged) if merged and service in _SPELLED_ALIKE else {}
        if merged and not isinstance(more, Later):
            given |= more or args.take_mapping(merged)
        given = {member: value for member, value in given.items() if value is not None}
        where = _arn(service, on, [_value(given, member) for member in named.split()])
        permissions = tuple(_passed(given, role) for role in roles.split() if _value(given, role))
        first = request(action, given, on=where, keeps=keeps, fine=fine, over=over, also=permissions)
        if isinstance(more, Later):
            whole = f"$merge([{literal(given)}, {more.expression.text}])"
            first = first.with_arguments(Expression(whole))
        requests = [first]
        if wait and wait.is_wanted(args):
            requests.append(wait.request(args, given, where))
        elif wait:
            args.set_aside(wait.delay[0], wait.attempts[0])
        args.set_aside(*ignored.split())
        _report_lost(args, lost)
        if differs:
            args.report(d.OTHER_RESULT, f"it returns {differs}", "nothing to do if nothing reads its XCom")
        result = literal(_value(given, returns)) if returns else output
        return step_of(args, *requests, output=result, xcom=xcom)

    convert.__doc__ = doc
    converts(f"{AMAZON}.{name}")(convert)


def _put(given: dict[str, Any], member: str, value: Any) -> None:
    """Set a member, which may be one of another (``config.uri``)."""
    *path, last = member.split(".")
    for name in path:
        given = given.setdefault(name, {})
    given[last] = value


def _arn(service: str, on: str, names: list[Any]) -> str:
    if not on:
        return "*"
    prefix = {"emr": "elasticmapreduce", "stepfunctions": "states", "neptune": "rds"}.get(service, service)
    return arn(prefix, on, *names)


def _value(given: Mapping[str, Any], member: str) -> Any:
    """Return a member, whatever its capitals."""
    found: Any = given
    for name in member.split("."):
        if not isinstance(found, Mapping):
            return None
        found = next((value for key, value in found.items() if key.lower() == name.lower()), None)
    return found


def _passed(given: Mapping[str, Any], role: str) -> Permission:
    return pass_role(_value(given, role))


def _report_lost(args: Arguments, lost: str) -> None:
    for name in lost.split():
        if args.take(name):
            args.report(d.LOST_FEATURE, f"{name} has no effect in the machine", "do it in a task of its own")
