"""AWS::StepFunctions: machines, their versions and aliases."""

from __future__ import annotations

import json
from typing import Any

from converter.local.stack_resources.resource_type import (
    Aws,
    Made,
    Properties,
    ResourceRefused,
    ResourceType,
    camel_case,
    gone_tags,
    tags_of,
)
from converter.local.stack_resources.roles import check_assumable

_ROLE_REFUSED = (
    "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume "
    "the provided role."
)


class StateMachine(ResourceType):
    """A machine, its definition given in any of the three ways."""

    type_name = "AWS::StepFunctions::StateMachine"
    attributes = ("Arn", "Name", "StateMachineRevisionId")
    name_property = "StateMachineName"
    required = ("RoleArn",)
    replaced_with = ("StateMachineName", "StateMachineType")

    def create(self, aws: Aws, name: str, properties: Properties) -> Made:
        """Create the machine; one of this name must not exist."""
        check_assumable(aws, properties["RoleArn"], "states.amazonaws.com", _ROLE_REFUSED)
        machines = aws("stepfunctions")
        for page in machines.get_paginator("list_state_machines").paginate():
            if any(machine["name"] == name for machine in page["stateMachines"]):
                raise ResourceRefused(f"State Machine Already Exists: '{name}'")
        arn = machines.create_state_machine(
            name=name,
            type=properties.get("StateMachineType", "STANDARD"),
            tags=[{"key": key, "value": value} for key, value in tags_of(properties).items()],
            **_configuration(aws, properties),
        )["stateMachineArn"]
        return Made(arn, {"Arn": arn, "Name": name, "StateMachineRevisionId": "INITIAL"})

    def settle(self, aws: Aws, made: Made, old: Properties, new: Properties) -> None:
        """Update definition, role and configuration; running executions go on as they began."""
        if not old:
            return
        check_assumable(aws, new["RoleArn"], "states.amazonaws.com", _ROLE_REFUSED)
        machines = aws("stepfunctions")
        machines.update_state_machine(stateMachineArn=made.id, **_configuration(aws, new))
        machines.tag_resource(
            resourceArn=made.id, tags=[{"key": key, "value": value} for key, value in tags_of(new).items()]
        )
        if gone := gone_tags(old, new):
            machines.untag_resource(resourceArn=made.id, tagKeys=gone)

    def refreshed(self, aws: Aws, made: Made) -> Made:
        """Return the machine with the revision that it is at."""
        revision = aws("stepfunctions").describe_state_machine(stateMachineArn=made.id).get("revisionId")
        return Made(made.id, {**made.attributes, "StateMachineRevisionId": revision or "INITIAL"})

    def delete(self, aws: Aws, made: Made, properties: Properties) -> None:
        """Delete the machine with its versions and aliases."""
        aws("stepfunctions").delete_state_machine(stateMachineArn=made.id)


def _configuration(aws: Aws, properties: Properties) -> dict[str, Any]:
    logging = camel_case(properties.get("LoggingConfiguration", {"Level": "OFF"}))
    return {
        "definition": definition_text(aws, properties),
        "roleArn": properties["RoleArn"],
        "loggingConfiguration": logging,
        "tracingConfiguration": camel_case(properties.get("TracingConfiguration", {"Enabled": False})),
    }


def definition_text(aws: Aws, properties: Properties) -> str:
    """A machine's definition, its ``DefinitionSubstitutions`` made."""
    if "DefinitionString" in properties:
        text = str(properties["DefinitionString"])
    elif "Definition" in properties:
        text = json.dumps(properties["Definition"], separators=(",", ":"))
    elif "DefinitionS3Location" in properties:
        place = properties["DefinitionS3Location"]
        text = aws("s3").get_object(Bucket=place["Bucket"], Key=place["Key"])["Body"].read().decode()
    else:
        raise ResourceRefused("A state machine needs DefinitionString, Definition or DefinitionS3Location")
    for name, value in properties.get("DefinitionSubstitutions", {}).items():
        text = text.replace(f"${{{name}}}", str(value))
    return text


class StateMachineVersion(ResourceType):
    """A published version."""

    type_name = "AWS::StepFunctions::StateMachineVersion"
    attributes = ("Arn",)
    required = ("StateMachineArn",)
    replaced_with = ("StateMachineArn", "StateMachineRevisionId", "Description")

    def create(self, aws: Aws, name: str, properties: Properties) -> Made:
        """Publish the machine's revision as it is; the same revision again is the same version."""
        optional = {"description": "Description", "revisionId": "StateMachineRevisionId"}
        given = {parameter: properties[key] for parameter, key in optional.items() if key in properties}
        arn = aws("stepfunctions").publish_state_machine_version(
            stateMachineArn=properties["StateMachineArn"], **given
        )["stateMachineVersionArn"]
        return Made(arn, {"Arn": arn})

    def delete(self, aws: Aws, made: Made, properties: Properties) -> None:
        """Delete the version; nothing may lead to it any more."""
        aws("stepfunctions").delete_state_machine_version(stateMachineVersionArn=made.id)


class StateMachineAlias(ResourceType):
    """An alias. A ``DeploymentPreference`` is carried out at once, whatever pace it asks for."""

    type_name = "AWS::StepFunctions::StateMachineAlias"
    attributes = ("Arn",)
    name_property = "Name"
    replaced_with = ("Name",)

    def create(self, aws: Aws, name: str, properties: Properties) -> Made:
        """Create the alias."""
        arn = aws("stepfunctions").create_state_machine_alias(
            name=name,
            routingConfiguration=_routing(properties),
            description=properties.get("Description", ""),
        )["stateMachineAliasArn"]
        return Made(arn, {"Arn": arn})

    def settle(self, aws: Aws, made: Made, old: Properties, new: Properties) -> None:
        """Lead the alias elsewhere."""
        if old:
            aws("stepfunctions").update_state_machine_alias(
                stateMachineAliasArn=made.id,
                routingConfiguration=_routing(new),
                description=new.get("Description", ""),
            )

    def delete(self, aws: Aws, made: Made, properties: Properties) -> None:
        """Delete the alias; its versions stay."""
        aws("stepfunctions").delete_state_machine_alias(stateMachineAliasArn=made.id)


def _routing(properties: Properties) -> list[dict[str, Any]]:
    if "DeploymentPreference" in properties:
        version = properties["DeploymentPreference"]["StateMachineVersionArn"]
        return [{"stateMachineVersionArn": version, "weight": 100}]
    if "RoutingConfiguration" not in properties:
        raise ResourceRefused("An alias needs RoutingConfiguration or DeploymentPreference")
    return [
        {"stateMachineVersionArn": route["StateMachineVersionArn"], "weight": int(route["Weight"])}
        for route in properties["RoutingConfiguration"]
    ]
