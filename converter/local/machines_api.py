"""The Step Functions API calls about machines, versions and aliases."""

from __future__ import annotations

import re
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.stepfunctions.responses import StepFunctionResponse

from converter.local.definition_check import diagnostics
from converter.local.machine_model import Alias, Machine, Revision, Route, Version, split_arn
from converter.local.paging import PageTokenError, page
from converter.local.stepfunctions_errors import (
    InvalidTokenError,
    MissingRequiredParameterError,
    ResourceNotFoundError,
    StateMachineDoesNotExistError,
    ValidationError,
)

# The List… calls and GetExecutionHistory alike: 100 a page unless asked, at most 1,000 (AWS documentation).
DEFAULT_PAGE = 100
MAX_PAGE = 1000
MAX_DIAGNOSTICS = 100  # ValidateStateMachineDefinition (AWS documentation)

_ALIAS_NAME = re.compile(r"(?=.*[a-zA-Z_\-.])[a-zA-Z0-9_\-.]{1,80}")

REVISION_FIELDS = {
    "definition": "definition",
    "roleArn": "role_arn",
    "loggingConfiguration": "logging",
    "tracingConfiguration": "tracing",
    "encryptionConfiguration": "encryption",
}
"""Parameters of CreateStateMachine and UpdateStateMachine → fields of :class:`Revision`."""


