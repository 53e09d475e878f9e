"""Runs an operator of the Amazon provider, and its conversion, before the same AWS: what do they ask for?

The operator's own ``execute`` runs, with botocore's calls recorded and answered from botocore's own models;
the converted task runs in the engine, its calls answered with the same answers in Step Functions' spelling.
So neither side knows what the other expects.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timezone
from enum import Enum
from functools import lru_cache
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock, patch

import botocore.client
import botocore.loaders
import botocore.waiter
from botocore.exceptions import ClientError
from botocore.model import ServiceModel
from workflows import workflow

from converter.asl.options import Options
from converter.engine import TaskCall, TaskFailure, parse_definition, run_virtual
from converter.expressions.java_names import class_name, exception_name, member_name
from converter.local.integrations.job_tasks import SYNC_JOBS
from converter.local.integrations.resources import Place, Resource
from converter.local.integrations.service_names import boto3_name
from converter.local.integrations.shapes import epoch_milliseconds, from_api, iso_instant, to_api
from converter.local.permissions.policies import permits
from converter.local.permissions.tasks import wanted_by_task
from converter.operators import steps_of
from converter.operators.step import Permission
from converter.packaging.policies import statements_of
from converter.packaging.yaml_text import Sub
from converter.pipeline import convert
from converter.workflow import Task

#: Services whose optimised integration has another name than botocore's.
_OPTIMISED = {"elasticmapreduce": "emr", "states": "stepfunctions", "bedrock": "bedrock-runtime"}
_MOMENT = datetime(2026, 1, 1, tzinfo=timezone.utc)

Answers = Mapping[str, Any]
"""Operation → members of its answer, the code of an error, or a list of these; all else is made up."""


@dataclass(frozen=True)
class Asked:
    """A call of an API."""

    operation: str
    arguments: Any


@dataclass
class Ran:
    """What a run asked for and returned."""

    asked: list[Asked] = field(default_factory=list)
    returned: Any = None
    xcom: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    not_allowed: list[str] = field(default_factory=list)
    """What it called without a permission of the converted task."""
    policy: dict[str, Any] = field(default_factory=dict)
    """Of a converted task: the policy that is deployed for it."""

    def of(self, operation: str) -> list[Any]:
        """Return the arguments of each call of an operation."""
        return [call.arguments for call in self.asked if call.operation == operation]


_LOADER = botocore.loaders.create_loader()


@lru_cache(maxsize=64)
def model(service: str) -> Any:
    """Return botocore's model of a service."""
    return ServiceModel(_LOADER.load_service_model(service, "service-2"), service)


def answer(operation: Any, answers: Answers) -> Any:
    """Return what AWS answers: made up from the model, but for what is told. Raises an error that is told."""
    told = answers.get(operation.name, {})
    if isinstance(told, list):
        told = told.pop(0) if len(told) > 1 else told[0]
    if isinstance(told, str):
        raise ClientError({"Error": {"Code": told, "Message": told}}, operation.name)
    made = _made_up(operation.output_shape, operation.name)
    return _merged(made, told)


def _made_up(shape: Any, name: str, depth: int = 0) -> Any:
    kind = shape.type_name if shape is not None else "structure"
    if kind == "structure":
        members = shape.members if shape is not None and depth < 5 else {}
        return {member: _made_up(inner, member, depth + 1) for member, inner in members.items()}
    if kind == "list":
        return [_made_up(shape.member, name, depth + 1)]
    if kind == "map":
        return {}
    if kind == "timestamp":
        return _MOMENT
    if kind == "blob":
        return b'{"made": "up"}'
    if kind == "boolean":
        return False
    if kind in ("integer", "long", "float", "double"):
        return 7
    if name == "LogUri":  # the operators of EMR make links of it
        return "s3://logs/place"
    return shape.enum[0] if shape.enum else f"some-{name}"


def _merged(made: Any, told: Any) -> Any:
    if isinstance(made, dict) and isinstance(told, Mapping):
        kept = {name: value for name, value in made.items() if told.get(name, ...) is not None}
        return {
            **kept,
            **{name: _merged(made.get(name), value) for name, value in told.items() if value is not None},
        }
    if isinstance(told, list) and isinstance(made, list) and made:
        return [_merged(made[0], item) for item in told]
    return told


# --- the operator itself ------------------------------------------------------------------------------------


