"""The words in which operators of the Amazon provider are converted: requests, waits, and a Step of them.

A request is a call of an API, with what IAM has to allow for it. One request is one Task state; several, or
one whose errors are no failures, are the Step's parts. What an operator returns is a variable that a
request keeps.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypedDict

from converter.expressions.jsonata import Expression, literal
from converter.operators.arguments import Arguments, Later
from converter.operators.aws import set_aside_connection
from converter.operators.parts import Call, Caught, Ending, Failure, Limit, Part, Poll
from converter.operators.service_models import (
    error_prefix,
    iam_prefix,
    sdk_resource,
    spelled,
    waiter,
)
from converter.operators.step import Permission, Retrier, Step

#: What a wait that met a failure ends with.
WAIT_FAILED, WAIT_TOO_LONG = "WaitFailed", "WaitTooLong"

#: What allows an action, where IAM does not call it like the API does.
_ALLOWED_BY = {
    "lambda:invoke": ("InvokeFunction",),
    "s3:copyObject": ("GetObject", "GetObjectTagging", "PutObject", "PutObjectTagging"),
    "s3:deleteBucketTagging": ("PutBucketTagging",),
    "s3:deleteObjects": ("DeleteObject",),
    "s3:headBucket": ("ListBucket",),
    "s3:headObject": ("GetObject",),
    "s3:listObjectsV2": ("ListBucket",),
    "mwaa:invokeRestApi": ("InvokeRestApi",),
}


@dataclass(frozen=True)
class Request:
    """A part of a Step, and what it needs to be allowed."""

    part: Part
    permissions: tuple[Permission, ...]

    @property
    def call(self) -> Call:
        """The call that it is; TypeError for a wait."""
        return _call_of(self)

    def with_arguments(self, arguments: Expression) -> Request:
        """Return the call with arguments that are one expression."""
        whole: Any = arguments
        return replace(self, part=replace(_call_of(self), arguments=whole))

    def retried(self, *retriers: Retrier) -> Request:
        """Return the call with other retriers for trouble of the service."""
        return replace(self, part=replace(_call_of(self), retriers=retriers))

    def allowed(self, *permissions: Permission) -> Request:
        """Return the call with other permissions."""
        return replace(self, permissions=permissions)

    def until(self, done: str, *, between: Request) -> Request:
        """Return the call repeated until ``done`` (JSONata over variables), with another call between."""
        poll = Poll(_call_of(self), Expression(done), interval=1, between=_call_of(between))
        return Request(poll, (*self.permissions, *between.permissions))

    def keeping(self, variable: str, value: Any) -> Request:
        """Return the call with what a variable is (JSON) after an error that is no failure."""
        caught = tuple(replace(one, keeps={**one.keeps, variable: value}) for one in _call_of(self).caught)
        return replace(self, part=replace(_call_of(self), caught=caught))


def _call_of(item: Request) -> Call:
    if not isinstance(item.part, Call):
        raise TypeError(f"{item.part} is no call")
    return item.part


def arn(service: str, resource: str, *names: Any, where: str = "${AWS::Region}:${AWS::AccountId}") -> str:
    """Return an ARN whose ``{}`` are the names. One that only the run knows, or a wildcard, is ``*``.

    >>> arn("glue", "crawler/{}", "c")
    'arn:${AWS::Partition}:glue:${AWS::Region}:${AWS::AccountId}:crawler/c'
    """
    known = [name if isinstance(name, str) and name and not set(name) & set("*?") else "*" for name in names]
    if known and known[0].startswith("arn:"):
        return known[0]
    return f"arn:${{AWS::Partition}}:{service}:{where}:{resource.format(*known)}"


def bucket_arn(bucket: Any, key: Any = None) -> str:
    """Return the ARN of a bucket, or of an object (any, if the run decides its key)."""
    return arn("s3", "{}" if key is None else "{}/{}", bucket, *([] if key is None else [key]), where=":")


def allow(*actions: str, on: str = "*", reason: str = "") -> Permission:
    """Return a permission; one on any resource says why."""
    if "*" in on and not reason:
        reason = "the service has no narrower resource, or the run decides its name"
    return Permission(actions, (on,), reason)


def pass_role(role: Any, service: str = "") -> Permission:
    """Return the permission to hand a role to a service. ``role`` is an ARN, a name, or unknown."""
    name = role if isinstance(role, str) and role else None
    return allow("iam:PassRole", on=arn("iam", "role/{}", name, where=":${AWS::AccountId}"))


def event_rule(name: str) -> Permission:
    """Return the permission on the rule by which Step Functions hears of the end of a ``.sync`` job."""
    actions = ("events:PutTargets", "events:PutRule", "events:DescribeRule")
    return allow(*actions, on=arn("events", "rule/{}", name))


def given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that are given: those that are not None."""
    return {name: value for name, value in arguments.items() if value is not None}


