from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from waiting import wait_until

from converter.local import LocalAws

pytestmark = pytest.mark.full  # minutes on the real local AWS

SERVICE = "arn:aws:states:::"
ROLE = "arn:aws:iam::123456789012:role/anything"
IMAGE = {"AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"}}
CLUSTER = {"InstanceType": "ml.m5.large", "InstanceCount": 1}


def told(seconds: str, outcome: str) -> dict[str, dict[str, Any]]:
    """For each integration: arguments of a job that takes so long and ends so."""
    env = [{"Name": "LOCAL_SECONDS", "Value": seconds}, {"Name": "LOCAL_OUTCOME", "Value": outcome}]
    argument_list = ["--local-seconds", seconds, "--local-outcome", outcome]
    tags = {"local-seconds": seconds, "local-outcome": outcome}
    text = f"--local-seconds={seconds} --local-outcome={outcome}"
    variables = {"LOCAL_SECONDS": seconds, "LOCAL_OUTCOME": outcome}
    spark = {"EntryPoint": "s3://b/job.py", "EntryPointArguments": argument_list}
    return {
        "athena:startQueryExecution": {"QueryString": f"SELECT 1 -- {text}"},
        "batch:submitJob": {
            "JobName": "job",
            "JobQueue": "queue",
            "JobDefinition": "definition:1",
            "ContainerOverrides": {"Environment": env},
        },
        "codebuild:startBuild": {"ProjectName": "project", "EnvironmentVariablesOverride": env},
        "databrew:startJobRun": {"Name": f"recipe-{outcome}-{seconds}"},
        "ecs:runTask": {
            "Cluster": "cluster",
            "TaskDefinition": "family:3",
            "Overrides": {"ContainerOverrides": [{"Name": "main", "Environment": env}]},
        },
        "emr-containers:startJobRun": {
            "VirtualClusterId": "v1",
            "Name": "run",
            "JobDriver": {"SparkSubmitJobDriver": spark},
        },
        "emr-serverless:startJobRun": {
            "ApplicationId": "app",
            "ExecutionRoleArn": ROLE,
            "JobDriver": {"SparkSubmit": spark},
        },
        "sagemaker:createTrainingJob": {
            "TrainingJobName": "train",
            "RoleArn": ROLE,
            **IMAGE,
            "OutputDataConfig": {"S3OutputPath": "s3://models/"},
            "ResourceConfig": {**CLUSTER, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
            "HyperParameters": tags,
        },
        "sagemaker:createProcessingJob": {
            "ProcessingJobName": "process",
            "RoleArn": ROLE,
            "AppSpecification": {"ImageUri": "image"},
            "ProcessingResources": {"ClusterConfig": {**CLUSTER, "VolumeSizeInGB": 1}},
            "Environment": variables,
        },
        "sagemaker:createTransformJob": {
            "TransformJobName": "transform",
            "ModelName": "model",
            "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b"}}},
            "TransformOutput": {"S3OutputPath": "s3://b"},
            "TransformResources": CLUSTER,
            "Environment": variables,
        },
        "sagemaker:createHyperParameterTuningJob": {
            "HyperParameterTuningJobName": "tune",
            "HyperParameterTuningJobConfig": {
                "Strategy": "Random",
                "ResourceLimits": {"MaxParallelTrainingJobs": 1},
            },
            "Tags": [{"Key": name, "Value": value} for name, value in tags.items()],
        },
        "elasticmapreduce:createCluster": {
            "Name": "cluster",
            "Instances": {"KeepJobFlowAliveWhenNoSteps": True},
            "Tags": [{"Key": name, "Value": value} for name, value in tags.items()],
        },
    }


