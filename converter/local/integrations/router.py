"""Hands each Task to the integration of its resource: the engine's TaskBackend on the local AWS."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from converter.engine import TaskCall, TaskFailure
from converter.local.executions import LocalExecution
from converter.local.integrations.aws_calls import AwsCalls
from converter.local.integrations.catalogue import optimised_actions
from converter.local.integrations.emr_tasks import EmrTasks
from converter.local.integrations.event_bus import put_events
from converter.local.integrations.glue import GlueTasks
from converter.local.integrations.job_tasks import JobTasks
from converter.local.integrations.lambda_function import LambdaTasks
from converter.local.integrations.nested import NestedExecutions
from converter.local.integrations.resources import Place, Resource
from converter.local.integrations.shapes import Json

Submitted: TypeAlias = Callable[[Json], None]
Integration: TypeAlias = Callable[[TaskCall, Resource, Submitted], Awaitable[Json]]


class Integrations:
    """A TaskBackend on the executions' loop; what blocks runs in the threads of ``aws``."""

    def __init__(self, aws: AwsCalls, find_execution: Callable[[str], LocalExecution | None]) -> None:
        self._aws = aws
        self._functions = LambdaTasks(aws)
        self._jobs = JobTasks(aws)
        self._patterns = optimised_actions()
        self._by_service: Mapping[str, Integration] = {
            "elasticmapreduce": EmrTasks(aws).run,
            "events": lambda call, resource, submitted: put_events(aws, call),
            "glue": GlueTasks(aws).run,
            "lambda": lambda call, resource, submitted: self._functions.invoke(call),
            "states": NestedExecutions(aws, find_execution).run,
        }

    async def run(self, call: TaskCall, submitted: Submitted) -> Json:
        """Carry out one try of a Task. Raises TaskFailure (States.Runtime for an unknown resource).

        With a token, what is returned is only the first answer: the engine then waits for the token.
        """
        resource = Resource.parse(call.resource)
        if resource == FUNCTION:
            return await self._functions.call_function(call)
        if resource is not None and resource.sdk and resource.pattern in {"", "waitForTaskToken"}:
            place = Place.of(call.execution_arn)
            return await self._aws.sdk(resource.service, resource.action, call.arguments, place)
        if resource is None or resource.sdk or not self._has(resource):
            raise TaskFailure(
                "States.Runtime",
                f"The local AWS does not run the resource '{call.resource}' of '{call.state_name}'; "
                "docs/local.md lists what it runs",
            )
        integration = self._by_service.get(resource.service, self._general)
        return await integration(call, resource, submitted)

    def _has(self, resource: Resource) -> bool:
        return resource.pattern in self._patterns.get((resource.service, resource.action), ())

    async def _general(self, call: TaskCall, resource: Resource, submitted: Submitted) -> Json:
        if resource.pattern == "sync":
            return await self._jobs.run(call, resource, submitted)
        place = Place.of(call.execution_arn)
        return await self._aws.optimised(resource.service, resource.action, call.arguments, place)


FUNCTION = Resource("lambda", "")
"""A Lambda function's own ARN."""
