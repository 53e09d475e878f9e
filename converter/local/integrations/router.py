"""Hands each Task to the integration of its resource: the engine's TaskBackend on the local AWS."""

from __future__ import annotations

from collections.abc import Callable

from converter.engine import TaskCall, TaskFailure
from converter.local.executions import LocalExecution
from converter.local.integrations.aws_calls import AwsCalls
from converter.local.integrations.glue import GlueTasks
from converter.local.integrations.lambda_function import LambdaTasks
from converter.local.integrations.nested import NestedExecutions
from converter.local.integrations.resources import Place, Resource
from converter.local.integrations.shapes import Json

DYNAMODB_ACTIONS = frozenset({"putItem", "getItem", "updateItem", "deleteItem"})


class Integrations:
    """A TaskBackend on the executions' loop; what blocks runs in the threads of ``aws``."""

    def __init__(self, aws: AwsCalls, find_execution: Callable[[str], LocalExecution | None]) -> None:
        self._aws = aws
        self._glue = GlueTasks(aws)
        self._functions = LambdaTasks(aws)
        self._nested = NestedExecutions(aws, find_execution)

    async def run(self, call: TaskCall, submitted: Callable[[Json], None]) -> Json:
        """Carry out one try of a Task. Raises TaskFailure (States.Runtime for an unknown resource)."""
        resource = Resource.parse(call.resource)
        if resource is None:
            raise _unsupported(call)
        place = Place.of(call.execution_arn)
        # With a token, what is returned is only the first answer: the engine then waits for the token.
        if resource.sdk and resource.pattern in {"", "waitForTaskToken"}:
            return await self._aws.sdk(resource.service, resource.action, call.arguments, place)
        match (resource.service, resource.action, resource.pattern):
            case ("lambda", "", ""):
                return await self._functions.call_function(call)
            case ("lambda", "invoke", "" | "waitForTaskToken"):
                return await self._functions.invoke(call)
            case ("glue", "startJobRun", "" | "sync"):
                return await self._glue.run(call, resource, submitted)
            case ("states", "startExecution", _):
                return await self._nested.run(call, resource, submitted)
            case ("dynamodb", action, "") if action in DYNAMODB_ACTIONS:
                return await self._aws.optimised("dynamodb", action, call.arguments, place)
        raise _unsupported(call)


def _unsupported(call: TaskCall) -> TaskFailure:
    return TaskFailure(
        "States.Runtime",
        f"The local AWS does not run the resource '{call.resource}' of the state '{call.state_name}'; "
        "docs/local.md lists what it runs",
    )
