"""What an IAM action can be allowed on, after AWS's service authorization reference.

The data is in ``iam_reference.json``, which ``python -m docs.iam_reference`` writes: a conversion itself does
not need the whole reference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from converter.operators.step import Permission

_ANY = ("*",)
_NO_KIND = "The service knows no narrower resource."
_UNKNOWN = "Which one it is, only the run knows."


@lru_cache(maxsize=1)
def _reference() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
    return found


@lru_cache(maxsize=1024)
def fitted(permission: Permission) -> tuple[Permission, ...]:
    """Return the permission for each of its actions, on resources of the kinds that the action is about.

    An action that is about no kind of resource is allowed on ``*`` alone: on an ARN, it would not be allowed.
    One that would be allowed on ``*`` is allowed on what it must be allowed on, whatever its name and
    account; and on an ARN of another kind it is not allowed at all. Actions that are not in the reference
    stay as they are.

    >>> [narrow] = fitted(Permission(("batch:TerminateJob",), ("*",)))
    >>> narrow.resources
    ('arn:${AWS::Partition}:batch:${AWS::Region}:*:job/*',)
    """
    return tuple(_fitted(permission))


def _fitted(permission: Permission) -> Iterator[Permission]:
    # Most actions of a permission are about the same kinds.
    named_of: dict[tuple[str, ...], tuple[str, ...]] = {}
    for action in permission.actions:
        kinds = _kinds(action)
        if kinds is None:
            yield Permission((action,), permission.resources, permission.reason)
            continue
        needed, possible = kinds
        if not possible:
            yield Permission((action,), _ANY, _NO_KIND)
            continue
        if possible not in named_of:
            named_of[possible] = tuple(arn for arn in permission.resources if _may_be_of_kind(arn, possible))
        if named := named_of[possible]:
            yield Permission((action,), named, permission.reason)
        elif needed:
            kind = tuple(map(_of_any_account, possible)) if "*" in permission.resources else possible
            yield Permission((action,), kind, permission.reason or _UNKNOWN)
        else:
            yield Permission((action,), _ANY, permission.reason or _UNKNOWN)


@lru_cache(maxsize=1024)
def _kinds(action: str) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Return the ARNs that an action must be allowed on, and all that it can be; None of an unknown one."""
    prefix, _, name = action.partition(":")
    found = _reference()["actions"].get(prefix, {}).get(name)
    if found is None:
        return None
    arns = _reference()["kinds"][prefix]
    needed = tuple(arns[kind] for kind in found if not kind.startswith("?"))
    return needed, tuple(dict.fromkeys(arns[kind.lstrip("?")] for kind in found))


def _of_any_account(form: str) -> str:
    """Return a kind's ARN in whatever account: some are shared by others, and AWS's own have none.

    A role is only ever this account's.
    """
    return form if ":iam:" in form else form.replace(":${AWS::AccountId}:", ":*:")


def _may_be_of_kind(arn: str, forms: tuple[str, ...]) -> bool:
    """Whether some resource of these kinds has the ARN, in which ``*`` may be anything."""
    return arn != "*" and any(_overlap(_fields(arn), _fields(form)) for form in forms)


@lru_cache(maxsize=4096)
def _fields(arn: str) -> tuple[str, ...]:
    """Return an ARN's six fields, with ``*`` for each variable of the deployment, which can be anything."""
    return tuple(re.sub(r"\$\{[\w:]+\}", "*", arn).split(":", 5))


def _overlap(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    if len(one) < len(other):  # one star for several fields
        return _have_common(":".join(one), ":".join(other))
    return all(mine == its or _have_common(mine, its) for mine, its in zip(one, other, strict=True))


@lru_cache(maxsize=4096)
def _have_common(one: str, other: str) -> bool:
    """Whether a text is there that both patterns match."""
    if "*" not in one:  # most names are plain, and a pattern of Python's is much faster
        return re.fullmatch(re.escape(other).replace(r"\*", ".*"), one, re.DOTALL) is not None
    # For each beginning of ``other``: whether it has a text in common with what was read of ``one``.
    before = [all(piece == "*" for piece in other[:end]) for end in range(len(other) + 1)]
    for piece in one:
        now = [piece == "*" and before[0]]
        for end, opposite in enumerate(other, 1):
            if "*" in (piece, opposite):
                now.append(before[end] or now[end - 1] or before[end - 1])
            else:
                now.append(piece == opposite and before[end - 1])
        before = now
    return before[-1]
