"""CloudFormation resource types that moto does not have, or creates only in part."""

from __future__ import annotations

import base64
import json
from typing import Any

from moto.awslambda.models import LambdaFunction, lambda_backends
from moto.cloudformation.exceptions import UnformattedGetAttTemplateException, ValidationError
from moto.core.common_models import CloudFormationModel
from moto.glue.models import glue_backends
from moto.s3.models import s3_backends
from moto.stepfunctions.models import stepfunctions_backends

Properties = dict[str, Any]


class LocalStackResource(CloudFormationModel):  # type: ignore[misc]  # moto is not seen by mypy
    """A resource that remembers its ``Ref`` and what ``Fn::GetAtt`` asks for; its service does the rest."""

    attributes: tuple[str, ...] = ()

    def __init__(self, physical_id: str, **values: str) -> None:
        self.physical_resource_id = physical_id
        self._values = values

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Whether ``Fn::GetAtt`` knows the attribute."""
        return attr in cls.attributes

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """The value for ``Fn::GetAtt``."""
        if attribute_name not in self._values:
            raise UnformattedGetAttTemplateException
        return self._values[attribute_name]

    def is_created(self) -> bool:
        """Resources here exist at once."""
        return True


class StateMachineResource(LocalStackResource):
    """AWS::StepFunctions::StateMachine, its definition given in any of the three ways."""

    attributes = ("Arn", "Name")

    @staticmethod
    def cloudformation_name_type() -> str:
        """The property that names it."""
        return "StateMachineName"

    @staticmethod
    def cloudformation_type() -> str:
        """The type's name."""
        return "AWS::StepFunctions::StateMachine"

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Properties, account_id: str, region_name: str, **_: Any
    ) -> StateMachineResource:
        """Create the machine."""
        properties = cloudformation_json["Properties"]
        machine = stepfunctions_backends[account_id][region_name].create_state_machine(
            properties.get("StateMachineName", resource_name),
            definition_text(properties, account_id),
            properties["RoleArn"],
            tags=_tags(properties),
            loggingConfiguration=_camel(properties.get("LoggingConfiguration")),
            tracingConfiguration=_camel(properties.get("TracingConfiguration")),
            sm_type=properties.get("StateMachineType"),
        )
        return cls(machine.arn, Arn=machine.arn, Name=machine.name)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: StateMachineResource,
        new_resource_name: str,
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
    ) -> StateMachineResource:
        """Update the machine in place; a new name makes a new machine."""
        properties = cloudformation_json["Properties"]
        wanted_name = properties.get("StateMachineName")
        if wanted_name not in (None, original_resource.get_cfn_attribute("Name")):
            new = cls.create_from_cloudformation_json(
                wanted_name, cloudformation_json, account_id, region_name
            )
            original_resource.delete(account_id, region_name)
            return new
        backend = stepfunctions_backends[account_id][region_name]
        arn = original_resource.physical_resource_id
        backend.update_state_machine(
            arn,
            definition=definition_text(properties, account_id),
            role_arn=properties["RoleArn"],
            logging_configuration=_camel(properties.get("LoggingConfiguration")),
            tracing_configuration=_camel(properties.get("TracingConfiguration")),
        )
        backend.tagger.tag_resource(arn, _tags(properties))
        return original_resource

    def delete(self, account_id: str, region_name: str) -> None:
        """Delete the machine."""
        stepfunctions_backends[account_id][region_name].delete_state_machine(self.physical_resource_id)


def definition_text(properties: Properties, account_id: str) -> str:
    """A machine's definition, its ``DefinitionSubstitutions`` made."""
    if "DefinitionString" in properties:
        text = str(properties["DefinitionString"])
    elif "Definition" in properties:
        text = json.dumps(properties["Definition"], separators=(",", ":"))
    elif "DefinitionS3Location" in properties:
        place = properties["DefinitionS3Location"]
        text = s3_backends[account_id]["aws"].get_object(place["Bucket"], place["Key"]).value.decode()
    else:
        raise ValidationError(
            message="A state machine needs DefinitionString, Definition or DefinitionS3Location"
        )
    for name, value in properties.get("DefinitionSubstitutions", {}).items():
        text = text.replace(f"${{{name}}}", str(value))
    return text