# Where the state stands in the result, and its words. Shapes of Batch, CodeBuild, ECS, EMR and EMR Serverless
# as machines of AWS's users read them (``$.Build.BuildStatus``, ``$.Containers[0].ExitCode``, …).
STATES: dict[str, tuple[tuple[Any, ...], Any, Any]] = {
    "athena:startQueryExecution": (("QueryExecution", "Status", "State"), "SUCCEEDED", "FAILED"),
    "batch:submitJob": (("Status",), "SUCCEEDED", "FAILED"),
    "codebuild:startBuild": (("Build", "BuildStatus"), "SUCCEEDED", "FAILED"),
    "databrew:startJobRun": (("State",), "SUCCEEDED", "FAILED"),
    "ecs:runTask": (("Containers", 0, "ExitCode"), 0, 1),
    "emr-containers:startJobRun": (("State",), "COMPLETED", "FAILED"),
    "emr-serverless:startJobRun": (("State",), "SUCCESS", "FAILED"),
    "sagemaker:createTrainingJob": (("TrainingJobStatus",), "Completed", "Failed"),
    "sagemaker:createProcessingJob": (("ProcessingJobStatus",), "Completed", "Failed"),
    "sagemaker:createTransformJob": (("TransformJobStatus",), "Completed", "Failed"),
    "sagemaker:createHyperParameterTuningJob": (("HyperParameterTuningJobStatus",), "Completed", "Failed"),
    "elasticmapreduce:createCluster": (("Cluster", "Status", "State"), "WAITING", "TERMINATED_WITH_ERRORS"),
}


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