def json_text(value: Any) -> Any:
    """Return a value as the JSON text that an API takes, written at conversion if all of it is known."""
    if value is None or isinstance(value, (str, Expression)):
        return value
    try:
        return json.dumps(value)
    except TypeError:
        return Expression(f"$string({literal(value)})")


def request(
    action: str,
    arguments: Mapping[str, Any],
    *,
    on: str = "*",
    does: str = "",
    keeps: Mapping[str, str] | None = None,
    fine: tuple[str, ...] = (),
    over: tuple[str, ...] = (),
    when: str | None = None,
    also: tuple[Permission, ...] = (),
    optimised: str = "",
) -> Request:
    """Return a call of ``service:action``, both as botocore calls them, without the arguments that are None.

    ``arguments`` have the API's names, in whatever the author has nested, too. ``on`` is the ARN that it
    needs to be allowed on. ``keeps`` gives variable → JSONata over ``$states.result``. The errors ``fine``
    (without the service's prefix) are no failure, and after those of ``over`` nothing is left to do. Where
    ``when`` is false, JSONata over variables, the call is left out. ``optimised`` is another resource,
    behind ``arn:aws:states:::``.
    """
    call, permission = _call(action, arguments, on=on, does=does)
    call = replace(call, keeps={name: Expression(text) for name, text in (keeps or {}).items()})
    prefix = error_prefix(action.partition(":")[0])
    caught = [
        Caught(tuple(f"{prefix}.{e}" for e in errors), over=errors is over)
        for errors in (fine, over)
        if errors
    ]
    call = replace(call, caught=tuple(caught), when=Expression(when) if when else None)
    if optimised:
        call = replace(call, resource=f"arn:aws:states:::{optimised}", retriers=())
    return Request(call, (permission, *also))


def _call(action: str, arguments: Mapping[str, Any], *, on: str, does: str) -> tuple[Call, Permission]:
    service, _, operation = action.partition(":")
    prefix = iam_prefix(service)
    allowed = _ALLOWED_BY.get(action, (operation[:1].upper() + operation[1:],))
    later: Any = arguments.expression if isinstance(arguments, Later) else None
    call = Call(
        does or _words(operation),
        sdk_resource(action),
        later or spelled(action, given(arguments)),
        retriers=(_throttling(service),),
    )
    return call, allow(*(f"{prefix}:{name}" for name in allowed), on=on)


def wait_for(
    name: str,
    arguments: Mapping[str, Any],
    *,
    on: str = "*",
    delay: float | None = None,
    attempts: float | None = None,
    keeps: Mapping[str, str] | None = None,
) -> Request:
    """Return the wait of one of botocore's or the provider's waiters (``service:waiter``).

    ``delay`` and ``attempts`` are the operator's, else the waiter's own.
    """
    model = waiter(name)
    service, _, what = name.partition(":")
    action = f"{service}:{model['action']}"
    call, permission = _call(action, arguments, on=on, does="ask")
    kept = {"phase": Expression(model["phase"]), **{k: Expression(v) for k, v in (keeps or {}).items()}}
    caught = tuple(
        Caught((error,), {**dict.fromkeys(keeps or {}), "phase": phase})
        for error, phase in model.get("errors", {}).items()
    )
    seconds = (delay or model["delay"]) * (attempts or model["attempts"])
    words = what.replace("_", " ")
    poll = Poll(
        replace(call, keeps=kept, caught=caught),
        done=Expression("$phase = 'success'"),
        interval=delay or model["delay"],
        failures=(
            Failure(
                Expression("$phase = 'failure'"),
                Ending(WAIT_FAILED, f"while waiting for '{words}' the service told of a failure"),
            ),
        ),
        limit=Limit(seconds, Ending(WAIT_TOO_LONG, f"'{words}' was not reached in {seconds:g} s")),
    )
    return Request(poll, (permission,))