class FunctionResource(LambdaFunction):  # type: ignore[misc]  # moto is not seen by mypy
    """AWS::Lambda::Function: moto's, with an update that also takes code given in the template."""

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: LambdaFunction,
        new_resource_name: str,
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
    ) -> LambdaFunction:
        """Update configuration and code in place."""
        properties = cloudformation_json["Properties"]
        code = dict(properties["Code"])
        if "ZipFile" in code:  # in a template it is source text, in the API a zip file
            code["ZipFile"] = base64.b64encode(cls._create_zipfile_from_plaintext_code(code["ZipFile"]))
        defaults = {"Environment": {"Variables": {}}, "Timeout": 3, "MemorySize": 128, "Description": ""}
        original_resource.update_configuration({**defaults, **properties})
        original_resource.update_function_code(code)
        return original_resource


class VersionResource(LocalStackResource):
    """AWS::Lambda::Version, whose Ref is the version's ARN."""

    attributes = ("FunctionArn", "Version")

    @staticmethod
    def cloudformation_name_type() -> str:
        """It has no name of its own."""
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        """The type's name."""
        return "AWS::Lambda::Version"

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Properties, account_id: str, region_name: str, **_: Any
    ) -> VersionResource:
        """Publish the function as it is."""
        properties = cloudformation_json["Properties"]
        function = lambda_backends[account_id][region_name].publish_version(
            properties["FunctionName"], properties.get("Description", "")
        )
        return cls(function.function_arn, FunctionArn=function.function_arn, Version=str(function.version))

    def delete(self, account_id: str, region_name: str) -> None:
        """Delete the version."""
        lambda_backends[account_id][region_name].delete_function(self.physical_resource_id)


class JobResource(LocalStackResource):
    """AWS::Glue::Job."""

    @staticmethod
    def cloudformation_name_type() -> str:
        """The property that names it."""
        return "Name"

    @staticmethod
    def cloudformation_type() -> str:
        """The type's name."""
        return "AWS::Glue::Job"

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Properties, account_id: str, region_name: str, **_: Any
    ) -> JobResource:
        """Create the job."""
        properties = cloudformation_json["Properties"]
        name = properties.get("Name", resource_name)
        glue_backends[account_id][region_name].create_job_from(name, properties)
        return cls(name)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: JobResource,
        new_resource_name: str,
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
    ) -> JobResource:
        """Replace the job's settings; its runs stay."""
        properties = cloudformation_json["Properties"]
        name = properties.get("Name", original_resource.physical_resource_id)
        glue_backends[account_id][region_name].create_job_from(name, properties)
        if name != original_resource.physical_resource_id:
            original_resource.delete(account_id, region_name)
        return cls(name)

    def delete(self, account_id: str, region_name: str) -> None:
        """Delete the job."""
        glue_backends[account_id][region_name].delete_job(self.physical_resource_id)


RESOURCES = {
    "AWS::StepFunctions::StateMachine": StateMachineResource,
    "AWS::Lambda::Function": FunctionResource,
    "AWS::Lambda::Version": VersionResource,
    "AWS::Glue::Job": JobResource,
}
"""Resource types that are ours instead of moto's."""


def _tags(properties: Properties) -> list[dict[str, str]]:
    return [{"key": tag["Key"], "value": tag["Value"]} for tag in properties.get("Tags", [])]


def _camel(value: Any) -> Any:
    """CloudFormation's PascalCase as the service's own camelCase."""
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _camel(item) for key, item in value.items()}
    return [_camel(item) for item in value] if isinstance(value, list) else value
