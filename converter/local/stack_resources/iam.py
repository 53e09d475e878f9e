"""AWS::IAM: roles and policies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from converter.local.stack_resources.resource_type import (
    Aws,
    Made,
    Properties,
    ResourceType,
    gone_tags,
    picked,
    tags_of,
)


class Role(ResourceType):
    """A role with its inline and managed policies."""

    type_name = "AWS::IAM::Role"
    attributes = ("Arn", "RoleId")
    name_property = "RoleName"
    required = ("AssumeRolePolicyDocument",)
    replaced_with = ("RoleName", "Path")

    def create(self, aws: Aws, name: str, properties: Properties) -> Made:
        """Create the role."""
        role = aws("iam").create_role(
            RoleName=name,
            AssumeRolePolicyDocument=_text(properties["AssumeRolePolicyDocument"]),
            Tags=[{"Key": key, "Value": value} for key, value in tags_of(properties).items()],
            **picked(properties, "Path", "Description", "MaxSessionDuration", "PermissionsBoundary"),
        )["Role"]
        return Made(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})

    def settle(self, aws: Aws, made: Made, old: Properties, new: Properties) -> None:
        """Set trust, policies and tags."""
        iam = aws("iam")
        if old:
            iam.update_assume_role_policy(
                RoleName=made.id, PolicyDocument=_text(new["AssumeRolePolicyDocument"])
            )
            iam.update_role(RoleName=made.id, **picked(new, "Description", "MaxSessionDuration"))
            iam.tag_role(RoleName=made.id, Tags=new.get("Tags", []))
            iam.untag_role(RoleName=made.id, TagKeys=gone_tags(old, new))
        before, after = _inline(old), _inline(new)
        for name in before.keys() - after.keys():
            iam.delete_role_policy(RoleName=made.id, PolicyName=name)
        for name, document in after.items():
            iam.put_role_policy(RoleName=made.id, PolicyName=name, PolicyDocument=document)
        attached, wanted = set(old.get("ManagedPolicyArns", [])), set(new.get("ManagedPolicyArns", []))
        for arn in sorted(wanted - attached):
            iam.attach_role_policy(RoleName=made.id, PolicyArn=arn)
        for arn in sorted(attached - wanted):
            iam.detach_role_policy(RoleName=made.id, PolicyArn=arn)

    def delete(self, aws: Aws, made: Made, properties: Properties) -> None:
        """Delete the role with its policies."""
        iam = aws("iam")
        for name in iam.list_role_policies(RoleName=made.id)["PolicyNames"]:
            iam.delete_role_policy(RoleName=made.id, PolicyName=name)
        for policy in iam.list_attached_role_policies(RoleName=made.id)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=made.id, PolicyArn=policy["PolicyArn"])
        iam.delete_role(RoleName=made.id)


def _inline(properties: Properties) -> dict[str, str]:
    return {
        policy["PolicyName"]: _text(policy["PolicyDocument"]) for policy in properties.get("Policies", [])
    }


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)


class Policy(ResourceType):
    """A policy inside roles."""

    type_name = "AWS::IAM::Policy"
    required = ("PolicyName", "PolicyDocument")
    replaced_with = ("PolicyName",)

    def create(self, aws: Aws, name: str, properties: Properties) -> Made:
        """Nothing yet: :meth:`settle` puts it where it belongs."""
        return Made(name)

    def settle(self, aws: Aws, made: Made, old: Properties, new: Properties) -> None:
        """Put the policy into the roles that are named, and take it out of the others."""
        iam = aws("iam")
        for role in new.get("Roles", []):
            iam.put_role_policy(
                RoleName=role, PolicyName=new["PolicyName"], PolicyDocument=_text(new["PolicyDocument"])
            )
        self._remove(aws, set(old.get("Roles", [])) - set(new.get("Roles", [])), old)

    def delete(self, aws: Aws, made: Made, properties: Properties) -> None:
        """Take the policy out of its roles."""
        self._remove(aws, set(properties.get("Roles", [])), properties)

    def _remove(self, aws: Aws, roles: set[str], properties: Properties) -> None:
        iam = aws("iam")
        for role in sorted(roles):
            with suppress(iam.exceptions.NoSuchEntityException):  # the role went first
                iam.delete_role_policy(RoleName=role, PolicyName=properties["PolicyName"])


class ManagedPolicy(ResourceType):
    """A policy of its own, whose Ref is its ARN."""

    type_name = "AWS::IAM::ManagedPolicy"
    attributes = ("PolicyArn",)
    name_property = "ManagedPolicyName"
    required = ("PolicyDocument",)
    replaced_with = ("ManagedPolicyName", "Path", "Description")

    def create(self, aws: Aws, name: str, properties: Properties) -> Made:
        """Create the policy."""
        arn = aws("iam").create_policy(
            PolicyName=name,
            PolicyDocument=_text(properties["PolicyDocument"]),
            **picked(properties, "Path", "Description"),
        )["Policy"]["Arn"]
        return Made(arn, {"PolicyArn": arn})

    def settle(self, aws: Aws, made: Made, old: Properties, new: Properties) -> None:
        """Replace the document by a new default version, and attach the policy to its roles."""
        iam = aws("iam")
        if old and old["PolicyDocument"] != new["PolicyDocument"]:
            _forget_other_versions(iam, made.id)
            iam.create_policy_version(
                PolicyArn=made.id, PolicyDocument=_text(new["PolicyDocument"]), SetAsDefault=True
            )
        before, after = set(old.get("Roles", [])), set(new.get("Roles", []))
        for role in sorted(after - before):
            iam.attach_role_policy(RoleName=role, PolicyArn=made.id)
        for role in sorted(before - after):
            iam.detach_role_policy(RoleName=role, PolicyArn=made.id)

    def delete(self, aws: Aws, made: Made, properties: Properties) -> None:
        """Detach the policy from every role and delete it."""
        iam = aws("iam")
        for role in iam.list_entities_for_policy(PolicyArn=made.id)["PolicyRoles"]:
            iam.detach_role_policy(RoleName=role["RoleName"], PolicyArn=made.id)
        _forget_other_versions(iam, made.id)
        iam.delete_policy(PolicyArn=made.id)


def _forget_other_versions(iam: Any, arn: str) -> None:
    """Make room: a policy has at most five versions, and cannot be deleted with more than one."""
    versions: list[Mapping[str, Any]] = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    for version in versions:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
