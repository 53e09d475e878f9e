"""IAM: what a machine's states need, merged into statements, and the role that is allowed just that.

Limits (AWS documentation, "IAM and AWS STS quotas"; white space does not count): 10,240 characters for all
inline policies of a role together, 6,144 for a managed policy, 10 managed policies on a role.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import chain
from typing import Any, TypeAlias

from converter.json_text import compact_json
from converter.operators.step import Permission
from converter.packaging.iam_reference import fitted
from converter.packaging.settings import KEPT, digest_of, only_if
from converter.packaging.yaml_text import Constant, GetAtt, Note, Ref, Sub

INLINE_LIMIT = 10_240
MANAGED_LIMIT = 6_144
MANAGED_POLICIES = 10

#: What a reference may come to at most: an ARN of this stack's.
_REFERENCE_LENGTH = 250
#: ``Version`` and ``Statement`` around the statements.
_ENVELOPE_LENGTH = len('{"Version":"2012-10-17","Statement":[]}')
_DEPLOYMENT_VARIABLE = r"AWS::(?:Partition|Region|AccountId)\}"
_IS_FILLED_IN = re.compile(r"\$\{" + _DEPLOYMENT_VARIABLE)
_STAYS_AS_IT_IS = re.compile(r"\$\{(?!" + _DEPLOYMENT_VARIABLE + ")")

Resource: TypeAlias = str | Sub | GetAtt | Ref
#: Below it stand the roles and policies of one DAG, also those that its stack has left behind.
PATH = "/dag2sfn/${MachineName}/"
_BOUNDARY = Constant(only_if("HasBoundary", Ref("PermissionsBoundaryArn")))
_OWN_ACCOUNT = Note(
    "Only for machines of this account, should the service be asked on behalf of another.",
    Ref("AWS::AccountId"),
)


class TooManyPermissionsError(Exception):
    """A role cannot hold all statements."""


@dataclass(frozen=True)
class Statement:
    """IAM actions that are allowed on resources. ``comment`` goes into the template.

    ``only_if`` is the template's condition under which the statement stands.
    """

    actions: tuple[str, ...]
    resources: tuple[Resource, ...]
    comment: str = ""
    only_if: str = ""

    @cached_property
    def length(self) -> int:
        """The characters that the statement may take in a policy."""
        return len(compact_json(self._json, default=_as_long_text)) + 1

    @cached_property
    def written(self) -> Any:
        """How it stands in a template's policy: under its condition, below its comment."""
        written = Constant(only_if(self.only_if, self._json) if self.only_if else self._json)
        return Note(self.comment, written) if self.comment else written

    @property
    def _json(self) -> dict[str, Any]:
        return {"Effect": "Allow", "Action": list(self.actions), "Resource": list(self.resources)}


def statements_of(permissions: Iterable[Permission]) -> tuple[Statement, ...]:
    """Merge permissions: each resource once, resources with the same actions together, all in order.

    Each action is allowed on the kinds of resources that it is about (:func:`.iam_reference.fitted`).
    Otherwise nothing is allowed that no permission allows: only resources with exactly the same actions are
    merged.
    """
    actions_on: dict[str, set[str]] = {}
    reasons: dict[str, set[str]] = {}
    for permission in chain.from_iterable(map(fitted, permissions)):
        for resource in permission.resources:
            actions_on.setdefault(resource, set()).update(permission.actions)
            if permission.reason:
                reasons.setdefault(resource, set()).add(permission.reason)
    resources_with: dict[tuple[str, ...], list[str]] = {}
    for resource, actions in sorted(actions_on.items()):
        resources_with.setdefault(tuple(sorted(actions)), []).append(resource)
    return tuple(
        Statement(
            actions,
            tuple(map(deployed_text, resources)),
            "; ".join(sorted({reason for resource in resources for reason in reasons.get(resource, ())})),
        )
        for actions, resources in sorted(resources_with.items())
    )


def deployed_text(text: str) -> str | Sub:
    """Return a text in which partition, region and account id of the deployment are filled in, and no more.

    >>> deployed_text("arn:${AWS::Partition}:glue:::job/${x}")
    Sub(text='arn:${AWS::Partition}:glue:::job/${!x}')
    """
    if not _IS_FILLED_IN.search(text):
        return text
    return Sub(_STAYS_AS_IT_IS.sub("${!", text))


@dataclass(frozen=True)
class Role:
    """A role as it stands in the template: its logical id, and all its resources.

    ``later`` is the logical id of the policy that it gets when it is there; empty: it gets none.
    """

    id: str
    resources: Mapping[str, Any]
    later: str = ""

    @property
    def arn(self) -> GetAtt:
        """The reference to it."""
        return GetAtt(self.id, "Arn")


