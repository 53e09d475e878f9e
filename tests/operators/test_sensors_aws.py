"""What each state means to a sensor: Airflow's own ``poke``, over a fake AWS, against the machine."""

from __future__ import annotations

import datetime
import re
from typing import Any

import botocore.client
import botocore.session
import pytest
from sensing import AMAZON, definition_of, outcome_of, sensor

from converter.checks import problems_of
from converter.operators import steps_of
from converter.operators.pair_kinds import PAIR_KINDS

pytest.importorskip("airflow.providers.amazon")

#: Sensor → its arguments, the operation that it calls, and the path to the state in the answer.
SENSORS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "glue.GlueJobSensor": ({"job_name": "j", "run_id": "r"}, "glue", "GetJobRun", "JobRun.JobRunState"),
    "emr.EmrJobFlowSensor": ({"job_flow_id": "j"}, "emr", "DescribeCluster", "Cluster.Status.State"),
    "emr.EmrStepSensor": (
        {"job_flow_id": "j", "step_id": "s"},
        "emr",
        "DescribeStep",
        "Step.Status.State",
    ),
    "emr.EmrServerlessJobSensor": (
        {"application_id": "a", "job_run_id": "r"},
        "emr-serverless",
        "GetJobRun",
        "jobRun.state",
    ),
    "emr.EmrContainerSensor": (
        {"virtual_cluster_id": "v", "job_id": "j", "max_retries": 1},
        "emr-containers",
        "DescribeJobRun",
        "jobRun.state",
    ),
    "athena.AthenaSensor": (
        {"query_execution_id": "q", "max_retries": 1},
        "athena",
        "GetQueryExecution",
        "QueryExecution.Status.State",
    ),
    "step_function.StepFunctionExecutionSensor": (
        {"execution_arn": "arn:aws:states:us-east-1:123456789012:execution:m:e"},
        "stepfunctions",
        "DescribeExecution",
        "status",
    ),
    "batch.BatchSensor": ({"job_id": "j"}, "batch", "DescribeJobs", "jobs[0].status"),
    "sagemaker.SageMakerEndpointSensor": (
        {"endpoint_name": "e"},
        "sagemaker",
        "DescribeEndpoint",
        "EndpointStatus",
    ),
    "sagemaker.SageMakerTransformSensor": (
        {"job_name": "j"},
        "sagemaker",
        "DescribeTransformJob",
        "TransformJobStatus",
    ),
    "sagemaker.SageMakerTuningSensor": (
        {"job_name": "j"},
        "sagemaker",
        "DescribeHyperParameterTuningJob",
        "HyperParameterTuningJobStatus",
    ),
    "sagemaker.SageMakerTrainingSensor": (
        {"job_name": "j", "print_log": False},
        "sagemaker",
        "DescribeTrainingJob",
        "TrainingJobStatus",
    ),
    "sagemaker.SageMakerProcessingSensor": (
        {"job_name": "j"},
        "sagemaker",
        "DescribeProcessingJob",
        "ProcessingJobStatus",
    ),
    "sagemaker.SageMakerAutoMLSensor": (
        {"job_name": "j"},
        "sagemaker",
        "DescribeAutoMLJob",
        "AutoMLJobStatus",
    ),
    "sagemaker.SageMakerPipelineSensor": (
        {"pipeline_exec_arn": "arn:p", "verbose": False},
        "sagemaker",
        "DescribePipelineExecution",
        "PipelineExecutionStatus",
    ),
    "kinesis_analytics.KinesisAnalyticsV2StartApplicationCompletedSensor": (
        {"application_name": "a"},
        "kinesisanalyticsv2",
        "DescribeApplication",
        "ApplicationDetail.ApplicationStatus",
    ),
    "kinesis_analytics.KinesisAnalyticsV2StopApplicationCompletedSensor": (
        {"application_name": "a"},
        "kinesisanalyticsv2",
        "DescribeApplication",
        "ApplicationDetail.ApplicationStatus",
    ),
    "bedrock.BedrockBatchInferenceSensor": (
        {"job_arn": "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/123456789012"},
        "bedrock",
        "GetModelInvocationJob",
        "status",
    ),
    "lambda_function.LambdaFunctionStateSensor": ({"function_name": "f"}, "lambda", "GetFunction", "State"),
}
#: States of which the service model has no list.
_OTHER_STATES = {
    "redshift_cluster.RedshiftClusterSensor": ["available", "creating", "paused"],
}
SENSORS["redshift_cluster.RedshiftClusterSensor"] = (
    {"cluster_identifier": "c"},
    "redshift",
    "DescribeClusters",
    "Clusters[0].ClusterStatus",
)


def states_of(name: str) -> list[str]:
    if name in _OTHER_STATES:
        return _OTHER_STATES[name]
    _, service, operation, path = SENSORS[name]
    model = botocore.session.get_session().get_service_model(service)
    shape: Any = model.operation_model(operation).output_shape
    if operation == "GetFunction":
        shape = shape.members["Configuration"]
    for step in path.split("."):
        shape = shape.members[step.removesuffix("[0]")]
        shape = shape.member if step.endswith("[0]") else shape
    return list(shape.enum)


