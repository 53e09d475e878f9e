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
#: What an ARN's parts can be, where the reference has a ``*`` or a variable of the deployment.
_PART = r"(?:\$\{\w+::\w+\}|.)*"


@lru_cache(maxsize=1)
def _reference() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
    return found


def fitted(permission: Permission) -> Iterator[Permission]:
    """Yield the permission for each of its actions, on resources of the kinds that the action is about.

    An action that is about no kind of resource is allowed on ``*`` alone: on an ARN, it would not be allowed.
    One that would be allowed on ``*`` is allowed on what it must be allowed on, whatever its name; and on an
    ARN of another kind it is not allowed at all. Actions that are not in the reference stay as they are.

    >>> [narrow] = fitted(Permission(("batch:TerminateJob",), ("*",)))
    >>> narrow.resources
    ('arn:${AWS::Partition}:batch:${AWS::Region}:${AWS::AccountId}:job/*',)
    """
    for action in permission.actions:
        kinds = _kinds(action)
        if kinds is None:
            yield Permission((action,), permission.resources, permission.reason)
            continue
        needed, possible = kinds
        if not possible:
            yield Permission((action,), _ANY, _NO_KIND)
            continue
        named = tuple(arn for arn in permission.resources if _is_of_kind(arn, possible))
        if named:
            yield Permission((action,), named, permission.reason)
        elif needed:
            yield Permission((action,), tuple(possible), permission.reason or _UNKNOWN)
        else:
            yield Permission((action,), _ANY, permission.reason or _UNKNOWN)


def _kinds(action: str) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Return the ARNs that an action must be allowed on, and all that it can be; None of an unknown one."""
    prefix, _, name = action.partition(":")
    found = _reference()["actions"].get(prefix, {}).get(name)
    if found is None:
        return None
    arns = _reference()["kinds"][prefix]
    needed = tuple(arns[kind] for kind in found if not kind.startswith("?"))
    return needed, tuple(dict.fromkeys(arns[kind.lstrip("?")] for kind in found))


def _is_of_kind(arn: str, forms: tuple[str, ...]) -> bool:
    return arn != "*" and any(re.fullmatch(_pattern(form), arn) for form in forms)


@lru_cache(maxsize=4096)
def _pattern(form: str) -> str:
    pieces = re.split(r"\*|\$\{\w+::\w+\}", form)
    return _PART.join(re.escape(piece) for piece in pieces)