def run_operator(operator: str, arguments: Mapping[str, Any], answers: Answers) -> Ran:
    """Run an operator's ``execute``; return what it asked AWS for and what it pushed."""
    module, _, name = operator.rpartition(".")
    if module.endswith(".eks"):
        _stand_in_for_kubernetes()
    ran = Ran()

    def call(client: Any, operation_name: str, kwargs: Mapping[str, Any]) -> Any:
        operation = client.meta.service_model.operation_model(operation_name)
        ran.asked.append(Asked(operation_name, dict(kwargs)))
        try:
            found = answer(operation, answers)
        except ClientError as error:
            known = client.exceptions.from_code(error.response["Error"]["Code"])
            raise known(error.response, operation_name) from error
        for member, shape in (operation.output_shape.members if operation.output_shape else {}).items():
            if shape.type_name == "blob":
                body = found.get(member, b"")
                found[member] = MagicMock(read=lambda body=body: body)
        return {**found, "ResponseMetadata": {"HTTPStatusCode": _STATUS.get(operation_name, 200)}}

    instance = MagicMock()
    instance.xcom_push.side_effect = lambda *args, **kwargs: ran.xcom.update(_pushed(*args, **kwargs))
    context = {"ti": instance, "task_instance": instance, "run_id": "r", "dag": MagicMock(), "params": {}}
    with ExitStack() as stack:
        stack.enter_context(patch.object(botocore.client.BaseClient, "_make_api_call", call))
        stack.enter_context(patch.object(botocore.waiter.Waiter, "wait", lambda *args, **kwargs: None))
        # One loader for all clients: it remembers the models.
        stack.enter_context(patch("botocore.loaders.create_loader", lambda *args: _LOADER))
        stack.enter_context(patch("time.sleep", lambda seconds: None))
        stack.enter_context(patch.dict("os.environ", _ENVIRONMENT))
        connection = "source_aws_conn_id" if ".transfers.dynamodb_to" in module else "aws_conn_id"
        real = getattr(importlib.import_module(module), name)(task_id="t", **{connection: None}, **arguments)
        ran.returned = real.execute(context)
    return ran


def _stand_in_for_kubernetes() -> None:
    """Let the operators of EKS be imported without Kubernetes' provider, which only one of them needs."""
    from airflow.sdk import BaseOperator

    root = "airflow.providers.cncf"
    names = ("", ".kubernetes", *(f".kubernetes.{part}" for part in ("utils", "operators", "triggers")))
    for name in names:
        sys.modules.setdefault(f"{root}{name}", ModuleType(f"{root}{name}"))
    for name, member in (
        ("utils.pod_manager", ("OnFinishAction", Enum("OnFinishAction", {"DELETE_POD": "delete_pod"}))),
        ("operators.pod", ("KubernetesPodOperator", type("KubernetesPodOperator", (BaseOperator,), {}))),
        ("triggers.pod", ("KubernetesPodTrigger", type("KubernetesPodTrigger", (), {}))),
    ):
        module = ModuleType(f"{root}.kubernetes.{name}")
        setattr(module, *member)
        sys.modules.setdefault(module.__name__, module)


_STATUS = {"CreateModelCustomizationJob": 201}
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
    "AIRFLOW_CONN_EMR_DEFAULT": "emr://",
}


def _pushed(*args: Any, key: str = "", value: Any = None, **kwargs: Any) -> dict[str, Any]:
    if args:
        key, value = args
    # Links to consoles are not part of a task's result.
    return (
        {} if key.endswith("_link") or (isinstance(value, dict) and "region_name" in value) else {key: value}
    )


# --- the converted task -------------------------------------------------------------------------------------


def run_converted(
    operator: str, arguments: Mapping[str, Any], answers: Answers, fields: tuple[str, ...] = ()
) -> Ran:
    """Convert the operator, run its machine in the engine; return what it asked for and what it recorded."""
    task = Task("t", operator, arguments=arguments, template_fields=fields)
    flow = workflow(task)
    conversion = convert(flow, Options(resumable=False))
    if conversion.machine is None:
        raise AssertionError([str(problem) for problem in conversion.diagnostics])
    ran = Ran()
    permissions = steps_of(flow)[0]["t"].permissions
    ran.policy = policy_of(permissions, Place("123456789012", "us-east-1"))
    backend = _Aws(answers, ran, permissions)
    run = {"conf": {}, "params": {}, "run_id": "r", "logical_date": "2026-01-01T00:00:00+00:00"}
    execution = run_virtual(parse_definition(dict(conversion.machine.definition)), run, backend)
    if execution.status != "SUCCEEDED":
        last = next(e for e in reversed(execution.history) if e.type == "FailStateEntered")
        ran.error = str((last.details or {}).get("input"))
        return ran
    record = json.loads(execution.output)["t"]
    ran.returned, ran.xcom = record.get("output"), record.get("xcom", {})
    return ran