def nested(path: str, state: str) -> dict[str, Any]:
    value: Any = state
    for step in reversed(path.split(".")):
        value = {step.removesuffix("[0]"): [value] if step.endswith("[0]") else value}
    return value


def capitals(value: Any) -> Any:
    """Return an answer as the SDK integration of Step Functions spells it."""
    if isinstance(value, dict):
        return {name[:1].upper() + name[1:]: capitals(item) for name, item in value.items()}
    return [capitals(item) for item in value] if isinstance(value, list) else value


def answer_with(name: str, state: str, *, for_airflow: bool) -> dict[str, Any]:
    start = datetime.datetime(2026, 1, 1) if for_airflow else "2026-01-01T00:00:00Z"
    answer = nested(SENSORS[name][3], state)
    if name.startswith("batch."):
        answer["jobs"][0]["jobId"] = "j"
    if "AutoML" in name:
        answer["AutoMLJobSecondaryStatus"] = "so far"
    if "Training" in name:
        answer |= {
            "TrainingStartTime": start,
            "TrainingEndTime": start,
            "ResourceConfig": {"InstanceCount": 1},
        }
    return {**answer, "FailureReason": "because"} if "sagemaker" in name else answer


def in_airflow(monkeypatch: pytest.MonkeyPatch, name: str, state: str) -> tuple[str, Any]:
    """Return what a poke makes of a state, and what it asks for."""
    asked = {}

    def call(client: Any, operation: str, arguments: Any) -> Any:
        asked.update(arguments)
        answer = answer_with(name, state, for_airflow=True)
        if operation == "GetFunction":
            answer = {"Configuration": answer}
        return {**answer, "ResponseMetadata": {"HTTPStatusCode": 200}}

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", call)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    module, class_name = name.split(".")
    operator = getattr(__import__(f"{AMAZON}.{module}", fromlist=[class_name]), class_name)
    task = operator(task_id="s", aws_conn_id=None, **SENSORS[name][0])
    context = {"ti": type("TI", (), {"xcom_push": lambda *args, **kwargs: None})(), "task": task}
    if "emr" in name:
        for link in ("EmrClusterLink", "EmrLogsLink"):
            module_of_links = __import__(f"{AMAZON}.emr", fromlist=[link])
            monkeypatch.setattr(getattr(module_of_links, link), "persist", lambda *args, **kwargs: None)
        monkeypatch.setattr(module_of_links, "get_log_uri", lambda *args, **kwargs: None)
    try:
        done = task.poke(context)
    except Exception:  # noqa: BLE001 - whatever a poke raises fails the try
        return "failed", asked
    return ("success" if done else "not yet"), asked


def in_machine(name: str, state: str) -> tuple[str, Any]:
    task = sensor(f"{AMAZON}.{name}", timeout=0, aws_conn_id=None, **SENSORS[name][0])
    record, calls, _ = outcome_of(
        definition_of(task), lambda resource, _: capitals(answer_with(name, state, for_airflow=False))
    )
    error = record.get("error")
    return "not yet" if error == "AirflowSensorTimeout" else record["state"], calls[0][2]


