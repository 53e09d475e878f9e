"""Sensors of services that few DAGs use: each asks for one status, and goes on or fails by it.

A table: what each takes for done, failed and not yet is read in its ``poke`` (Amazon provider 9.39).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from converter.expressions.jsonata import Expression, literal
from converter.operators.arguments import Arguments
from converter.operators.aws import set_aside_connection
from converter.operators.declared import AMAZON
from converter.operators.parts import Caught
from converter.operators.registry import converts
from converter.operators.requests import request
from converter.operators.sensing import Look, kept, sensor_step, take_sensing
from converter.operators.service_models import error_prefix
from converter.operators.step import Step


@dataclass(frozen=True)
class Status:
    """How a sensor asks, and what an answer means.

    ``members`` says which argument gives which member of the action (``"name=cluster_name"``); one that ends
    in ``[]`` is a list of that one. ``path`` is where the status is in the answer. One that is ``done`` ends
    the wait, one that is ``failed`` fails the try; where ``going`` is given, any other is done
    (``else_done``) or fails. ``absent`` is the error that means that there is none, which is the status
    ``gone``.
    """

    action: str
    members: str
    path: str
    done: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    going: tuple[str, ...] = ()
    else_done: bool = False
    interval: float = 60
    mode: str = "poke"
    absent: str = ""
    gone: str | None = None
    fixed: Mapping[str, Any] = field(default_factory=dict)
    #: Arguments that say which states are done and failed; those above are their defaults.
    done_argument: str = ""
    failed_argument: str = ""
    ignored: str = ""


def _status_sensor(name: str, status: Status) -> None:
    """Register a sensor."""

    def convert(args: Arguments) -> Step:
        return status_step(args, status)

    service, _, operation = status.action.partition(":")
    good = " or ".join(status.done) or "another state"
    convert.__doc__ = (
        f"Polls ``{service}:{operation[:1].upper()}{operation[1:]}`` until the status is {good}.\n\n"
        "Return value, as in Airflow: none."
    )
    converts(f"{AMAZON}.sensors.{name}")(convert)


def status_step(args: Arguments, status: Status) -> Step:
    """Return the step of a sensor that asks for a status."""
    sensing = take_sensing(args, interval=status.interval, mode=status.mode)
    given: dict[str, Any] = dict(status.fixed)
    for pair in status.members.split():
        member, _, argument = pair.partition("=")
        value = args.take(argument)
        given[member.removesuffix("[]")] = [value] if member.endswith("[]") else value
    done = _states(args, status.done_argument, status.done)
    failed = tuple(
        state for state in _states(args, status.failed_argument, status.failed) if state not in done
    )
    args.set_aside("max_retries", "region", "airflow_version", *status.ignored.split())
    set_aside_connection(args)
    asked = request(status.action, given, does="look")
    ask = replace(asked.call, keeps={"state": kept(status.path)})
    if status.absent:
        error = f"{error_prefix(status.action.partition(':')[0])}.{status.absent}"
        ask = replace(ask, caught=(Caught((error,), {"state": status.gone}),))
    good, bad = _verdicts(replace(status, done=done, failed=failed))
    failures = [(bad, _STATUS)] if bad else []
    return sensor_step(args, sensing, Look(ask, good, failures), asked.permissions)


def _states(args: Arguments, argument: str, default: tuple[str, ...]) -> tuple[str, ...]:
    value = args.take(argument) if argument else None
    if isinstance(value, str):
        return (value,)
    return tuple(str(state) for state in value) if isinstance(value, list) and value else default


def _verdicts(status: Status) -> tuple[Expression, Expression | None]:
    def is_one(*states: str) -> str:
        return f"$state in {literal(list(states))}"

    if status.else_done:
        good = Expression(f"$not({is_one(*status.going, *status.failed)})")
        return good, Expression(is_one(*status.failed)) if status.failed else None
    if status.going:
        bad = Expression(f"$not({is_one(*status.going, *status.done)})")
        return Expression(is_one(*status.done)), bad
    return Expression(is_one(*status.done)), Expression(is_one(*status.failed)) if status.failed else None


_EKS_BAD = ("ACTIVE", "CREATE_FAILED", "DELETE_FAILED", "NONEXISTENT")
_EKS: dict[str, Any] = {
    "done": ("ACTIVE",),
    "done_argument": "target_state",
    "absent": "ResourceNotFoundException",
    "gone": "NONEXISTENT",
    "ignored": "target_state_type",
}
_QUALITY: dict[str, Any] = {
    "path": "Status",
    "done": ("SUCCEEDED",),
    "failed": ("FAILED", "STOPPED", "STOPPING", "TIMEOUT"),
    "interval": 120,
}
_SUCCEEDED = "$state = 'SUCCEEDED'"
_STATUS = Expression("'the status is ' & $string($state)")
_BATCH: dict[str, Any] = {"done": ("VALID", "DELETED"), "going": ("CREATING", "UPDATING", "DELETING")}

_FLINK: dict[str, Any] = {
    "action": "kinesisanalyticsv2:describeApplication",
    "members": "ApplicationName=application_name",
    "path": "ApplicationDetail.ApplicationStatus",
    "interval": 120,
}
_FLINK_BAD = ("DELETING", "ROLLING_BACK", "MAINTENANCE", "ROLLED_BACK")

_SENSORS: Mapping[str, Status] = {
    "eks.EksClusterStateSensor": Status(
        "eks:describeCluster", "name=cluster_name", "Cluster.Status",
        failed=("ACTIVE", "FAILED", "NONEXISTENT"), **_EKS,
    ),
    "eks.EksNodegroupStateSensor": Status(
        "eks:describeNodegroup", "clusterName=cluster_name nodegroupName=nodegroup_name",
        "Nodegroup.Status", failed=_EKS_BAD, **_EKS,
    ),
    "eks.EksFargateProfileStateSensor": Status(
        "eks:describeFargateProfile", "clusterName=cluster_name fargateProfileName=fargate_profile_name",
        "FargateProfile.Status", failed=_EKS_BAD, **_EKS,
    ),
    "batch.BatchComputeEnvironmentSensor": Status(
        "batch:describeComputeEnvironments", "computeEnvironments[]=compute_environment",
        "ComputeEnvironments[0].Status", **_BATCH,
    ),
    "emr.EmrNotebookExecutionSensor": Status(
        "emr:describeNotebookExecution", "NotebookExecutionId=notebook_execution_id",
        "NotebookExecution.Status", done=("FINISHED",), failed=("FAILED",),
        done_argument="target_states", failed_argument="failed_states",
    ),
    "emr.EmrServerlessApplicationSensor": Status(
        "emr-serverless:getApplication", "applicationId=application_id", "Application.State",
        done=("CREATED", "STARTED"), failed=("STOPPED", "TERMINATED"), done_argument="target_states",
    ),
    "glue.GlueDataQualityRuleRecommendationRunSensor": Status(
        "glue:getDataQualityRuleRecommendationRun", "RunId=recommendation_run_id",
        ignored="show_results", **_QUALITY,
    ),
    "glacier.GlacierJobOperationSensor": Status(
        "glacier:describeJob", "vaultName=vault_name jobId=job_id", "StatusCode", done=("Succeeded",),
        going=("InProgress",), interval=1200, mode="reschedule", fixed={"accountId": "-"},
    ),
    "mwaa_serverless.MwaaServerlessWorkflowRunSensor": Status(
        "mwaa-serverless:getWorkflowRun", "WorkflowArn=workflow_arn RunId=run_id", "RunDetail.RunState",
        done=("SUCCESS",), failed=("FAILED", "TIMEOUT", "STOPPED"), done_argument="success_states",
        failed_argument="failure_states",
    ),
    "bedrock.BedrockCustomizeModelCompletedSensor": Status(
        "bedrock:getModelCustomizationJob", "jobIdentifier=job_name", "Status",
        failed=("Failed", "Stopping", "Stopped"), going=("InProgress",), else_done=True, interval=120,
    ),
    "bedrock.BedrockProvisionModelThroughputCompletedSensor": Status(
        "bedrock:getProvisionedModelThroughput", "provisionedModelId=model_id", "Status",
        failed=("Failed",), going=("Creating", "Updating"), else_done=True,
    ),
    "bedrock.BedrockKnowledgeBaseActiveSensor": Status(
        "bedrock-agent:getKnowledgeBase", "knowledgeBaseId=knowledge_base_id", "KnowledgeBase.Status",
        failed=("DELETING", "FAILED"), going=("CREATING", "UPDATING"), else_done=True, interval=5,
    ),
    "bedrock.BedrockIngestionJobSensor": Status(
        "bedrock-agent:getIngestionJob",
        "knowledgeBaseId=knowledge_base_id dataSourceId=data_source_id ingestionJobId=ingestion_job_id",
        "IngestionJob.Status", failed=("FAILED",), going=("STARTING", "IN_PROGRESS"), else_done=True,
    ),
    "cloud_formation.CloudFormationCreateStackSensor": Status(
        "cloudformation:describeStacks", "StackName=stack_name", "Stacks[0].StackStatus",
        done=("CREATE_COMPLETE",), going=("CREATE_IN_PROGRESS", "none"),
        absent="CloudFormationException", gone="none",
    ),
    "cloud_formation.CloudFormationDeleteStackSensor": Status(
        "cloudformation:describeStacks", "StackName=stack_name", "Stacks[0].StackStatus",
        done=("DELETE_COMPLETE", "none"), going=("DELETE_IN_PROGRESS",),
        absent="CloudFormationException", gone="none",
    ),
    "comprehend.ComprehendStartPiiEntitiesDetectionJobCompletedSensor": Status(
        "comprehend:describePiiEntitiesDetectionJob", "JobId=job_id",
        "PiiEntitiesDetectionJobProperties.JobStatus",
        failed=("FAILED", "STOP_REQUESTED", "STOPPED"), going=("IN_PROGRESS",), else_done=True, interval=120,
    ),
    "ec2.EC2InstanceStateSensor": Status(
        "ec2:describeInstances", "InstanceIds[]=instance_id", "Reservations[0].Instances[0].State.Name",
        done_argument="target_state",
    ),
    "ecs.EcsClusterStateSensor": Status(
        "ecs:describeClusters", "clusters[]=cluster_name", "Clusters[0].Status",
        done=("ACTIVE",), failed=("FAILED", "INACTIVE"),
        done_argument="target_state", failed_argument="failure_states",
    ),
    "ecs.EcsTaskStateSensor": Status(
        "ecs:describeTasks", "cluster=cluster tasks[]=task", "Tasks[0].LastStatus",
        done=("RUNNING",), failed=("STOPPED",), done_argument="target_state",
        failed_argument="failure_states",
    ),
    "ecs.EcsTaskDefinitionStateSensor": Status(
        "ecs:describeTaskDefinition", "taskDefinition=task_definition", "TaskDefinition.Status",
        done=("ACTIVE",), failed=("ACTIVE", "INACTIVE"), done_argument="target_state",
    ),
    "kinesis_analytics.KinesisAnalyticsV2StartApplicationCompletedSensor": Status(
        **_FLINK, done=("RUNNING",),
        failed=(*_FLINK_BAD, "STOPPING", "READY", "FORCE_STOPPING"),
    ),
    "kinesis_analytics.KinesisAnalyticsV2StopApplicationCompletedSensor": Status(
        **_FLINK, done=("READY",), failed=_FLINK_BAD,
    ),
    "comprehend.ComprehendCreateDocumentClassifierCompletedSensor": Status(
        "comprehend:describeDocumentClassifier", "DocumentClassifierArn=document_classifier_arn",
        "DocumentClassifierProperties.Status",
        failed=("DELETING", "STOP_REQUESTED", "STOPPED", "IN_ERROR"), going=("SUBMITTED", "TRAINING"),
        else_done=True, interval=120, ignored="fail_on_warnings",
    ),
    "athena_spark.AthenaSparkSensor": Status(
        "athena:getCalculationExecution", "CalculationExecutionId=calculation_execution_id",
        "Status.State", done=("COMPLETED",), failed=("FAILED", "CANCELED"), interval=30,
    ),
}  # fmt: skip

for _name, _status in _SENSORS.items():
    _status_sensor(_name, _status)


@converts(f"{AMAZON}.sensors.glue.GlueDataQualityRuleSetEvaluationRunSensor")
def glue_evaluation(args: Arguments) -> Step:
    """Polls ``glue:GetDataQualityRulesetEvaluationRun`` until the status is SUCCEEDED.

    Return value, as in Airflow: none. With ``verify_result_status`` a rule that failed fails the task.
    """
    sensing = take_sensing(args, interval=120)
    verifies = bool(args.take("verify_result_status", True))
    run = {"RunId": args.take("evaluation_run_id")}
    args.set_aside("max_retries", "show_results")
    set_aside_connection(args)
    asked = request("glue:getDataQualityRulesetEvaluationRun", run, does="look")
    results = {"results": Expression("[$states.result.ResultIds]")}
    ask = replace(asked.call, keeps={"state": kept("Status"), **(results if verifies else {})})
    ended = Expression(f"$state in {literal(list(_QUALITY['failed']))}")
    failures: list[tuple[Expression, str | Expression]] = [(ended, _STATUS)]
    if not verifies:
        return sensor_step(args, sensing, Look(ask, Expression(_SUCCEEDED), failures), asked.permissions)
    rules = "$states.result.Results.RuleResults[Result in ['FAIL', 'ERROR']]"
    checked = request(
        "glue:batchGetDataQualityResult",
        {"ResultIds": Expression("$results")},
        keeps={"failed": f"$count({rules})"},
        when=_SUCCEEDED,
    )
    failures.append((Expression("$failed > 0"), "one or more rules failed"))
    done = Expression(f"{_SUCCEEDED} and $failed = 0")
    look = Look(ask, done, failures, also=(checked.call,), given={"failed": 0})
    return sensor_step(args, sensing, look, (*asked.permissions, *checked.permissions))


@converts(f"{AMAZON}.sensors.rds.RdsSnapshotExistenceSensor")
def rds_snapshot(args: Arguments) -> Step:
    """Polls ``rds:DescribeDBSnapshots``, or that of clusters, until the status is one of target_statuses."""
    cluster = args.take("db_type") == "cluster"
    kind = "DBClusterSnapshot" if cluster else "DBSnapshot"
    shown = "DbClusterSnapshots" if cluster else "DbSnapshots"
    absent = "DbClusterSnapshotNotFoundException" if cluster else "DbSnapshotNotFoundException"
    members = f"{kind}Identifier=db_snapshot_identifier"
    status = Status(
        f"rds:describe{kind}s", members, f"{shown}[0].Status", done=("available",),
        done_argument="target_statuses", absent=absent, ignored="hook_params",
    )  # fmt: skip
    return status_step(args, status)


@converts(f"{AMAZON}.sensors.rds.RdsDbSensor")
def rds_database(args: Arguments) -> Step:
    """Polls ``rds:DescribeDBInstances``, or that of clusters, until the status is one of target_statuses."""
    cluster = args.take("db_type") == "cluster"
    kind = "DBCluster" if cluster else "DBInstance"
    shown = "DbClusters[0].Status" if cluster else "DbInstances[0].DbInstanceStatus"
    absent = "DbClusterNotFoundException" if cluster else "DbInstanceNotFoundException"
    status = Status(
        f"rds:describe{kind}s", f"{kind}Identifier=db_identifier", shown, done=("available",),
        done_argument="target_statuses", absent=absent, ignored="hook_params",
    )  # fmt: skip
    return status_step(args, status)


@converts(f"{AMAZON}.sensors.rds.RdsExportTaskExistenceSensor")
def rds_export(args: Arguments) -> Step:
    """Polls ``rds:DescribeExportTasks`` until the export is under way or over; failed fails the try."""
    there = ("starting", "in_progress", "complete", "canceling", "canceled")
    status = Status(
        "rds:describeExportTasks", "ExportTaskIdentifier=export_task_identifier", "ExportTasks[0].Status",
        done=there, failed=("failed",), done_argument="target_statuses", failed_argument="error_statuses",
        absent="ExportTaskNotFoundException", ignored="hook_params",
    )  # fmt: skip
    return status_step(args, status)


@converts(f"{AMAZON}.sensors.batch.BatchJobQueueSensor")
def batch_queue(args: Arguments) -> Step:
    """Polls ``batch:DescribeJobQueues`` until the queue is VALID or DELETED; a missing one may be that."""
    gone = "DELETED" if args.take("treat_non_existing_as_deleted", False) else "missing"
    path = "JobQueues[0].Status"
    step = status_step(args, Status("batch:describeJobQueues", "jobQueues[]=job_queue", path, **_BATCH))
    return _without_null(step, path, gone)


def _without_null(step: Step, path: str, instead: str) -> Step:
    """Return the step with a status in place of none: the service has answered that there is nothing."""
    found = f"$exists($states.result.{path}) ? $states.result.{path} : {literal(instead)}"
    return _with_state(step, found)


def _with_state(step: Step, state: str) -> Step:
    """Return the step with what is taken for the status, as JSONata over the result."""
    poll: Any = step.parts[0]
    ask = replace(poll.ask, keeps={"state": Expression(state)})
    return replace(step, parts=(replace(poll, ask=ask), *step.parts[1:]))


@converts(f"{AMAZON}.sensors.opensearch_serverless.OpenSearchServerlessCollectionActiveSensor")
def collection(args: Arguments) -> Step:
    """Polls ``opensearchserverless:BatchGetCollection`` until the collection is active.

    Return value, as in Airflow: none.
    """
    by_id = args.task.arguments.get("collection_id") is not None
    status = Status(
        "opensearchserverless:batchGetCollection",
        "ids[]=collection_id" if by_id else "names[]=collection_name", "CollectionDetails[0].Status",
        failed=("DELETING", "FAILED"), going=("CREATING",), else_done=True, interval=10,
    )  # fmt: skip
    return status_step(args, status)


@converts(f"{AMAZON}.sensors.ssm.SsmRunCommandCompletedSensor")
def ssm_command(args: Arguments) -> Step:
    """Polls ``ssm:ListCommandInvocations`` until all instances have run the command.

    Return value, as in Airflow: none. Without fail_on_nonzero_exit only failures of AWS's own count.
    """
    strict = args.take("fail_on_nonzero_exit", True)
    bad = literal(["Cancelled", "TimedOut", *(["Failed"] if strict else [])])
    states = "$states.result.CommandInvocations.Status"
    going = "['Pending', 'Delayed', 'InProgress', 'Cancelling']"
    verdict = (
        f"$count($filter([{states}], function($s) {{ $s in {bad} }})) > 0 ? 'failed' : "
        f"$count([{states}]) = 0 or $count($filter([{states}], function($s) {{ $s in {going} }})) > 0 "
        "? 'going' : 'done'"
    )
    status = Status(
        "ssm:listCommandInvocations", "CommandId=command_id", "CommandInvocations", done=("done",),
        failed=("failed",), interval=120,
    )  # fmt: skip
    return _with_state(status_step(args, status), verdict)


@converts(f"{AMAZON}.sensors.mwaa.MwaaDagRunSensor")
def mwaa_dag_run(args: Arguments) -> Step:
    """Polls a DAG run of an MWAA environment (``airflow-api``) until its state is one of success_states."""
    dag, run = args.take("external_dag_id"), args.take("external_dag_run_id")
    return _mwaa(args, f"'/dags/' & {literal(dag)} & '/dagRuns/' & {literal(run)}")


@converts(f"{AMAZON}.sensors.mwaa.MwaaTaskSensor")
def mwaa_task(args: Arguments) -> Step:
    """Polls a task of an MWAA environment (``airflow-api``) until its state is one of success_states."""
    dag, run = args.take("external_dag_id"), args.take("external_dag_run_id")
    task = literal(args.take("external_task_id"))
    path = f"'/dags/' & {literal(dag)} & '/dagRuns/' & {literal(run)} & '/taskInstances/' & {task}"
    return _mwaa(args, path)


def _mwaa(args: Arguments, path: str) -> Step:
    status = Status(
        "mwaa:invokeRestApi", "Name=external_env_name", "RestApiResponse.state",
        done=("success",), failed=("failed",), done_argument="success_states",
        failed_argument="failure_states", fixed={"Path": Expression(path), "Method": "GET"},
    )  # fmt: skip
    return status_step(args, status)
