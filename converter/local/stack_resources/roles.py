"""Whether a service may assume a role: what AWS checks before it takes a role from anybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from converter.local.stack_resources.resource_type import Aws, ResourceRefused


def check_assumable(aws: Aws, role_arn: str, service: str, refusal: str) -> None:
    """Raise :class:`ResourceRefused` with AWS's ``refusal`` unless the role exists and trusts ``service``.

    ``service`` is its principal: ``states.amazonaws.com``. Conditions of the trust are not looked at.
    """
    iam = aws("iam")
    try:
        role = iam.get_role(RoleName=role_arn.rsplit("/", 1)[-1])["Role"]
    except iam.exceptions.NoSuchEntityException:
        raise ResourceRefused(refusal) from None
    if role["Arn"] != role_arn or service not in trusted_services(role["AssumeRolePolicyDocument"]):
        raise ResourceRefused(refusal)


def trusted_services(trust_policy: dict[str, Any]) -> set[str]:
    """The services that a trust policy allows to assume its role."""
    return {
        service
        for statement in _listed(trust_policy.get("Statement", []))
        if statement.get("Effect") == "Allow" and "sts:AssumeRole" in _listed(statement.get("Action", []))
        for service in _services(statement.get("Principal", {}))
    }


def _services(principal: Any) -> Iterator[str]:
    if isinstance(principal, dict):
        yield from _listed(principal.get("Service", []))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