@pytest.fixture
def definitions(aws: LocalAws) -> None:
    """What the services look up: a project, and DataBrew jobs, whose tags say what a run does."""
    aws.client("codebuild").create_project(
        name="project",
        source={"type": "S3", "location": "bucket/path"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={"type": "LINUX_CONTAINER", "image": "image", "computeType": "BUILD_GENERAL1_SMALL"},
        serviceRole="arn:aws:iam::123456789012:role/service-role/build",
    )
    databrew = aws.client("databrew")
    for seconds, outcome in (("0.2", "SUCCEEDED"), ("0.2", "FAILED"), ("60", "SUCCEEDED")):
        databrew.create_profile_job(
            Name=f"recipe-{outcome}-{seconds}",
            DatasetName="data",
            RoleArn=ROLE,
            OutputLocation={"Bucket": "bucket"},
            Tags={"local-seconds": seconds, "local-outcome": outcome},
        )


@pytest.mark.usefixtures("definitions")
@pytest.mark.parametrize("action", STATES)
def test_a_job_that_succeeds_is_the_result(run_task: Any, action: str) -> None:
    ended = run_task(f"{SERVICE}{action}.sync", told("0.2", "SUCCEEDED")[action])
    path, success, _ = STATES[action]
    assert ended["status"] == "SUCCEEDED", ended
    assert at(json.loads(ended["output"]), path) == success
    assert (ended["stopDate"] - ended["startDate"]).total_seconds() >= 0.2


@pytest.mark.usefixtures("definitions")
@pytest.mark.parametrize("action", STATES)
def test_a_job_that_fails_fails_the_task_with_the_job_as_cause(run_task: Any, action: str) -> None:
    ended = run_task(f"{SERVICE}{action}.sync", told("0.2", "FAILED")[action])
    path, _, failure = STATES[action]
    assert (ended["status"], ended["error"]) == ("FAILED", "States.TaskFailed")
    assert at(json.loads(ended["cause"]), path) == failure


# How a stopped job is seen through the service's own API.
STOPPED: dict[str, tuple[str, str, Callable[[Any], dict[str, Any]], tuple[Any, ...], str]] = {
    "athena:startQueryExecution": (
        "athena",
        "get_query_execution",
        lambda answer: {"QueryExecutionId": answer["QueryExecutionId"]},
        ("QueryExecution", "Status", "State"),
        "CANCELLED",
    ),
    "batch:submitJob": (
        "batch",
        "describe_jobs",
        lambda answer: {"jobs": [answer["JobId"]]},
        ("jobs", 0, "statusReason"),
        "Stopped by Step Functions",
    ),
    "codebuild:startBuild": (
        "codebuild",
        "batch_get_builds",
        lambda answer: {"ids": [answer["Build"]["Id"]]},
        ("builds", 0, "buildStatus"),
        "STOPPED",
    ),
    "databrew:startJobRun": (
        "databrew",
        "describe_job_run",
        lambda answer: {"Name": "recipe-SUCCEEDED-60", "RunId": answer["RunId"]},
        ("State",),
        "STOPPED",
    ),
    "ecs:runTask": (
        "ecs",
        "describe_tasks",
        lambda answer: {"cluster": "cluster", "tasks": [answer["Tasks"][0]["TaskArn"]]},
        ("tasks", 0, "stopCode"),
        "UserInitiated",
    ),
    "emr-containers:startJobRun": (
        "emr-containers",
        "describe_job_run",
        lambda answer: {"virtualClusterId": "v1", "id": answer["Id"]},
        ("jobRun", "state"),
        "CANCELLED",
    ),
    "emr-serverless:startJobRun": (
        "emr-serverless",
        "get_job_run",
        lambda answer: {"applicationId": "app", "jobRunId": answer["JobRunId"]},
        ("jobRun", "state"),
        "CANCELLED",
    ),
    "sagemaker:createTrainingJob": (
        "sagemaker",
        "describe_training_job",
        lambda answer: {"TrainingJobName": "train"},
        ("TrainingJobStatus",),
        "Stopped",
    ),
    # Step Functions leaves clusters alone (Developer Guide).
    "elasticmapreduce:createCluster": (
        "emr",
        "describe_cluster",
        lambda answer: {"ClusterId": answer["ClusterId"]},
        ("Cluster", "Status", "State"),
        "BOOTSTRAPPING",
    ),
}


@pytest.mark.usefixtures("definitions")
@pytest.mark.parametrize("action", STOPPED)
def test_stopping_the_execution_stops_the_job(
    aws: LocalAws, sfn: Any, create_machine: Any, submitted_output: Any, action: str
) -> None:
    task = {
        "Type": "Task",
        "Resource": f"{SERVICE}{action}.sync",
        "Arguments": copy.deepcopy(told("60", "SUCCEEDED")[action]),
        "End": True,
    }
    execution = sfn.start_execution(stateMachineArn=create_machine({"Job": task}))["executionArn"]
    answer = submitted_output(execution)
    time.sleep(0.15)  # out of the queue: jobs that never ran look otherwise
    sfn.stop_execution(executionArn=execution)

    service, method, request, path, state = STOPPED[action]
    described = getattr(aws.client(service), method)(**request(answer))
    assert at(described, path) == state


@pytest.fixture
def submitted_output(sfn: Any) -> Callable[[str], Any]:
    def wait(execution: str) -> Any:
        def submitted() -> list[Any]:
            events = sfn.get_execution_history(executionArn=execution)["events"]
            return [event for event in events if event["type"] == "TaskSubmitted"]

        (event,) = wait_until(submitted, "the job is submitted")
        return json.loads(event["taskSubmittedEventDetails"]["output"])

    return wait


@pytest.mark.parametrize(
    ("action", "arguments", "error", "cause"),
    [
        (
            "codebuild:startBuild.sync",
            {"ProjectName": "none"},
            "CodeBuild.ResourceNotFoundException",
            "(Service: AWSCodeBuild; Status Code: 400; Error Code: ResourceNotFoundException; ",
        ),
        (
            "databrew:startJobRun.sync",
            {"Name": "none"},
            "DataBrew.ResourceNotFoundException",
            "(Service: AWSGlueDataBrew; Status Code: 404; ",
        ),
        (
            "elasticmapreduce:addStep.sync",
            {"ClusterId": "j-NONE", "Step": {"Name": "s", "HadoopJarStep": {"Jar": "command-runner.jar"}}},
            "EMR.InvalidRequestException",
            "Cluster id 'j-NONE' is not valid.",
        ),
        (
            "athena:stopQueryExecution",
            {"QueryExecutionId": "none"},
            "Athena.InvalidRequestException",
            "QueryExecution none was not found",
        ),
        (
            "batch:submitJob.sync",
            {"JobName": "j", "JobQueue": "q", "JobDefinition": "d", "Tags": {"local-seconds": "soon"}},
            "Batch.ClientException",
            "--local-seconds is 'soon'",
        ),
        ("elasticmapreduce:cancelStep", {"ClusterId": "j-1"}, "States.Runtime", "'StepId' is required"),
        ("elasticmapreduce:addStep.waitForTaskToken", {}, "States.Runtime", "does not run"),
    ],
)
def test_errors_of_job_services_are_spelled_as_aws_spells_them(
    run_task: Any, action: str, arguments: dict[str, Any], error: str, cause: str
) -> None:
    ended = run_task(SERVICE + action, arguments)
    assert ended["error"] == error, ended["cause"]
    assert cause in ended["cause"]


def test_a_registered_definition_says_how_its_jobs_go(aws: LocalAws, run_task: Any) -> None:
    failing = [{"name": "LOCAL_OUTCOME", "value": "FAILED"}, {"name": "LOCAL_SECONDS", "value": "0"}]
    container = {"image": "i", "environment": failing}
    requirements = [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "256"}]
    aws.client("batch").register_job_definition(
        jobDefinitionName="night",
        type="container",
        containerProperties={**container, "resourceRequirements": requirements},
    )
    aws.client("ecs").register_task_definition(
        family="night", containerDefinitions=[{"name": "app", "memory": 256, **container}]
    )
    job = {"JobName": "j", "JobQueue": "q", "JobDefinition": "night"}
    assert run_task(SERVICE + "batch:submitJob.sync", job, "batch")["error"] == "States.TaskFailed"
    ended = run_task(SERVICE + "ecs:runTask.sync", {"TaskDefinition": "night"}, "ecs")
    (shown,) = json.loads(ended["cause"])["Containers"]
    assert (shown["Name"], shown["ExitCode"]) == ("app", 1)

    mended = {**job, "Parameters": {"--local-outcome": "SUCCEEDED"}}
    assert run_task(SERVICE + "batch:submitJob.sync", mended, "mended")["status"] == "SUCCEEDED"


