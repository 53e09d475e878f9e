"""``elasticmapreduce:…``, whose actions and parameters are not the API's (Developer Guide, "Amazon EMR")."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from converter.engine import TaskCall
from converter.local.integrations.aws_calls import AwsCalls, unless_cancelled
from converter.local.integrations.failures import unusable_arguments
from converter.local.integrations.job_tasks import end_of, shown_end
from converter.local.integrations.jobs.emr import CLUSTER, STEP
from converter.local.integrations.jobs.kinds import described_shape
from converter.local.integrations.jobs.services import desk_for
from converter.local.integrations.resources import Place, Resource
from converter.local.integrations.shapes import Json, epoch_milliseconds, from_api

ACTIONS = {
    "createCluster": frozenset({"", "sync"}),
    "terminateCluster": frozenset({"", "sync"}),
    "addStep": frozenset({"", "sync"}),
    "cancelStep": frozenset({""}),
}
_PARAMETERS = {
    "terminateCluster": frozenset({"ClusterId"}),
    "addStep": frozenset({"ClusterId", "Step", "ExecutionRoleArn"}),
    "cancelStep": frozenset({"ClusterId", "StepId"}),
}


class EmrTasks:
    """Clusters and steps."""

    def __init__(self, aws: AwsCalls) -> None:
        self._aws = aws

    async def run(self, call: TaskCall, resource: Resource, submitted: Callable[[Json], None]) -> Json:
        """Carry out one of ``ACTIONS``. Raises TaskFailure."""
        _check(call.arguments, _PARAMETERS.get(resource.action))
        waits = resource.pattern == "sync"
        match resource.action:
            case "createCluster":
                return await self._create(call, submitted, waits=waits)
            case "terminateCluster":
                return await self._terminate(call, submitted, waits=waits)
            case "addStep":
                return await self._add_step(call, submitted, waits=waits)
            case _:
                return await self._cancel_step(call)

    async def _create(self, call: TaskCall, submitted: Callable[[Json], None], *, waits: bool) -> Json:
        answer = await self._call(call, "runJobFlow", call.arguments)
        identity = answer["JobFlowId"]
        created = {"ClusterId": identity, **_without(answer, "JobFlowId", "ClusterArn")}
        if not waits:
            return created
        submitted(created)
        # Stopping the execution does not terminate the cluster (Developer Guide).
        desk = desk_for(CLUSTER, Place.of(call.execution_arn))
        shown = shown_end(desk, [await end_of(desk, identity)], ("DescribeCluster", "Cluster"), "Cluster")
        return {**shown, "ClusterId": identity}

    async def _terminate(self, call: TaskCall, submitted: Callable[[Json], None], *, waits: bool) -> Json:
        answer = await self._call(call, "terminateJobFlows", {"JobFlowIds": [call.arguments["ClusterId"]]})
        if not waits:
            return answer
        submitted(answer)
        desk = desk_for(CLUSTER, Place.of(call.execution_arn))
        shown = desk.show(
            desk.known(call.arguments["ClusterId"])
        )  # it has ended: here, terminating takes no time
        shape = described_shape("emr", "DescribeCluster", "Cluster")
        return {"Cluster": from_api(shown, shape, epoch_milliseconds)}

    async def _add_step(self, call: TaskCall, submitted: Callable[[Json], None], *, waits: bool) -> Json:
        arguments = {"JobFlowId": call.arguments["ClusterId"], "Steps": [call.arguments["Step"]]}
        arguments |= _without(call.arguments, "ClusterId", "Step")
        start = self._call(call, "addJobFlowSteps", arguments)
        desk = desk_for(STEP, Place.of(call.execution_arn))
        if not waits:
            return _step_added(await start)

        async def cancel(answer: Json) -> None:
            desk.stop(answer["StepIds"][0])

        answer = await unless_cancelled(start, cancel)
        submitted(_step_added(answer))
        try:
            ended = await end_of(desk, answer["StepIds"][0])
        except asyncio.CancelledError:
            await cancel(answer)
            raise
        return shown_end(desk, [ended], ("DescribeStep", "Step"), "Step")

    async def _cancel_step(self, call: TaskCall) -> Json:
        arguments = {"ClusterId": call.arguments["ClusterId"], "StepIds": [call.arguments["StepId"]]}
        answer = await self._call(call, "cancelSteps", arguments)
        return {
            "CancelStepsInfo": answer["CancelStepsInfoList"][0],
            **_without(answer, "CancelStepsInfoList"),
        }

    async def _call(self, call: TaskCall, action: str, arguments: Json) -> Json:
        return await self._aws.optimised("emr", action, arguments, Place.of(call.execution_arn))


def _step_added(answer: Json) -> Json:
    return {"StepId": answer["StepIds"][0], **_without(answer, "StepIds")}


def _without(members: Json, *names: str) -> Json:
    return {name: value for name, value in members.items() if name not in names}


def _check(arguments: Json, known: frozenset[str] | None) -> None:
    """Refuse what is missing or unknown; ``None`` leaves that to the API's own model."""
    if not isinstance(arguments, dict):
        raise unusable_arguments(arguments, "The arguments must be an object")
    if known is None:
        return
    missing = sorted(known - arguments.keys() - {"ExecutionRoleArn"})
    unknown = sorted(arguments.keys() - known)
    if missing:
        raise unusable_arguments(arguments, f"The field '{missing[0]}' is required but was missing")
    if unknown:
        raise unusable_arguments(arguments, f"The field '{unknown[0]}' is not supported by Step Functions")