#: Airflow makes a session for each poke, which takes its time: the others run with the full tests.
QUICK = ("emr.EmrStepSensor", "batch.BatchSensor")


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.full) for name in SENSORS]
)
def test_each_state_means_what_it_means_to_airflow(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    states = states_of(name)
    assert len(states) > 2
    found = {state: in_machine(name, state) for state in states}
    expected = {state: in_airflow(monkeypatch, name, state) for state in states}
    assert {state: verdict for state, (verdict, _) in found.items()} == {
        state: verdict for state, (verdict, _) in expected.items()
    }
    asked = {key[:1].upper() + key[1:]: value for key, value in expected[states[0]][1].items()}
    asked.pop("PredecessorsIncluded", None)
    assert found[states[0]][1] == asked


@pytest.mark.parametrize("name", SENSORS)
def test_the_machine_of_a_sensor_passes_all_checks(name: str) -> None:
    assert problems_of(definition_of(sensor(f"{AMAZON}.{name}", timeout=3600, **SENSORS[name][0]))) == ()


def test_a_crawler_is_looked_at_once_it_is_ready() -> None:
    definition = definition_of(
        sensor(f"{AMAZON}.glue_crawler.GlueCrawlerSensor", crawler_name="c", timeout=0)
    )

    def outcome(crawler: dict[str, Any]) -> str:
        record, _, _ = outcome_of(definition, lambda *_: {"Crawler": crawler})
        return str(record.get("error", record["state"]))

    assert outcome({"State": "RUNNING", "LastCrawl": {"Status": "FAILED"}}) == "AirflowSensorTimeout"
    assert outcome({"State": "READY", "LastCrawl": {"Status": "FAILED"}}) == "AirflowException"
    assert outcome({"State": "READY", "LastCrawl": {"Status": "SUCCEEDED"}}) == "success"


def test_a_failure_says_the_state_and_its_reason() -> None:
    task = sensor(f"{AMAZON}.athena.AthenaSensor", query_execution_id="q")
    status = {"State": "FAILED", "StateChangeReason": "no such table"}
    record, _, _ = outcome_of(definition_of(task), lambda *_: {"QueryExecution": {"Status": status}})
    assert (record["error"], record["cause"]) == ("AirflowException", "the state is FAILED: no such table")


def test_the_output_of_an_execution_is_pushed() -> None:
    task = sensor(f"{AMAZON}.step_function.StepFunctionExecutionSensor", execution_arn="arn:x")
    record, _, _ = outcome_of(definition_of(task), lambda *_: {"Status": "SUCCEEDED", "Output": '{"n": [1]}'})
    assert record["xcom"] == {"output": {"n": [1]}}


def test_a_cluster_that_is_not_there_is_not_there_yet_or_is_what_is_waited_for() -> None:
    def outcome(target: str) -> str:
        task = sensor(
            f"{AMAZON}.redshift_cluster.RedshiftClusterSensor",
            cluster_identifier="c",
            target_status=target,
            timeout=0,
        )
        record, _, _ = outcome_of(definition_of(task), lambda *_: "Redshift.ClusterNotFoundException")
        return str(record.get("error", record["state"]))

    assert outcome("available") == "AirflowSensorTimeout"
    assert outcome("cluster_not_found") == "success"


@pytest.mark.parametrize(
    ("fields", "limit"),
    [({}, None), ({"max_retries": 3}, 7 * 86_400), ({"max_retries": 3, "deferrable": True}, 90)],
)
def test_a_query_is_waited_for_as_long_as_it_takes_unless_attempts_are_limited(
    fields: dict[str, Any], limit: float | None
) -> None:
    step = step_of("athena.AthenaSensor", query_execution_id="q", **fields)
    poll = step.parts[0]
    assert poll.interval == 10
    assert (poll.limit and poll.limit.seconds) == limit


def test_a_deferred_sensor_has_the_limit_of_its_attempts_and_skips_for_any_trouble() -> None:
    step = step_of(
        "emr.EmrStepSensor",
        job_flow_id="j",
        step_id="s",
        deferrable=True,
        max_attempts=5,
        poke_interval={"seconds": 30.0},
        soft_fail=True,
    )
    poll = step.parts[0]
    assert (poll.limit.seconds, poll.limit.ends.error) == (150, "AirflowSkipException")
    assert poll.failures[0].ends.error == "AirflowSkipException"


def step_of(name: str, **arguments: Any) -> Any:
    task = sensor(f"{AMAZON}.{name}", **arguments)
    from workflows import workflow

    return steps_of(workflow(task))[0]["s"]


def test_permissions_are_for_what_is_watched() -> None:
    def resource(name: str, **arguments: Any) -> str:
        (permission,) = step_of(name, **arguments).permissions
        return re.sub(r"\$\{AWS::(\w+)\}", r"\1", permission.resources[0])

    assert resource("glue.GlueJobSensor", job_name="j", run_id="r").endswith("glue:Region:AccountId:job/j")
    assert resource("batch.BatchSensor", job_id="j") == "*"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"poke_interval": 0.5}, "D271"),
        ({"poke_interval": "often"}, "D203"),
        ({"timeout": -1}, "D203"),
        ({"target_states": 3}, "D203"),
        ({"unheard_of": 3}, "D202"),
        ({"job_flow_id": None}, "D203"),
    ],
)
def test_what_cannot_be_is_refused_and_what_is_rounded_is_said(arguments: dict[str, Any], code: str) -> None:
    from workflows import workflow

    given = {"job_flow_id": "j", "step_id": "s", **arguments}
    _, problems = steps_of(workflow(sensor(f"{AMAZON}.emr.EmrStepSensor", **given)))
    assert [problem.code.id for problem in problems] == [code]


#: The only state in which a ``.sync`` call succeeds, by the sensor that is joined with it.
GOOD = {
    "glue.GlueJobSensor": "SUCCEEDED",
    "batch.BatchSensor": "SUCCEEDED",
    "emr.EmrContainerSensor": "COMPLETED",
    "emr.EmrServerlessJobSensor": "SUCCESS",
    "sagemaker.SageMakerTrainingSensor": "Completed",
    "sagemaker.SageMakerProcessingSensor": "Completed",
    "step_function.StepFunctionExecutionSensor": "SUCCEEDED",
}
#: States that sensors take for a success because they do not know them: no job ends in these.
PASSING = {"Deleting", "PENDING_REDRIVE"}


@pytest.mark.full
def test_sensors_that_are_joined_take_the_same_end_for_a_success() -> None:
    assert {kind.sensor for kind in PAIR_KINDS} == {f"{AMAZON}.{name}" for name in GOOD}
    for name, good in GOOD.items():  # what the machine makes of each state is held against Airflow above
        found = {state for state in states_of(name) if in_machine(name, state)[0] == "success"}
        assert found - PASSING == {good}, name
    # These see a success in a job that was stopped.
    for name in ("sagemaker.SageMakerTransformSensor", "sagemaker.SageMakerTuningSensor"):
        assert in_machine(name, "Stopped")[0] == "success"