def test_a_name_is_taken_in_sagemaker(run_task: Any) -> None:
    arguments = told("0", "SUCCEEDED")["sagemaker:createProcessingJob"]
    run_task(SERVICE + "sagemaker:createProcessingJob", arguments, name="first")
    ended = run_task(SERVICE + "sagemaker:createProcessingJob", arguments, name="second")
    assert ended["error"] == "SageMaker.ResourceInUseException"


def test_emr_steps_run_one_after_another_and_a_cluster_can_be_terminated(
    aws: LocalAws, run_task: Any
) -> None:
    cluster = told("0", "SUCCEEDED")["elasticmapreduce:createCluster"]
    created = json.loads(run_task(SERVICE + "elasticmapreduce:createCluster", cluster, "create")["output"])
    identity = created["ClusterId"]
    step = {"Name": "s", "ActionOnFailure": "CONTINUE"}
    jar = {"Jar": "command-runner.jar", "Args": ["x", "--local-seconds", "0.3"]}
    emr = aws.client("emr")
    emr.add_job_flow_steps(JobFlowId=identity, Steps=[{**step, "HadoopJarStep": jar}])
    added = run_task(
        SERVICE + "elasticmapreduce:addStep.sync",
        {
            "ClusterId": identity,
            "Step": {**step, "HadoopJarStep": {**jar, "Args": ["--local-outcome", "FAILED"]}},
        },
        "add",
    )
    assert added["error"] == "States.TaskFailed"
    assert json.loads(added["cause"])["Step"]["Status"]["State"] == "FAILED"
    second, first = (entry["Status"]["Timeline"] for entry in emr.list_steps(ClusterId=identity)["Steps"])
    assert second["StartDateTime"] >= first["EndDateTime"]

    ended = run_task(SERVICE + "elasticmapreduce:terminateCluster.sync", {"ClusterId": identity}, "end")
    assert json.loads(ended["output"])["Cluster"]["Status"]["State"] == "TERMINATED"


def test_an_ecs_task_can_be_ended_by_its_token(
    sfn: Any, run_task: Any, create_machine: Any, finish: Any
) -> None:
    arguments = told("0", "SUCCEEDED")["ecs:runTask"]
    token = {"Name": "TOKEN", "Value": "{% $states.context.Task.Token %}"}
    arguments["Overrides"]["ContainerOverrides"][0]["Environment"].append(token)
    task = {"Type": "Task", "Resource": SERVICE + "ecs:runTask.waitForTaskToken", "Arguments": arguments}
    execution = sfn.start_execution(stateMachineArn=create_machine({"Run": {**task, "End": True}}))
    arn = execution["executionArn"]
    parameters = json.loads(
        next(
            event["taskScheduledEventDetails"]["parameters"]
            for event in sfn.get_execution_history(executionArn=arn)["events"]
            if event["type"] == "TaskScheduled"
        )
    )
    environment = parameters["Overrides"]["ContainerOverrides"][0]["Environment"]
    sfn.send_task_success(taskToken=environment[-1]["Value"], output='{"done":true}')
    assert finish(arn)["output"] == '{"done":true}'