def wait_until(
    action: str,
    arguments: Mapping[str, Any],
    status: str,
    good: tuple[str, ...],
    *,
    bad: tuple[str, ...] = ("failed",),
    on: str = "*",
    delay: float = 30,
    attempts: float | None = 40,
    keeps: Mapping[str, str] | None = None,
    fine: tuple[str, ...] = (),
) -> Request:
    """Return the wait until a status is a ``good`` one, in small letters; a ``bad`` one fails the task.

    ``status`` is its path in the answer, or JSONata over ``$states.result``. After the errors ``fine`` the
    wait is over. It is for what has no waiter.
    """
    call, permission = _call(action, arguments, on=on, does="ask")
    path = status if "$" in status else f"$states.result.{status}"
    kept = {"status": f"$lowercase($string({path}))", **(keeps or {})}
    caught: tuple[Caught, ...] = ()
    if fine:
        names = tuple(f"{error_prefix(action.partition(':')[0])}.{error}" for error in fine)
        caught = (Caught(names, {**dict.fromkeys(kept), "status": good[0]}),)
    call = replace(call, keeps={name: Expression(text) for name, text in kept.items()}, caught=caught)
    failed = Failure(_one_of(bad), Ending(WAIT_FAILED, Expression("'the status is ' & $status")))
    seconds = delay * attempts if attempts else 0
    too_long = Ending(WAIT_TOO_LONG, f"the status was not {' or '.join(good)} in {seconds:g} s")
    poll = Poll(
        call,
        _one_of(good),
        interval=delay,
        failures=(failed,) if bad else (),
        limit=Limit(seconds, too_long) if seconds else None,
    )
    return Request(poll, (permission,))


def _one_of(words: tuple[str, ...]) -> Expression:
    return Expression(f"$status in {literal(list(words))}")


def step_of(
    args: Arguments,
    *requests: Request,
    output: str | None = None,
    xcom: Mapping[str, str] | None = None,
    timeout: int | None = None,
) -> Step:
    """Return the Step of an operator of the Amazon provider; its common arguments are accounted for.

    ``output`` is JSONata over the variables that the requests keep, ``xcom`` gives such for other keys.
    """
    set_aside_connection(args)
    results = [text for text in (output, *(xcom or {}).values()) if text]
    only = requests[0].part if len(requests) == 1 else None
    step = Step(
        task_id=args.task.task_id,
        operator=args.task.operator.rpartition(".")[2],
        timeout=timeout,
        permissions=tuple(permission for item in requests for permission in item.permissions),
    )
    if isinstance(only, Call) and not only.caught and all(_is_kept(text, only) for text in results):
        kept = {f"${name}": expression.text for name, expression in only.keeps.items()}
        unread = set(kept) - set(results)
        if not unread and isinstance(only.arguments, Mapping):
            step = replace(step, resource=only.resource, arguments=only.arguments, retriers=only.retriers)
            output = kept.get(output, output) if output else None
            xcom = {key: kept.get(text, text) for key, text in xcom.items()} if xcom else None
    if step.resource is None:
        step = replace(step, parts=_one_after_another(requests))
    return replace(
        step,
        output=Expression(output) if output else None,
        xcom=_xcom(xcom),
        pushes_much=any(set(_VARIABLE.findall(text)) - _SHORT for text in results),
    )


#: What these variables keep is an id, an ARN or a word.
_SHORT = frozenset(("arn", "id", "level", "session", "status", "version"))
_VARIABLE = re.compile(r"\$(\w+)")


def _one_after_another(requests: tuple[Request, ...]) -> tuple[Part, ...]:
    """Return the parts. A limit counts from the try's beginning: a later wait has all time so far."""
    parts: list[Part] = []
    before = 0.0
    for item in requests:
        part = item.part
        if isinstance(part, Poll) and part.limit:
            before += part.limit.seconds
            part = replace(part, limit=replace(part.limit, seconds=before))
        parts.append(part)
    return tuple(parts)


def _is_kept(text: str, call: Call) -> bool:
    """Whether a result can be said over ``$states.result``: a variable that is kept, or a plain value."""
    return text[1:] in call.keeps if text.startswith("$") else "$" not in text


def _xcom(xcom: Mapping[str, str] | None) -> Expression | None:
    return Expression(literal({name: Expression(text) for name, text in xcom.items()})) if xcom else None


def _throttling(service: str) -> Retrier:
    prefix = error_prefix(service)
    return Retrier((f"{prefix}.ThrottlingException", f"{prefix}.TooManyRequestsException"))


def _words(operation: str) -> str:
    """Return an action in words, for the name of its state.

    >>> _words("createDBInstance")
    'create DB instance'
    """
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Za-z][a-z0-9]*", operation)
    return " ".join(word if word.isupper() else word.lower() for word in words)


def waits_for_it(args: Arguments, *, default: bool) -> bool:
    """Return whether the operator waits: ``wait_for_completion``, or ``deferrable``, which always waits."""
    waits = bool(args.take("wait_for_completion", default))
    return bool(args.take("deferrable", False)) or waits


class Pace(TypedDict):
    """How often a wait asks, in seconds, and how many times."""

    delay: float
    attempts: float


def pace(args: Arguments, delay: float, attempts: float) -> Pace:
    """Return ``delay`` and ``attempts`` of a wait, from the operator's arguments or these defaults."""
    return {
        "delay": args.take_number("waiter_delay", delay),
        "attempts": args.take_number("waiter_max_attempts", attempts),
    }
