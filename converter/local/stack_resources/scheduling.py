"""AWS::Scheduler: schedules and their groups."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from converter.local.stack_resources.resource_type import Aws, Made, Properties, ResourceType, picked
from converter.local.stack_resources.roles import check_assumable

_SETTINGS = (
    *("ScheduleExpression", "ScheduleExpressionTimezone", "FlexibleTimeWindow", "Target", "State"),
    *("Description", "GroupName", "KmsKeyArn"),
)


class Schedule(ResourceType):
    """A schedule; its Ref is its name."""

    type_name = "AWS::Scheduler::Schedule"
    attributes = ("Arn",)
    name_property = "Name"
    required = ("FlexibleTimeWindow", "ScheduleExpression", "Target")
    replaced_with = ("Name", "GroupName")

    def create(self, aws: Aws, name: str, properties: Properties) -> Made:
        """Create the schedule."""
        arn = aws("scheduler").create_schedule(Name=name, **_settings(aws, properties))["ScheduleArn"]
        return Made(name, {"Arn": arn})

    def settle(self, aws: Aws, made: Made, old: Properties, new: Properties) -> None:
        """Replace the schedule's settings; runs that it has started go on."""
        if old:
            aws("scheduler").update_schedule(Name=made.id, **_settings(aws, new))

    def delete(self, aws: Aws, made: Made, properties: Properties) -> None:
        """Delete the schedule."""
        aws("scheduler").delete_schedule(Name=made.id, **picked(properties, "GroupName"))


def _settings(aws: Aws, properties: Properties) -> dict[str, Any]:
    refusal = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
    check_assumable(aws, properties["Target"].get("RoleArn", ""), "scheduler.amazonaws.com", refusal)
    dates = {
        key: datetime.fromisoformat(str(properties[key]).replace("Z", "+00:00"))
        for key in ("StartDate", "EndDate")
        if key in properties
    }
    return picked(properties, *_SETTINGS) | dates


class ScheduleGroup(ResourceType):
    """A group of schedules."""

    type_name = "AWS::Scheduler::ScheduleGroup"
    attributes = ("Arn", "State")
    name_property = "Name"
    replaced_with = ("Name",)

    def create(self, aws: Aws, name: str, properties: Properties) -> Made:
        """Create the group."""
        arn = aws("scheduler").create_schedule_group(Name=name, **picked(properties, "Tags"))[
            "ScheduleGroupArn"
        ]
        return Made(name, {"Arn": arn, "State": "ACTIVE"})

    def delete(self, aws: Aws, made: Made, properties: Properties) -> None:
        """Delete the group with its schedules."""
        aws("scheduler").delete_schedule_group(Name=made.id)
