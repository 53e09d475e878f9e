"""Which services a Task can call, in which ways, and what each call takes.

Sources: Step Functions Developer Guide, "Integrating optimized services with Step Functions" (services,
actions and patterns) and "Learning to use AWS service SDK integrations" (names of services are those of the
Java SDK). What an action takes is read from botocore's models, which are imported with the first question.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

_SERVICE_CALL = re.compile(
    r"arn:[^:]+:states:[^:]*:[^:]*:(?P<sdk>aws-sdk:)?(?P<service>[^:]+):"
    r"(?P<action>[^:.]+)(?:\.(?P<pattern>.+))?"
)
_OTHER_RESOURCE = re.compile(
    r"arn:[^:]+:(lambda:[^:]*:[^:]*:function:.+|states:[^:]*:[^:]*:activity:.+)"
)  # fmt: skip

RUN_A_JOB, CALLBACK = ("", "sync"), ("", "waitForTaskToken")


@dataclass(frozen=True)
class Call:
    """A Task's resource, taken apart; ``pattern`` is what stands behind the dot, without it."""

    service: str
    action: str
    pattern: str
    is_sdk: bool

    @property
    def name(self) -> str:
        """The call as people say it: ``glue:startJobRun``."""
        return f"{'aws-sdk:' if self.is_sdk else ''}{self.service}:{self.action}"


@lru_cache(maxsize=256)
def call_of(resource: str) -> Call | None:
    """Return the call that a Task's resource is, None for a Lambda function's or an activity's own ARN."""
    match = _SERVICE_CALL.fullmatch(resource)
    if match is None or _OTHER_RESOURCE.fullmatch(resource):
        return None
    return Call(match["service"], match["action"], match["pattern"] or "", bool(match["sdk"]))


def is_resource(resource: str) -> bool:
    """Return whether a text may be a Task's resource at all; one that is filled in at deployment may."""
    return (
        "${" in resource
        or _OTHER_RESOURCE.fullmatch(resource) is not None
        or _SERVICE_CALL.fullmatch(resource) is not None
    )


@dataclass(frozen=True)
class Service:
    """An optimised integration: botocore's name of the service, and each action's patterns.

    ``extra`` are members that an action takes besides those of the API.
    """

    botocore: str
    actions: Mapping[str, tuple[str, ...]]
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def _each(patterns: tuple[str, ...], actions: str) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(actions.split(), patterns)


_ONLY_REQUEST = ("",)
OPTIMISED: Mapping[str, Service] = {
    "apigateway": Service("", _each(CALLBACK, "invoke")),
    "athena": Service(
        "athena",
        _each(RUN_A_JOB, "startQueryExecution")
        | _each(_ONLY_REQUEST, "stopQueryExecution getQueryExecution getQueryResults"),
    ),
    "batch": Service("batch", _each(RUN_A_JOB, "submitJob")),
    "bedrock": Service(
        "bedrock-runtime",
        {
            "invokeModel": ("", "waitForTaskToken"),
            "createModelCustomizationJob": RUN_A_JOB,
        },
        {"invokeModel": ("Input", "Output")},
    ),
    "codebuild": Service(
        "codebuild",
        _each(RUN_A_JOB, "startBuild startBuildBatch retryBuildBatch")
        | _each(_ONLY_REQUEST, "stopBuild batchDeleteBuilds batchGetReports stopBuildBatch deleteBuildBatch"),
    ),
    "databrew": Service("databrew", _each(RUN_A_JOB, "startJobRun")),
    "dynamodb": Service("dynamodb", _each(_ONLY_REQUEST, "getItem putItem deleteItem updateItem")),
    "ecs": Service("ecs", {"runTask": ("", "sync", "waitForTaskToken")}),
    "eks": Service(
        "eks",
        _each(
            RUN_A_JOB,
            "createCluster deleteCluster createFargateProfile deleteFargateProfile createNodegroup "
            "deleteNodegroup",
        )
        | {"runJob": ("", "sync", "waitForTaskToken"), "call": ("", "waitForTaskToken")},
    ),
    "elasticmapreduce": Service(
        "emr",
        _each(RUN_A_JOB, "createCluster terminateCluster addStep")
        | _each(
            _ONLY_REQUEST,
            "cancelStep setClusterTerminationProtection modifyInstanceFleetByName modifyInstanceGroupByName",
        ),
    ),
    "emr-containers": Service(
        "emr-containers",
        _each(RUN_A_JOB, "deleteVirtualCluster startJobRun") | _each(_ONLY_REQUEST, "createVirtualCluster"),
    ),
    "emr-serverless": Service(
        "emr-serverless",
        _each(RUN_A_JOB, "createApplication startApplication stopApplication deleteApplication startJobRun")
        | _each(RUN_A_JOB, "cancelJobRun"),
    ),
    "events": Service("events", _each(CALLBACK, "putEvents")),
    "glue": Service("glue", _each(RUN_A_JOB, "startJobRun")),
    "http": Service("", _each(_ONLY_REQUEST, "invoke")),
    "lambda": Service("lambda", _each(CALLBACK, "invoke")),
    "mediaconvert": Service("mediaconvert", _each(RUN_A_JOB, "createJob")),
    "sagemaker": Service(
        "sagemaker",
        _each(
            RUN_A_JOB,
            "createHyperParameterTuningJob createLabelingJob createProcessingJob createTrainingJob "
            "createTransformJob",
        )
        | _each(_ONLY_REQUEST, "createEndpoint createEndpointConfig createModel updateEndpoint"),
    ),
    "sns": Service("sns", _each(CALLBACK, "publish")),
    "sqs": Service("sqs", _each(CALLBACK, "sendMessage")),
    "states": Service("stepfunctions", {"startExecution": ("", "sync", "sync:2", "waitForTaskToken")}),
}

