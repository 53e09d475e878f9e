"""Sensors that ask an AWS service for the state of something, and go on or fail by it.

What each operator takes for done, failed and not yet is read in its ``poke`` (Amazon provider 9.39).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from converter import diagnostics as d
from converter.expressions.jsonata import Expression, literal
from converter.operators.arguments import Arguments
from converter.operators.aws import set_aside_connection
from converter.operators.parts import Call, Caught
from converter.operators.registry import converts
from converter.operators.sensing import Look, Sensing, kept, sensor_step, take_seconds, take_sensing
from converter.operators.step import Permission, Step

_SENSORS = "airflow.providers.amazon.aws.sensors"
_ARN = "arn:${AWS::Partition}:"
_HERE = "${AWS::Region}:${AWS::AccountId}:"


@dataclass(frozen=True)
class Watched:
    """How a service is asked for a state, and what the state means.

    ``arguments`` gives member of the call → argument of the operator. ``state`` and ``reason`` are JSONata
    below the result. What is neither ``done`` nor ``failed`` means not yet; with ``going`` only that means
    not yet, and any other state is a success (``else_done``) or a failure.
    """

    resource: str
    arguments: Mapping[str, str]
    state: str
    done: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    going: tuple[str, ...] = ()
    else_done: bool = False
    reason: str = ""
    #: Errors that say that there is nothing of this name, and the state that this is.
    absent: tuple[str, ...] = ()
    absent_state: str | None = None
    #: The IAM action and the ARN; ``{name}`` is a member of the call, or ``*`` where only the run knows it.
    action: str = ""
    arn: str = "*"


def _watch(args: Arguments, sensing: Sensing, watched: Watched, **fields: Any) -> Step:
    """Return the step of a sensor that watches a state."""
    given = {member: args.take(argument) for member, argument in watched.arguments.items()}
    for member, argument in watched.arguments.items():
        if given[member] in (None, ""):
            args.report(d.BAD_ARGUMENT, f"argument '{argument}' is {given[member]!r}", "write what to watch")
    set_aside_connection(args)
    arguments = {member: [value] if member == "Jobs" else value for member, value in given.items()}
    keeps = {"state": kept(watched.state)}
    if watched.reason:
        keeps["reason"] = kept(watched.reason)
    caught = (Caught(watched.absent, {"state": watched.absent_state}),) if watched.absent else ()
    ask = Call("look", f"arn:aws:states:::{watched.resource}", arguments, keeps, caught=caught)
    done, failed = _verdicts(watched)
    cause = "'the state is ' & $string($state)"
    if watched.reason:
        cause += " & ($exists($reason) and $reason != null ? ': ' & $string($reason) : '')"
    failures = [(failed, Expression(cause))] if failed else []
    return sensor_step(args, sensing, Look(ask, done, failures), [_permission(watched, given)], **fields)


def _verdicts(watched: Watched) -> tuple[Expression, Expression | None]:
    def is_one(states: Sequence[str]) -> str:
        return f"$state in {literal(list(states))}"

    if watched.else_done:
        others = (*watched.going, *watched.failed)
        return Expression(f"$state != null and $not({is_one(others)})"), Expression(is_one(watched.failed))
    if watched.going:
        others = (*watched.going, *watched.done)
        return Expression(is_one(watched.done)), Expression(f"$not({is_one(others)})")
    return Expression(is_one(watched.done)), Expression(is_one(watched.failed)) if watched.failed else None


def _permission(watched: Watched, given: Mapping[str, Any]) -> Permission:
    names = {member: value if isinstance(value, str) else "*" for member, value in given.items()}
    resource = watched.arn
    for member, name in names.items():
        resource = resource.replace("{" + member + "}", name)
    reason = "" if resource != "*" else f"{watched.action} knows no narrower resource, or only the run does."
    return Permission((watched.action,), (resource,), reason)


def take_states(args: Arguments, name: str, default: Sequence[str]) -> tuple[str, ...]:
    """Return an argument that is a list of states."""
    value = args.take(name)
    if value in (None, [], ""):
        return tuple(default)
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(item, str) for item in values):
        args.report(d.BAD_ARGUMENT, f"argument '{name}' is no list of states", "write them as literals")
        return tuple(default)
    return tuple(values)


def _deferred_limit(args: Arguments, sensing: Sensing, name: str, attempts: int) -> Sensing:
    """Return how a sensor looks whose deferrable mode has a limit of its own, in attempts."""
    given = args.take_number(name, attempts)
    return replace(sensing, limit=given * sensing.interval) if sensing.deferrable else sensing


@converts(f"{_SENSORS}.glue.GlueJobSensor")
def glue_job(args: Arguments) -> Step:
    """Polls ``glue:GetJobRun`` until the run has succeeded; FAILED, STOPPED and TIMEOUT fail the try."""
    sensing = _deferred_limit(args, take_sensing(args, interval=120), "max_retries", 60)
    args.set_aside("verbose")
    return _watch(
        args,
        sensing,
        Watched(
            "aws-sdk:glue:getJobRun",
            {"JobName": "job_name", "RunId": "run_id"},
            "JobRun.JobRunState",
            done=("SUCCEEDED",),
            failed=("FAILED", "STOPPED", "TIMEOUT"),
            reason="JobRun.ErrorMessage",
            action="glue:GetJobRun",
            arn=f"{_ARN}glue:{_HERE}job/{{JobName}}",
        ),
    )


@converts(f"{_SENSORS}.glue_crawler.GlueCrawlerSensor")
def glue_crawler(args: Arguments) -> Step:
    """Polls ``glue:GetCrawler`` until the crawler is ready; then its last crawl must have succeeded."""
    return _watch(
        args,
        take_sensing(args),
        Watched(
            "aws-sdk:glue:getCrawler",
            {"Name": "crawler_name"},
            "Crawler[State = 'READY'].LastCrawl.Status",
            done=("SUCCEEDED",),
            failed=("FAILED", "CANCELLED"),
            reason="Crawler.LastCrawl.ErrorMessage",
            action="glue:GetCrawler",
            arn=f"{_ARN}glue:{_HERE}crawler/{{Name}}",
        ),
    )


@converts(f"{_SENSORS}.emr.EmrJobFlowSensor")
def emr_job_flow(args: Arguments) -> Step:
    """Polls ``elasticmapreduce:DescribeCluster`` until the cluster is in a state that is waited for."""
    sensing = _deferred_limit(args, take_sensing(args), "max_attempts", 60)
    return _watch(
        args,
        sensing,
        Watched(
            "aws-sdk:emr:describeCluster",
            {"ClusterId": "job_flow_id"},
            "Cluster.Status.State",
            done=take_states(args, "target_states", ["TERMINATED"]),
            failed=take_states(args, "failed_states", ["TERMINATED_WITH_ERRORS"]),
            reason="Cluster.Status.StateChangeReason.Message",
            action="elasticmapreduce:DescribeCluster",
            arn=f"{_ARN}elasticmapreduce:{_HERE}cluster/{{ClusterId}}",
        ),
    )


@converts(f"{_SENSORS}.emr.EmrStepSensor")
def emr_step(args: Arguments) -> Step:
    """Polls ``elasticmapreduce:DescribeStep`` until the step is in a state to wait for or has failed."""
    sensing = _deferred_limit(args, take_sensing(args), "max_attempts", 60)
    return _watch(
        args,
        sensing,
        Watched(
            "aws-sdk:emr:describeStep",
            {"ClusterId": "job_flow_id", "StepId": "step_id"},
            "Step.Status.State",
            done=take_states(args, "target_states", ["COMPLETED"]),
            failed=take_states(args, "failed_states", ["CANCELLED", "FAILED", "INTERRUPTED"]),
            reason="Step.Status.FailureDetails.Message",
            action="elasticmapreduce:DescribeStep",
            arn=f"{_ARN}elasticmapreduce:{_HERE}cluster/{{ClusterId}}",
        ),
    )


@converts(f"{_SENSORS}.emr.EmrServerlessJobSensor")
def emr_serverless_job(args: Arguments) -> Step:
    """Polls ``emr-serverless:GetJobRun`` until the job run is in a state to wait for or has failed."""
    sensing = take_sensing(args)
    return _watch(
        args,
        sensing,
        Watched(
            "aws-sdk:emrserverless:getJobRun",
            {"ApplicationId": "application_id", "JobRunId": "job_run_id"},
            "JobRun.State",
            done=take_states(args, "target_states", ["SUCCESS"]),
            failed=("CANCELLED", "CANCELLING", "FAILED"),
            reason="JobRun.StateDetails",
            action="emr-serverless:GetJobRun",
            arn=f"{_ARN}emr-serverless:{_HERE}/applications/{{ApplicationId}}/jobruns/{{JobRunId}}",
        ),
    )


@converts(f"{_SENSORS}.emr.EmrContainerSensor")
def emr_container(args: Arguments) -> Step:
    """Polls ``emr-containers:DescribeJobRun`` until the job run is completed or has failed."""
    return _watch(
        args,
        _inner_loop(args, "poll_interval"),
        Watched(
            "aws-sdk:emrcontainers:describeJobRun",
            {"Id": "job_id", "VirtualClusterId": "virtual_cluster_id"},
            "JobRun.State",
            done=("COMPLETED",),
            failed=("CANCELLED", "CANCEL_PENDING", "FAILED"),
            reason="JobRun.StateDetails",
            action="emr-containers:DescribeJobRun",
            arn=f"{_ARN}emr-containers:{_HERE}/virtualclusters/{{VirtualClusterId}}/jobruns/{{Id}}",
        ),
    )


@converts(f"{_SENSORS}.athena.AthenaSensor")
def athena(args: Arguments) -> Step:
    """Polls ``athena:GetQueryExecution`` until the query has succeeded; FAILED and CANCELLED fail the try."""
    return _watch(
        args,
        _inner_loop(args, "sleep_time"),
        Watched(
            "aws-sdk:athena:getQueryExecution",
            {"QueryExecutionId": "query_execution_id"},
            "QueryExecution.Status.State",
            done=("SUCCEEDED",),
            failed=("CANCELLED", "FAILED"),
            reason="QueryExecution.Status.StateChangeReason",
            action="athena:GetQueryExecution",
            arn=f"{_ARN}athena:{_HERE}workgroup/*",
        ),
    )


def _inner_loop(args: Arguments, pause: str) -> Sensing:
    """Return how a sensor looks whose single poke asks again and again, every ``pause`` seconds.

    Without ``max_retries`` a poke lasts until the end, so that the sensor's own timeout never counts.
    """
    sensing = take_sensing(args)
    interval = take_seconds(args, pause, 10)
    attempts = args.take("max_retries")
    if attempts is not None and sensing.deferrable:
        return replace(sensing, interval=interval, limit=float(attempts) * interval + 60)
    return replace(sensing, interval=interval, limit=None if attempts is None else sensing.limit)


@converts(f"{_SENSORS}.step_function.StepFunctionExecutionSensor")
def step_function_execution(args: Arguments) -> Step:
    """Polls ``states:DescribeExecution`` until the execution has succeeded. XCom ``output``: its output."""
    watched = Watched(
        "aws-sdk:sfn:describeExecution",
        {"ExecutionArn": "execution_arn"},
        "Status",
        going=("RUNNING",),
        failed=("ABORTED", "FAILED", "TIMED_OUT"),
        else_done=True,
        reason="Cause",
        action="states:DescribeExecution",
        arn=f"{_ARN}states:{_HERE}execution:*:*",
    )
    step = _watch(args, take_sensing(args), watched)
    poll = step.parts[0]
    output = Expression("$exists($states.result.Output) ? $parse($states.result.Output) : null")
    ask = replace(poll.ask, keeps={**poll.ask.keeps, "output": output})  # type: ignore[union-attr]
    given = Expression("{'output': $output}")
    return replace(step, parts=(replace(poll, ask=ask),), xcom=given, pushes_much=True)  # type: ignore[arg-type]


@converts(f"{_SENSORS}.redshift_cluster.RedshiftClusterSensor")
def redshift_cluster(args: Arguments) -> Step:
    """Polls ``redshift:DescribeClusters`` until the cluster has the target status."""
    sensing = take_sensing(args)
    return _watch(
        args,
        sensing,
        Watched(
            "aws-sdk:redshift:describeClusters",
            {"ClusterIdentifier": "cluster_identifier"},
            "Clusters[0].ClusterStatus",
            done=take_states(args, "target_status", ["available"]),
            absent=("Redshift.ClusterNotFoundException",),
            absent_state="cluster_not_found",
            action="redshift:DescribeClusters",
        ),
    )


@converts(f"{_SENSORS}.batch.BatchSensor")
def batch(args: Arguments) -> Step:
    """Polls ``batch:DescribeJobs`` until the job has succeeded; FAILED fails the try."""
    sensing = take_sensing(args, interval=30)
    attempts = args.take_number("max_retries", 4200)
    if sensing.deferrable:
        sensing = replace(sensing, limit=attempts * sensing.interval + 60)
    return _watch(
        args,
        sensing,
        Watched(
            "aws-sdk:batch:describeJobs",
            {"Jobs": "job_id"},
            "Jobs[0].Status",
            done=("SUCCEEDED",),
            going=("PENDING", "RUNNABLE", "RUNNING", "STARTING", "SUBMITTED"),
            reason="Jobs[0].StatusReason",
            action="batch:DescribeJobs",
        ),
    )


@converts(f"{_SENSORS}.lambda_function.LambdaFunctionStateSensor")
def lambda_state(args: Arguments) -> Step:
    """Polls ``lambda:GetFunctionConfiguration`` until the function is in a target state."""
    if args.take("qualifier"):
        args.report(d.UNKNOWN_ARGUMENT, "argument 'qualifier' is not converted", "name the function alone")
    return _watch(
        args,
        take_sensing(args),
        Watched(
            "aws-sdk:lambda:getFunctionConfiguration",
            {"FunctionName": "function_name"},
            "State",
            done=take_states(args, "target_states", ["Active"]),
            failed=("Failed",),
            reason="StateReason",
            action="lambda:GetFunctionConfiguration",
            arn=f"{_ARN}lambda:{_HERE}function:{{FunctionName}}",
        ),
    )


# --- SageMaker ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _SageMaker:
    sensor: str
    describes: str
    member: str
    argument: str
    state: str
    going: tuple[str, ...] = ("InProgress", "Stopping")
    failed: tuple[str, ...] = ("Failed",)
    resource: str = ""
    idle: tuple[str, ...] = ()


_STOPPED_TOO = ("Failed", "Stopped")
_SAGEMAKER = (
    _SageMaker(
        "Endpoint",
        "Endpoint",
        "EndpointName",
        "endpoint_name",
        "EndpointStatus",
        going=("Creating", "Deleting", "RollingBack", "SystemUpdating", "Updating"),
        resource="endpoint/{EndpointName}",
    ),
    _SageMaker(
        "Transform",
        "TransformJob",
        "TransformJobName",
        "job_name",
        "TransformJobStatus",
        resource="transform-job/{TransformJobName}",
    ),
    _SageMaker(
        "Tuning",
        "HyperParameterTuningJob",
        "HyperParameterTuningJobName",
        "job_name",
        "HyperParameterTuningJobStatus",
        resource="hyper-parameter-tuning-job/{HyperParameterTuningJobName}",
    ),
    _SageMaker(
        "Training",
        "TrainingJob",
        "TrainingJobName",
        "job_name",
        "TrainingJobStatus",
        failed=_STOPPED_TOO,
        resource="training-job/{TrainingJobName}",
        idle=("print_log",),
    ),
    _SageMaker(
        "Processing",
        "ProcessingJob",
        "ProcessingJobName",
        "job_name",
        "ProcessingJobStatus",
        failed=_STOPPED_TOO,
        resource="processing-job/{ProcessingJobName}",
    ),
    _SageMaker(
        "AutoML",
        "AutoMLJob",
        "AutoMLJobName",
        "job_name",
        "AutoMLJobStatus",
        resource="automl-job/{AutoMLJobName}",
    ),
    _SageMaker(
        "Pipeline",
        "PipelineExecution",
        "PipelineExecutionArn",
        "pipeline_exec_arn",
        "PipelineExecutionStatus",
        going=("Executing", "Stopping"),
        resource="pipeline/*/execution/*",
        idle=("verbose",),
    ),
)


def _sagemaker(kind: _SageMaker) -> Callable[[Arguments], Step]:
    def conversion(args: Arguments) -> Step:
        args.set_aside("resource_type", *kind.idle)
        action = f"Describe{kind.describes}"
        watched = Watched(
            f"aws-sdk:sagemaker:{action[0].lower()}{action[1:]}",
            {kind.member: kind.argument},
            kind.state,
            going=kind.going,
            failed=kind.failed,
            else_done=True,
            reason="FailureReason",
            action=f"sagemaker:{action}",
            arn=f"{_ARN}sagemaker:{_HERE}{kind.resource}",
        )
        return _watch(args, take_sensing(args), watched)

    conversion.__doc__ = (
        f"Polls ``sagemaker:Describe{kind.describes}`` until it is over. "
        f"The try fails with: {', '.join(kind.failed)}."
    )
    return conversion


for _kind in _SAGEMAKER:
    converts(f"{_SENSORS}.sagemaker.SageMaker{_kind.sensor}Sensor")(_sagemaker(_kind))