@dataclass
class _Aws:
    answers: Answers
    ran: Ran
    permissions: tuple[Permission, ...]

    async def run(self, call: TaskCall, submitted: Callable[[Any], None]) -> Any:
        """Answer a Task's call."""
        self._ask_policy(call)
        *_, service, action = call.resource.split(":")
        is_sdk = ":aws-sdk:" in call.resource
        action, _, pattern = action.partition(".")
        service = boto3_name(service) if is_sdk else _OPTIMISED.get(service, service)
        operation = model(service).operation_model(action[:1].upper() + action[1:])
        spelled = member_name if is_sdk else None
        given = to_api(call.arguments, operation.input_shape)
        self.ran.asked.append(Asked(operation.name, given))
        try:
            found = answer(operation, self.answers)
        except ClientError as error:
            raise TaskFailure(_error(operation, error.response["Error"]["Code"]), "told") from error
        dates = iso_instant if is_sdk else epoch_milliseconds
        if pattern:
            submitted({})
            return self._ended(service, action, found, dates)
        return from_api(found, operation.output_shape, dates, spelled)

    def _ask_policy(self, call: TaskCall) -> None:
        statements = policy_of(self.permissions, Place.of(call.execution_arn))["Statement"]
        resource = Resource.parse(call.resource)
        assert resource is not None, call.resource
        for wanted in wanted_by_task(call, resource):
            if not permits(statements, wanted):
                self.ran.not_allowed.append(str(wanted))

    def _ended(self, service: str, action: str, started: Any, dates: Any) -> Any:
        job = SYNC_JOBS.get((service, action))
        if job is None:
            if service == "glue":
                return {"Id": started["JobRunId"]}
            return {"ExecutionArn": started["executionArn"]}
        name, *path = job.described
        operation = model(service).operation_model(name)
        found, shape = answer(operation, self.answers), operation.output_shape
        for member in path:
            found, shape = found[member], shape.members[member]
            if isinstance(found, list):
                found, shape = found[0], shape.member
        shown = from_api(_with_ids(found, started), shape, dates)
        return {job.wrapped: shown} if job.wrapped else shown


def policy_of(permissions: Iterable[Permission], place: Place) -> dict[str, Any]:
    """Return the policy that is deployed for the permissions, as AWS has it in an account and a region."""
    here = {"Partition": "aws", "Region": place.region, "AccountId": place.account}
    statements = [
        {
            "Effect": "Allow",
            "Action": list(statement.actions),
            "Resource": [_filled(resource, here) for resource in statement.resources],
        }
        for statement in statements_of(permissions)
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _filled(resource: Any, here: Mapping[str, str]) -> str:
    text: str = resource.text if isinstance(resource, Sub) else resource
    for name, value in here.items():
        text = text.replace(f"${{AWS::{name}}}", value)
    return text


def _with_ids(found: Any, started: Any) -> Any:
    """Return a job's description with the ids that its start has given."""
    ids = {name: value for name, value in started.items() if name in found and isinstance(value, str)}
    return {**found, **ids}


def _error(operation: Any, code: str) -> str:
    model = operation.service_model
    prefix = class_name(str(model.service_id).removesuffix(" Service"))
    for shape in model.error_shapes:
        if code in (shape.name, shape.metadata.get("error", {}).get("code")):
            return f"{prefix}.{exception_name(shape.name)}"
    return f"{prefix}.{prefix}Exception"


def differences(real: Ran, converted: Ran, ignored: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield where the two ask for different things: in calls that change something."""
    if converted.error:
        yield f"the converted task failed: {converted.error}"
    ours, theirs = _changes(converted), _changes(real)
    if [call.operation for call in ours] != [call.operation for call in theirs]:
        yield f"calls: {[c.operation for c in ours]} instead of {[c.operation for c in theirs]}"
        return
    for mine, other in zip(ours, theirs, strict=True):
        for name in sorted({*mine.arguments, *other.arguments} - ignored):
            left, right = _plain(mine.arguments.get(name)), _plain(other.arguments.get(name))
            # A token that is not given is made up by the SDK, on either side.
            if left != right and name not in _TOKENS:
                yield f"{mine.operation}.{name}: {left!r} instead of {right!r}"


#: Made anew each time.
_TOKENS = frozenset({"clientToken", "ClientRequestToken", "clientRequestToken"})
_READS = ("Describe", "Get", "List", "Head", "BatchGet")


def _changes(ran: Ran) -> list[Asked]:
    return [call for call in ran.asked if not call.operation.startswith(_READS)]


def _plain(value: Any) -> Any:
    """Return a value as far as an API is concerned: texts of JSON are what they say."""
    if isinstance(value, (bytes, bytearray)):
        value = bytes(value).decode()
    if isinstance(value, str) and value[:1] in "{[":
        try:
            return json.loads(value)
        except ValueError:
            return value
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
