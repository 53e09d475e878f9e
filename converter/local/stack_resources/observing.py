"""AWS::Logs, AWS::CloudWatch and AWS::Events: what watches a machine."""

from __future__ import annotations

import json
from typing import Any

from converter.local.stack_resources.resource_type import (
    Aws,
    Made,
    Properties,
    ResourceType,
    picked,
    tags_of,
)


class LogGroup(ResourceType):
    """A log group; its Ref is its name, its Arn ends in ``:*``."""

    type_name = "AWS::Logs::LogGroup"
    attributes = ("Arn",)
    name_property = "LogGroupName"
    replaced_with = ("LogGroupName",)

    def create(self, aws: Aws, name: str, properties: Properties) -> Made:
        """Create the group."""
        logs = aws("logs")
        logs.create_log_group(logGroupName=name, tags=tags_of(properties))
        groups = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        arn = next(group["arn"] for group in groups if group["logGroupName"] == name)
        return Made(name, {"Arn": arn if arn.endswith(":*") else f"{arn}:*"})

    def settle(self, aws: Aws, made: Made, old: Properties, new: Properties) -> None:
        """Set how long events are kept."""
        days = "RetentionInDays"
        if days in new:
            aws("logs").put_retention_policy(logGroupName=made.id, retentionInDays=int(new[days]))
        elif days in old:
            aws("logs").delete_retention_policy(logGroupName=made.id)

    def delete(self, aws: Aws, made: Made, properties: Properties) -> None:
        """Delete the group with its events."""
        aws("logs").delete_log_group(logGroupName=made.id)


class Alarm(ResourceType):
    """A metric alarm. It never goes off here: there are no metrics."""

    type_name = "AWS::CloudWatch::Alarm"
    attributes = ("Arn",)
    name_property = "AlarmName"
    required = ("ComparisonOperator", "EvaluationPeriods")
    replaced_with = ("AlarmName",)

    def create(self, aws: Aws, name: str, properties: Properties) -> Made:
        """Create the alarm."""
        alarms = aws("cloudwatch")
        _put_alarm(alarms, name, properties)
        arn = alarms.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["AlarmArn"]
        return Made(name, {"Arn": arn})

    def settle(self, aws: Aws, made: Made, old: Properties, new: Properties) -> None:
        """Replace the alarm's settings."""
        if old:
            _put_alarm(aws("cloudwatch"), made.id, new)

    def delete(self, aws: Aws, made: Made, properties: Properties) -> None:
        """Delete the alarm."""
        aws("cloudwatch").delete_alarms(AlarmNames=[made.id])


def _put_alarm(alarms: Any, name: str, properties: Properties) -> None:
    alarms.put_metric_alarm(**{**properties, "AlarmName": name})


class Rule(ResourceType):
    """A rule of an event bus with its targets; its Ref is its name."""

    type_name = "AWS::Events::Rule"
    attributes = ("Arn",)
    name_property = "Name"
    replaced_with = ("Name", "EventBusName")

    def create(self, aws: Aws, name: str, properties: Properties) -> Made:
        """Create the rule."""
        return Made(name, {"Arn": _put_rule(aws("events"), name, properties)})

    def settle(self, aws: Aws, made: Made, old: Properties, new: Properties) -> None:
        """Replace the rule's settings and targets."""
        events = aws("events")
        place = {"Rule": made.id, **picked(new, "EventBusName")}
        if old:
            _put_rule(events, made.id, new)
        wanted = new.get("Targets", [])
        gone = {target["Id"] for target in old.get("Targets", [])} - {target["Id"] for target in wanted}
        if gone:
            events.remove_targets(Ids=sorted(gone), **place)
        if wanted:
            events.put_targets(Targets=wanted, **place)

    def delete(self, aws: Aws, made: Made, properties: Properties) -> None:
        """Delete the rule with its targets."""
        events, bus = aws("events"), picked(properties, "EventBusName")
        if targets := properties.get("Targets"):
            events.remove_targets(Rule=made.id, Ids=[target["Id"] for target in targets], **bus)
        events.delete_rule(Name=made.id, **bus)


def _put_rule(events: Any, name: str, properties: Properties) -> str:
    settings = picked(properties, "ScheduleExpression", "State", "Description", "RoleArn", "EventBusName")
    if "EventPattern" in properties:
        settings["EventPattern"] = json.dumps(properties["EventPattern"])
    return str(events.put_rule(Name=name, **settings)["RuleArn"])
