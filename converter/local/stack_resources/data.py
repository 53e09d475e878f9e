"""AWS::DynamoDB and AWS::Glue: tables and jobs."""

from __future__ import annotations

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

_TABLE_SETTINGS = ("BillingMode", "ProvisionedThroughput", "DeletionProtectionEnabled", "StreamSpecification")
_TABLE_SHAPE = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "LocalSecondaryIndexes")


class Table(ResourceType):
    """A table; its Ref is its name. A change of its indexes needs a new one here."""

    type_name = "AWS::DynamoDB::Table"
    attributes = ("Arn", "StreamArn")
    name_property = "TableName"
    required = ("KeySchema",)
    replaced_with = ("TableName", *_TABLE_SHAPE)

    def create(self, aws: Aws, name: str, properties: Properties) -> Made:
        """Create the table."""
        streams = {}
        if "StreamSpecification" in properties:
            streams["StreamSpecification"] = {"StreamEnabled": True, **properties["StreamSpecification"]}
        table = aws("dynamodb").create_table(
            TableName=name,
            Tags=properties.get("Tags", []),
            **picked(properties, *_TABLE_SHAPE, *_TABLE_SETTINGS) | streams,
        )["TableDescription"]
        return Made(name, {"Arn": table["TableArn"], "StreamArn": table.get("LatestStreamArn", "")})

    def settle(self, aws: Aws, made: Made, old: Properties, new: Properties) -> None:
        """Set billing, protection, expiry of items, backups and tags."""
        tables = aws("dynamodb")
        settings = [name for name in _TABLE_SETTINGS[:3] if old.get(name) != new.get(name)]
        if old and settings:
            tables.update_table(TableName=made.id, **picked(new, *settings))
        expiry = "TimeToLiveSpecification"
        if expiry in new and old.get(expiry) != new[expiry]:
            tables.update_time_to_live(TableName=made.id, TimeToLiveSpecification=new[expiry])
        elif expiry in old and expiry not in new:
            tables.update_time_to_live(
                TableName=made.id, TimeToLiveSpecification={**old[expiry], "Enabled": False}
            )
        backups = "PointInTimeRecoverySpecification"
        if backups in new:
            tables.update_continuous_backups(TableName=made.id, **{backups: new[backups]})
        if old:
            tables.tag_resource(ResourceArn=made.attributes["Arn"], Tags=new.get("Tags", []))
            if gone := gone_tags(old, new):
                tables.untag_resource(ResourceArn=made.attributes["Arn"], TagKeys=gone)

    def delete(self, aws: Aws, made: Made, properties: Properties) -> None:
        """Delete the table with its items."""
        aws("dynamodb").delete_table(TableName=made.id)


class Job(ResourceType):
    """A Glue job; its Ref is its name."""

    type_name = "AWS::Glue::Job"
    name_property = "Name"
    required = ("Command", "Role")
    replaced_with = ("Name",)

    def create(self, aws: Aws, name: str, properties: Properties) -> Made:
        """Create the job."""
        aws("glue").create_job(Name=name, Tags=_job_tags(properties), **_job_settings(properties))
        return Made(name)

    def settle(self, aws: Aws, made: Made, old: Properties, new: Properties) -> None:
        """Replace the job's settings; its runs stay."""
        if old:
            aws("glue").update_job(JobName=made.id, JobUpdate=_job_settings(new))

    def delete(self, aws: Aws, made: Made, properties: Properties) -> None:
        """Delete the job with its runs."""
        aws("glue").delete_job(JobName=made.id)


def _job_settings(properties: Properties) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if name not in ("Name", "Tags")}


def _job_tags(properties: Properties) -> dict[str, str]:
    tags = properties.get("Tags", {})  # an object here, not a list
    return dict(tags) if isinstance(tags, dict) else tags_of(properties)
