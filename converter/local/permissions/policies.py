"""Whether a role allows what a call needs: the policies that are attached to it, read as IAM reads them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from moto.iam.models import iam_backends

from converter.local.permissions.wanted import Wanted


def is_allowed(role_arn: str, wanted: Wanted) -> bool:
    """Return whether a role's own policies allow it and none denies it.

    A permissions boundary narrows what they allow, if its policy is there. A statement with a Condition is
    taken as met where it allows, and as unmet where it denies: conditions are not evaluated. A call that does
    not say on which resource is allowed if its action is, on any.
    """
    role = _role(role_arn)
    if role is None:
        return False
    statements = [statement for document in _documents(role) for statement in _statements(document)]
    if not permits(statements, wanted):
        return False
    boundary = _document_of(role, role.permissions_boundary_arn)
    return boundary is None or permits(list(_statements(boundary)), wanted)


def permits(statements: Sequence[Mapping[str, Any]], wanted: Wanted) -> bool:
    """Return whether statements, in a policy's JSON, allow something and none denies it."""
    met = [statement for statement in statements if _matches(statement, wanted)]
    denied = any(one["Effect"] == "Deny" and "Condition" not in one for one in met)
    return not denied and any(one["Effect"] == "Allow" for one in met)


def _role(role_arn: str) -> Any:
    account, _, path = role_arn.partition("::")[2].partition(":")
    backend: Any = iam_backends[account]["aws"]
    name = path.rsplit("/", 1)[-1]
    return next((role for role in backend.roles.values() if role.name == name), None)


def _documents(role: Any) -> Iterator[Any]:
    yield from role.policies.values()
    for policy in role.managed_policies.values():
        yield policy.document


def _document_of(role: Any, policy_arn: str | None) -> Any:
    backend: Any = iam_backends[role.account_id][role.partition]
    policy = backend.managed_policies.get(policy_arn) if policy_arn else None
    return None if policy is None else policy.document


def _statements(document: Any) -> Iterator[Mapping[str, Any]]:
    content = json.loads(unquote(document)) if isinstance(document, str) else document
    found = content.get("Statement", ())
    yield from [found] if isinstance(found, dict) else found


def _matches(statement: Mapping[str, Any], wanted: Wanted) -> bool:
    if "NotAction" in statement:
        acts = not any(_fits(one, wanted.action.lower()) for one in _lowered(statement["NotAction"]))
    else:
        acts = any(_fits(one, wanted.action.lower()) for one in _lowered(statement.get("Action", ())))
    if not acts:
        return False
    if wanted.resource is None:
        return True
    if "NotResource" in statement:
        return not any(_fits(one, wanted.resource) for one in _listed(statement["NotResource"]))
    return any(_fits(one, wanted.resource) for one in _listed(statement.get("Resource", ())))


def _lowered(value: Any) -> list[str]:
    """Return the patterns of actions: their case does not count."""
    return [one.lower() for one in _listed(value)]


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _fits(pattern: str, text: str) -> bool:
    return _expression(pattern).fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _expression(pattern: str) -> re.Pattern[str]:
    """Return IAM's wildcards as an expression: ``*`` is any text, ``?`` any character."""
    return re.compile("".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in pattern), re.S)