class MachineCalls(StepFunctionResponse):  # type: ignore[misc]  # moto is not seen by mypy: its classes are Any
    """Machines, versions and aliases; what is not here (tags, activities) is moto's."""

    def page(self, items: list[Any], key: Any) -> tuple[list[Any], str | None]:
        """The page of a list that the request asks for, and the token of the next."""
        # 0 means the default (AWS documentation).
        limit = min(self._get_int_param("maxResults") or DEFAULT_PAGE, MAX_PAGE)
        try:
            return page(items, limit, self._get_param("nextToken"), key=key)
        except PageTokenError as error:
            raise InvalidTokenError(f"Invalid Token: '{error}'") from error

    def validate_state_machine_definition(self) -> ActionResult:
        """ValidateStateMachineDefinition: the engine's problems. It has no warnings."""
        found = diagnostics(self._get_param("definition"))
        limit = self._get_int_param("maxResults") or MAX_DIAGNOSTICS
        return ActionResult(
            {
                "result": "FAIL" if found else "OK",
                "diagnostics": found[:limit],
                "truncated": len(found) > limit,
            }
        )

    def create_state_machine(self) -> ActionResult:
        """CreateStateMachine."""
        machine = self.stepfunction_backend.create_state_machine(
            self._get_param("name"),
            Revision(**self._revision_fields()),
            type_=self._get_param("type") or "STANDARD",
            tags=self._get_param("tags"),
        )
        answer = {"stateMachineArn": machine.arn, "creationDate": machine.created}
        return ActionResult(answer | self._published(machine))

    def update_state_machine(self) -> ActionResult:
        """UpdateStateMachine."""
        changes = self._revision_fields()
        if not changes:
            raise MissingRequiredParameterError(
                "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration "
                "must be specified"
            )
        machine = self.stepfunction_backend.update_state_machine(self._get_param("stateMachineArn"), changes)
        answer = {"updateDate": machine.updated, "revisionId": machine.revision.id}
        return ActionResult(answer | self._published(machine))

    def _revision_fields(self) -> dict[str, Any]:
        given = {field: self._get_param(name) for name, field in REVISION_FIELDS.items()}
        return {field: value for field, value in given.items() if value is not None}

    def _published(self, machine: Machine) -> dict[str, str]:
        description = self._get_param("versionDescription")
        if self._get_param("publish"):
            version = self.stepfunction_backend.machines.publish(machine.arn, description)
            return {"stateMachineVersionArn": version.arn}
        if description is not None:
            raise ValidationError("Version description can only be set when publish is true")
        return {}

    def describe_state_machine(self) -> ActionResult:
        """DescribeStateMachine, for a machine or a version."""
        machines, arn = self.stepfunction_backend.machines, self._get_param("stateMachineArn")
        machine_arn, qualifier = split_arn(arn)
        if qualifier is None:
            machine = machines.get(arn)
            revision, created, more = machine.revision, machine.created, {}
        else:
            version = machines.version(arn)
            machine = machines.get(machine_arn)
            revision, created = version.revision, version.created
            more = {} if version.description is None else {"description": version.description}
        answer = {
            "stateMachineArn": arn,
            "name": machine.name,
            "status": "ACTIVE",
            "type": "STANDARD",
            "creationDate": created,
            **described_revision(revision),
            **more,
        }
        return ActionResult(answer)

    def list_state_machines(self) -> ActionResult:
        """ListStateMachines."""
        shown, token = self.page(self.stepfunction_backend.machines.all(), lambda machine: machine.arn)
        entries = [
            {"stateMachineArn": m.arn, "name": m.name, "type": "STANDARD", "creationDate": m.created}
            for m in shown
        ]
        return ActionResult({"stateMachines": entries, "nextToken": token})

    def publish_state_machine_version(self) -> ActionResult:
        """PublishStateMachineVersion."""
        version = self.stepfunction_backend.machines.publish(
            self._get_param("stateMachineArn"), self._get_param("description"), self._get_param("revisionId")
        )
        return ActionResult({"stateMachineVersionArn": version.arn, "creationDate": version.created})

    def list_state_machine_versions(self) -> ActionResult:
        """ListStateMachineVersions, the last published first."""
        machine = self.stepfunction_backend.machines.get(self._get_param("stateMachineArn"))
        versions: list[Version] = sorted(machine.versions.values(), key=lambda v: v.number, reverse=True)
        shown, token = self.page(versions, lambda version: version.arn)
        entries = [{"stateMachineVersionArn": v.arn, "creationDate": v.created} for v in shown]
        return ActionResult({"stateMachineVersions": entries, "nextToken": token})

    def delete_state_machine_version(self) -> ActionResult:
        """DeleteStateMachineVersion."""
        self.stepfunction_backend.machines.delete_version(self._get_param("stateMachineVersionArn"))
        return EmptyResult()

    def create_state_machine_alias(self) -> ActionResult:
        """CreateStateMachineAlias."""
        name = self._get_param("name")
        if not _ALIAS_NAME.fullmatch(name):
            raise ValidationError(
                f"1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: "
                "an alias has letters, digits, '-', '_', '.', and is not a number"
            )
        alias = self.stepfunction_backend.machines.create_alias(
            name, _routes(self._get_param("routingConfiguration")), self._get_param("description")
        )
        return ActionResult({"stateMachineAliasArn": alias.arn, "creationDate": alias.created})

    def update_state_machine_alias(self) -> ActionResult:
        """UpdateStateMachineAlias."""
        routing, description = self._get_param("routingConfiguration"), self._get_param("description")
        if routing is None and description is None:
            raise ValidationError(
                "You must provide at least one of routingConfiguration or description to update an alias."
            )
        alias = self.stepfunction_backend.machines.update_alias(
            self._get_param("stateMachineAliasArn"),
            None if routing is None else _routes(routing),
            description,
        )
        return ActionResult({"updateDate": alias.updated})

    def describe_state_machine_alias(self) -> ActionResult:
        """DescribeStateMachineAlias."""
        alias = self.stepfunction_backend.machines.alias(self._get_param("stateMachineAliasArn"))
        answer = {
            "stateMachineAliasArn": alias.arn,
            "name": alias.name,
            "routingConfiguration": [
                {"stateMachineVersionArn": route.version_arn, "weight": route.weight}
                for route in alias.routes
            ],
            "creationDate": alias.created,
            "updateDate": alias.updated,
        }
        return ActionResult(
            answer if alias.description is None else {**answer, "description": alias.description}
        )

    def list_state_machine_aliases(self) -> ActionResult:
        """ListStateMachineAliases of a machine, or those that lead to a version."""
        machine_arn, version = split_arn(arn := self._get_param("stateMachineArn"))
        machine = self.stepfunction_backend.machines.get(machine_arn)
        aliases: list[Alias] = [
            alias
            for alias in machine.aliases.values()
            if version is None or any(route.version_arn == arn for route in alias.routes)
        ]
        shown, token = self.page(aliases, lambda alias: alias.arn)
        entries = [{"stateMachineAliasArn": a.arn, "creationDate": a.created} for a in shown]
        return ActionResult({"stateMachineAliases": entries, "nextToken": token})

    def delete_state_machine_alias(self) -> ActionResult:
        """DeleteStateMachineAlias."""
        self.stepfunction_backend.machines.delete_alias(self._get_param("stateMachineAliasArn"))
        return EmptyResult()

    def tag_resource(self) -> ActionResult:
        """TagResource."""
        self._must_exist(self._get_param("resourceArn"))
        return super().tag_resource()

    def untag_resource(self) -> ActionResult:
        """UntagResource."""
        self._must_exist(self._get_param("resourceArn"))
        return super().untag_resource()

    def list_tags_for_resource(self) -> ActionResult:
        """ListTagsForResource."""
        self._must_exist(self._get_param("resourceArn"))
        return super().list_tags_for_resource()

    def _must_exist(self, arn: str) -> None:
        if ":stateMachine:" not in arn:
            return  # an activity
        try:
            self.stepfunction_backend.machines.get(arn)
        except StateMachineDoesNotExistError:
            raise ResourceNotFoundError(f"Resource not found: '{arn}'") from None


def described_revision(revision: Revision) -> dict[str, Any]:
    """A revision as DescribeStateMachine and DescribeStateMachineForExecution show it."""
    shown = {
        "definition": revision.definition,
        "roleArn": revision.role_arn,
        "loggingConfiguration": dict(revision.logging),
        "tracingConfiguration": dict(revision.tracing),
        "encryptionConfiguration": dict(revision.encryption),
    }
    return shown if revision.id is None else {**shown, "revisionId": revision.id}


def _routes(routing: list[dict[str, Any]]) -> tuple[Route, ...]:
    routes = tuple(Route(route["stateMachineVersionArn"], int(route["weight"])) for route in routing)
    if len(routes) not in (1, 2):
        raise ValidationError("Routing configuration must contain 1 or 2 state machine versions.")
    if sum(route.weight for route in routes) != 100:
        raise ValidationError("Sum of routing configuration weights must equal 100.")
    if len({split_arn(route.version_arn)[0] for route in routes}) > 1:
        raise ValidationError("Both stateMachineVersionArn values must belong to the same state machine.")
    if len({route.version_arn for route in routes}) < len(routes):
        raise ValidationError("Routing configuration must contain distinct state machine version ARNs.")
    return routes
