"""Task states do what the role of their machine allows, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from converter.engine import TaskBackend, TaskCall, TaskFailure
from converter.local.executions import LocalExecution
from converter.local.integrations.failures import optimised_call_failure, sdk_failure
from converter.local.integrations.resources import Place, Resource
from converter.local.integrations.service_names import boto3_name, name_of_signed, service_model
from converter.local.integrations.shapes import Json, UnknownFieldError, to_api
from converter.local.permissions.policies import is_allowed
from converter.local.permissions.wanted import Wanted, wanted_by

#: What ``.sync`` does besides the call itself, and the rule of EventBridge by which it hears of the end; AWS
#: documentation, "IAM policies for calling other services from Step Functions".
_SYNC: Mapping[tuple[str, str], tuple[tuple[str, ...], str]] = {
    ("athena", "startQueryExecution"): (("athena:GetQueryExecution", "athena:StopQueryExecution"), ""),
    ("batch", "submitJob"): (("batch:DescribeJobs", "batch:TerminateJob"), "BatchJobs"),
    ("ecs", "runTask"): (("ecs:DescribeTasks", "ecs:StopTask"), "ECSTask"),
    ("emr-serverless", "startJobRun"): (
        ("emr-serverless:GetJobRun", "emr-serverless:CancelJobRun"),
        "EMRServerlessJob",
    ),
    ("glue", "startJobRun"): (("glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun"), ""),
    ("sagemaker", "createProcessingJob"): (
        ("sagemaker:DescribeProcessingJob", "sagemaker:StopProcessingJob"),
        "SageMakerProcessingJobs",
    ),
    ("sagemaker", "createTrainingJob"): (
        ("sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob"),
        "SageMakerTrainingJobs",
    ),
    ("sagemaker", "createTransformJob"): (
        ("sagemaker:DescribeTransformJob", "sagemaker:StopTransformJob"),
        "SageMakerTransformJobs",
    ),
    ("states", "startExecution"): (
        ("states:DescribeExecution", "states:StopExecution"),
        "StepFunctionsExecution",
    ),
}
_RULE_ACTIONS = ("events:PutTargets", "events:PutRule", "events:DescribeRule")
#: Actions of optimised integrations → the API's, where these are called otherwise (Developer Guide, "EMR").
_OPERATIONS = {
    ("elasticmapreduce", "addStep"): "AddJobFlowSteps",
    ("elasticmapreduce", "cancelStep"): "CancelSteps",
    ("elasticmapreduce", "createCluster"): "RunJobFlow",
    ("elasticmapreduce", "terminateCluster"): "TerminateJobFlows",
}


class GuardedTasks:
    """A TaskBackend that asks the role first, and hands on what it allows."""

    def __init__(
        self,
        backend: TaskBackend,
        find_execution: Callable[[str], LocalExecution | None],
        is_on: Callable[[], bool],
    ) -> None:
        self._backend = backend
        self._find = find_execution
        self._is_on = is_on

    async def run(self, call: TaskCall, submitted: Callable[[Json], None]) -> Json:
        """Carry out one try. Raises TaskFailure, as AWS spells it, for what the role does not allow."""
        if self._is_on():
            self._ask_role(call)
        return await self._backend.run(call, submitted)

    def allow_map_run(self, execution_arn: str) -> None:
        """Raise TaskFailure if the role may not start executions of its own machine.

        How AWS calls this failure is not known.
        """
        execution = self._find(execution_arn)
        if execution is None or not self._is_on():
            return
        role_arn = execution.started.revision.role_arn
        wanted = Wanted("states:StartExecution", execution.machine_arn)
        if not is_allowed(role_arn, wanted):
            raise TaskFailure("AccessDeniedException", refusal_text(role_arn, wanted))

    def _ask_role(self, call: TaskCall) -> None:
        execution, resource = self._find(call.execution_arn), Resource.parse(call.resource)
        if execution is None or resource is None:
            return  # deleted in this very moment; or something that the integrations refuse
        role_arn = execution.started.revision.role_arn
        for wanted in wanted_by_task(call, resource):
            if not is_allowed(role_arn, wanted):
                raise _refusal(resource, role_arn, wanted)


def wanted_by_task(call: TaskCall, resource: Resource) -> Iterator[Wanted]:
    """Yield what a try of a Task needs, with what its integration does besides."""
    place = Place.of(call.execution_arn)
    if not resource.action:
        yield Wanted("lambda:InvokeFunction", call.resource)
        return
    model, operation = service_model(_service_of(resource)), _operation_of(resource)
    if model is None or operation not in model.operation_names:
        return  # no such call: the integration says so
    yield from wanted_by(model, operation, _arguments(model, operation, call.arguments), place)
    more, rule = _SYNC.get((resource.service, resource.action), ((), ""))
    if resource.pattern.startswith("sync"):
        for action in more:
            yield Wanted(action, None)
        if rule:
            name = f"StepFunctionsGetEventsFor{rule}Rule"
            arn = f"arn:aws:events:{place.region}:{place.account}:rule/{name}"
            yield from (Wanted(action, arn) for action in _RULE_ACTIONS)


def _arguments(model: Any, operation: str, arguments: Json) -> Mapping[str, Any]:
    """Return the arguments as the API spells them; as they are, where the integration has others (EMR)."""
    try:
        return to_api(arguments, model.operation_model(operation).input_shape) or {}
    except (UnknownFieldError, AttributeError, TypeError, ValueError):
        return arguments if isinstance(arguments, Mapping) else {}


def _service_of(resource: Resource) -> str:
    return boto3_name(resource.service) if resource.sdk else name_of_signed(resource.service)


def _operation_of(resource: Resource) -> str:
    if not resource.action:
        return "Invoke"  # a function's own ARN
    named = _OPERATIONS.get((resource.service, resource.action))
    return named or resource.action[:1].upper() + resource.action[1:]


def _refusal(resource: Resource, role_arn: str, wanted: Wanted) -> TaskFailure:
    model = service_model(_service_of(resource))
    operation = model.operation_model(_operation_of(resource))
    detail: Any = {
        "Error": {"Code": "AccessDeniedException", "Message": refusal_text(role_arn, wanted)},
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }
    error = ClientError(detail, operation.name)
    if resource.sdk:
        return sdk_failure(str(model.service_id), operation, error)
    return optimised_call_failure(_service_of(resource), operation, error)


def refusal_text(role_arn: str, wanted: Wanted) -> str:
    """Return IAM's words for what a role does not allow."""
    account, name = role_arn.split(":")[4], role_arn.rsplit("/", 1)[-1]
    user = f"arn:aws:sts::{account}:assumed-role/{name}/local"
    action = wanted.action
    return (
        f"User: {user} is not authorized to perform: {wanted} because no identity-based policy allows the "
        f"{action} action"
    )
