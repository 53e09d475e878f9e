"""AWS::Lambda: functions, versions, aliases, permissions."""

from __future__ import annotations

import io
import zipfile
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
from converter.local.stack_resources.roles import check_assumable

_CONFIGURATION = (
    *("Description", "Handler", "Runtime", "Timeout", "MemorySize", "Environment", "Layers"),
    *("LoggingConfig", "TracingConfig", "EphemeralStorage", "DeadLetterConfig", "VpcConfig"),
)
_DEFAULTS: dict[str, Any] = {
    "Environment": {"Variables": {}},
    "Timeout": 3,
    "MemorySize": 128,
    "Description": "",
}


class Function(ResourceType):
    """A function, its code from S3 or given in the template."""

    type_name = "AWS::Lambda::Function"
    attributes = ("Arn",)
    name_property = "FunctionName"
    required = ("Code", "Role")
    replaced_with = ("FunctionName", "PackageType")

    def create(self, aws: Aws, name: str, properties: Properties) -> Made:
        """Create the function."""
        _check_role(aws, properties)
        arn = aws("lambda").create_function(
            FunctionName=name,
            Role=properties["Role"],
            Code=_code(properties),
            Tags=tags_of(properties),
            **picked(properties, *_CONFIGURATION, "Architectures", "PackageType"),
        )["FunctionArn"]
        return Made(name, {"Arn": arn})

    def settle(self, aws: Aws, made: Made, old: Properties, new: Properties) -> None:
        """Update configuration and code in place."""
        functions = aws("lambda")
        if old:
            _check_role(aws, new)
            functions.update_function_configuration(
                FunctionName=made.id, Role=new["Role"], **{**_DEFAULTS, **picked(new, *_CONFIGURATION)}
            )
            if old["Code"] != new["Code"]:
                functions.update_function_code(FunctionName=made.id, **_code(new))
            functions.tag_resource(Resource=made.attributes["Arn"], Tags=tags_of(new))
            if gone := gone_tags(old, new):
                functions.untag_resource(Resource=made.attributes["Arn"], TagKeys=gone)
        reserved = "ReservedConcurrentExecutions"
        if reserved in new:
            functions.put_function_concurrency(FunctionName=made.id, **{reserved: int(new[reserved])})
        elif reserved in old:
            functions.delete_function_concurrency(FunctionName=made.id)

    def delete(self, aws: Aws, made: Made, properties: Properties) -> None:
        """Delete the function with its versions."""
        aws("lambda").delete_function(FunctionName=made.id)


def _check_role(aws: Aws, properties: Properties) -> None:
    refusal = "The role defined for the function cannot be assumed by Lambda."
    check_assumable(aws, properties["Role"], "lambda.amazonaws.com", refusal)


def _code(properties: Properties) -> dict[str, Any]:
    code = dict(properties["Code"])
    if "ZipFile" in code:  # in a template it is source text, in the API a zip file
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            # "a file named index", of the runtime's language (CloudFormation, AWS::Lambda::Function Code)
            archive.writestr("index.py", code["ZipFile"])
        code["ZipFile"] = packed.getvalue()
    return code


class FunctionVersion(ResourceType):
    """A published version, whose Ref is the version's ARN."""

    type_name = "AWS::Lambda::Version"
    attributes = ("FunctionArn", "Version")
    required = ("FunctionName",)
    replaced_with = ("FunctionName", "Description", "CodeSha256")

    def create(self, aws: Aws, name: str, properties: Properties) -> Made:
        """Publish the function as it is."""
        version = aws("lambda").publish_version(
            **picked(properties, "FunctionName", "Description", "CodeSha256")
        )
        arn = version["FunctionArn"]
        return Made(arn, {"FunctionArn": arn, "Version": version["Version"]})

    def delete(self, aws: Aws, made: Made, properties: Properties) -> None:
        """Delete the version."""
        function, _, version = made.id.rpartition(":")
        aws("lambda").delete_function(FunctionName=function, Qualifier=version)


class FunctionAlias(ResourceType):
    """An alias, whose Ref is the alias's ARN."""

    type_name = "AWS::Lambda::Alias"
    attributes = ("AliasArn",)
    name_property = "Name"
    required = ("FunctionName", "FunctionVersion", "Name")
    replaced_with = ("Name", "FunctionName")

    def create(self, aws: Aws, name: str, properties: Properties) -> Made:
        """Create the alias."""
        arn = aws("lambda").create_alias(**_alias(properties))["AliasArn"]
        return Made(arn, {"AliasArn": arn})

    def settle(self, aws: Aws, made: Made, old: Properties, new: Properties) -> None:
        """Lead the alias to another version."""
        if old:
            aws("lambda").update_alias(**_alias(new))

    def delete(self, aws: Aws, made: Made, properties: Properties) -> None:
        """Delete the alias."""
        aws("lambda").delete_alias(FunctionName=properties["FunctionName"], Name=properties["Name"])


def _alias(properties: Properties) -> dict[str, Any]:
    return picked(properties, "FunctionName", "FunctionVersion", "Name", "Description")


class Permission(ResourceType):
    """A statement of a function's policy."""

    type_name = "AWS::Lambda::Permission"
    attributes = ("Id",)
    required = ("Action", "FunctionName", "Principal")
    replaced_with = ("Action", "FunctionName", "Principal", "SourceAccount", "SourceArn")

    def create(self, aws: Aws, name: str, properties: Properties) -> Made:
        """Add the statement."""
        aws("lambda").add_permission(StatementId=name, **picked(properties, *self.replaced_with))
        return Made(name, {"Id": name})

    def delete(self, aws: Aws, made: Made, properties: Properties) -> None:
        """Remove the statement; it may have gone with its function."""
        functions = aws("lambda")
        try:
            functions.remove_permission(FunctionName=properties["FunctionName"], StatementId=made.id)
        except functions.exceptions.ResourceNotFoundException:
            return