#: Calls that are no action of an API, or of another form than it: required members, and others.
OWN_FORMS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "apigateway:invoke": (
        ("ApiEndpoint", "Method"),
        ("Headers", "Stage", "Path", "QueryParameters", "RequestBody", "AllowNullValues", "AuthType"),
    ),
    "http:invoke": (
        ("ApiEndpoint", "Method"),
        ("Authentication", "InvocationConfig", "Headers", "QueryParameters", "RequestBody", "Transform"),
    ),
    "eks:call": (
        ("ClusterName", "CertificateAuthority", "Endpoint", "Method", "Path"),
        ("QueryParameters", "RequestBody"),
    ),
    "eks:runJob": (
        ("ClusterName", "CertificateAuthority", "Endpoint", "Job"),
        ("Namespace", "LogOptions"),
    ),
    "elasticmapreduce:addStep": (("ClusterId", "Step"), ("ExecutionRoleArn",)),
    "elasticmapreduce:cancelStep": (("ClusterId", "StepId"), ()),
    "elasticmapreduce:terminateCluster": (("ClusterId",), ()),
    "elasticmapreduce:setClusterTerminationProtection": (("ClusterId", "TerminationProtected"), ()),
    "elasticmapreduce:modifyInstanceFleetByName": (("ClusterId", "InstanceFleetName", "InstanceFleet"), ()),
    "elasticmapreduce:modifyInstanceGroupByName": (("ClusterId", "InstanceGroupName", "InstanceGroup"), ()),
}
#: Actions that the API calls otherwise, and where it is another API's.
_API_ACTIONS = {
    "elasticmapreduce:createCluster": ("emr", "RunJobFlow"),
    "bedrock:createModelCustomizationJob": ("bedrock", "CreateModelCustomizationJob"),
}

#: The Java SDK's names of services, where botocore's folder is called otherwise.
_SDK_SERVICES = {
    "applicationdiscovery": "discovery",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "costandusagereport": "cur",
    "costexplorer": "ce",
    "databasemigration": "dms",
    "directory": "ds",
    "directoryservicedata": "ds-data",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "elasticsearch": "es",
    "eventbridge": "events",
    "iotdataplane": "iot-data",
    "iotjobsdataplane": "iot-jobs-data",
    "lexmodelbuilding": "lex-models",
    "lexmodelsv2": "lexv2-models",
    "lexruntime": "lex-runtime",
    "lexruntimev2": "lexv2-runtime",
    "marketplaceentitlement": "marketplace-entitlement",
    "marketplacemetering": "meteringmarketplace",
    "migrationhub": "mgh",
    "pinpointsmsvoice": "sms-voice",
    "serverlessapplicationrepository": "serverlessrepo",
    "sfn": "stepfunctions",
    "simpledb": "sdb",
}


def api_of(call: Call) -> tuple[str, str]:
    """Return botocore's names of a call's service and operation; the service is empty where there is none."""
    operation = call.action[:1].upper() + call.action[1:]
    if call.is_sdk:
        return _botocore_services().get(call.service, ""), operation
    service = OPTIMISED[call.service].botocore if call.service in OPTIMISED else ""
    return _API_ACTIONS.get(call.name, (service, operation))


@lru_cache(maxsize=32)
def operations_of(service: str) -> frozenset[str]:
    """Return the names of a service's operations. ``service`` is botocore's name."""
    return frozenset(_service_model(service).operation_names)


@lru_cache(maxsize=256)
def input_shape(service: str, operation: str) -> Any:
    """Return botocore's shape of an operation's input, None where it takes nothing."""
    return _service_model(service).operation_model(operation).input_shape


@lru_cache(maxsize=32)
def _service_model(service: str) -> Any:
    from botocore.model import ServiceModel

    return ServiceModel(_loader().load_service_model(service, "service-2"), service)


@lru_cache(maxsize=1)
def _loader() -> Any:
    from botocore.loaders import Loader

    return Loader()


@lru_cache(maxsize=1)
def _botocore_services() -> Mapping[str, str]:
    """Return the Java SDK's name of each service → botocore's."""
    names = {name.replace("-", ""): name for name in _loader().list_available_services("service-2")}
    return names | _SDK_SERVICES


def iam_prefix(service: str) -> str:
    """Return the prefix of a service's actions in IAM: mostly the name with which requests are signed."""
    return str(_service_model(service).signing_name)