def role(
    name: str,
    *,
    service: str,
    statements: Sequence[Statement],
    comment: str,
    for_own_account: bool = False,
    more: Mapping[str, Any] | None = None,
    later: Sequence[Statement] = (),
) -> Role:
    """Return a role that a service assumes, and managed policies where one inline policy is too small.

    The logical id is ``name`` with the digest of what the role is. So other permissions are another role, and
    this one stays for the executions that began with it; ``deploy`` removes it when they are over. Neither
    role nor policies have names in IAM, so that CAPABILITY_IAM is enough to deploy them.

    ``for_own_account``: the service assumes it for resources of this account alone. ``more`` are further
    properties. ``later`` are statements that refer to what is made with the role: they are a policy that it
    gets afterwards, and who needs them waits for that. Raises TooManyPermissionsError.
    """
    properties: dict[str, Any] = {
        "Path": Sub(PATH),
        "PermissionsBoundary": _BOUNDARY,
        "AssumeRolePolicyDocument": _trust(service, for_own_account=for_own_account),
        **(more or {}),
    }
    policies = []
    if _length(statements) + (_length(later) if later else 0) <= INLINE_LIMIT:
        properties["Policies"] = [{"PolicyName": "least-privilege", "PolicyDocument": _document(statements)}]
    else:
        # What stands under a condition comes first: alone, it might leave a policy without a statement.
        parts = list(_packed(sorted(statements, key=lambda statement: not statement.only_if)))
        if len(parts) > MANAGED_POLICIES:
            raise TooManyPermissionsError(
                f"{_length(statements):,} characters, which take {len(parts)} managed policies; a role can "
                f"have {MANAGED_POLICIES}"
            )
        policies = [{"Path": Sub(PATH), "PolicyDocument": _document(part)} for part in parts]
    digest = digest_of([properties, policies, *([_document(later)] if later else [])])
    named = {f"{name}{digest}Policy{number}": policy for number, policy in enumerate(policies, 1)}
    if named:
        properties["ManagedPolicyArns"] = [Ref(policy) for policy in named]
    resources: dict[str, Any] = {
        f"{name}{digest}": Note(
            comment, Constant({"Type": "AWS::IAM::Role", **KEPT, "Properties": properties})
        )
    }
    for policy, content in named.items():
        resources[policy] = {"Type": "AWS::IAM::ManagedPolicy", **KEPT, "Properties": content}
    if not later:
        return Role(f"{name}{digest}", resources)
    last = f"{name}{digest}Policy{len(policies) + 1}"
    inline = {
        "PolicyName": "least-privilege-2",
        "PolicyDocument": _document(later),
        "Roles": [Ref(f"{name}{digest}")],
    }
    resources[last] = Note(
        "What it names is made with the role, which gets it afterwards; it goes with the role.",
        {"Type": "AWS::IAM::Policy", **KEPT, "Properties": inline},
    )
    return Role(f"{name}{digest}", resources, last)


def _document(statements: Iterable[Statement]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [statement.written for statement in statements]}


@cache
def _trust(service: str, *, for_own_account: bool) -> Constant:
    trust: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    if for_own_account:
        trust["Condition"] = {"StringEquals": {"aws:SourceAccount": _OWN_ACCOUNT}}
    return Constant({"Version": "2012-10-17", "Statement": [trust]})


def _as_long_text(reference: Sub | GetAtt | Ref) -> str:
    # Variables of a Sub are longer than what they stand for, but for some regions, and those of an ARN
    # taken together always are.
    return reference.text if isinstance(reference, Sub) else "x" * _REFERENCE_LENGTH


def _length(statements: Iterable[Statement]) -> int:
    return _ENVELOPE_LENGTH + sum(statement.length for statement in statements)


def _packed(statements: Iterable[Statement]) -> Iterator[list[Statement]]:
    """Yield the statements in parts that each fit into a managed policy, cutting lists of resources."""
    part: list[Statement] = []
    left = MANAGED_LIMIT - _ENVELOPE_LENGTH
    for statement in statements:
        rest: Statement | None = statement
        while rest is not None:
            fitting, rest = _cut(rest, left)
            if fitting is not None:
                part.append(fitting)
                left -= fitting.length
            if rest is not None:
                if not part:
                    raise TooManyPermissionsError(f"one resource takes {rest.length:,} characters")
                yield part
                part, left = [], MANAGED_LIMIT - _ENVELOPE_LENGTH
    if part:
        yield part


def _cut(statement: Statement, length: int) -> tuple[Statement | None, Statement | None]:
    """Return the statement with as many of its resources as fit, and with the others."""
    used = replace(statement, resources=()).length
    count = 0
    for resource in statement.resources:
        used += len(compact_json(resource, default=_as_long_text)) + 1
        if used > length:
            break
        count += 1
    return (
        replace(statement, resources=statement.resources[:count]) if count else None,
        replace(statement, resources=statement.resources[count:])
        if count < len(statement.resources)
        else None,
    )
