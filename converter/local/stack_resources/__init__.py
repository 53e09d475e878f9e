"""The CloudFormation resource types that are ours instead of moto's: those that emitted templates use."""

from __future__ import annotations

from converter.local.stack_resources import (
    data,
    iam,
    lambda_functions,
    messaging,
    observing,
    scheduling,
    step_functions,
)
from converter.local.stack_resources.resource_type import Aws, Made, Properties, ResourceRefused, ResourceType

TYPES: dict[str, ResourceType] = {
    type_.type_name: type_
    for type_ in (
        data.Job(),
        data.Table(),
        iam.ManagedPolicy(),
        iam.Policy(),
        iam.Role(),
        lambda_functions.Function(),
        lambda_functions.FunctionAlias(),
        lambda_functions.FunctionVersion(),
        lambda_functions.Permission(),
        messaging.Subscription(),
        messaging.Topic(),
        messaging.TopicPolicy(),
        observing.Alarm(),
        observing.LogGroup(),
        observing.Rule(),
        scheduling.Schedule(),
        scheduling.ScheduleGroup(),
        step_functions.StateMachine(),
        step_functions.StateMachineAlias(),
        step_functions.StateMachineVersion(),
    )
}
"""Type name → type."""

__all__ = ["TYPES", "Aws", "Made", "Properties", "ResourceRefused", "ResourceType"]
