from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from waiting import wait_until

from converter.local import LocalAws

SERVICE = "arn:aws:states:::"
MISSING_ITEM = (
    "1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be null"
)


def types_of(sfn: Any, arn: str) -> list[str]:
    return [event["type"] for event in sfn.get_execution_history(executionArn=arn)["events"]]


def test_glue_sync_returns_the_job_run(sfn: Any, run_task: Any, create_job: Any, glue: Any) -> None:
    create_job(seconds="0.2")
    ended = run_task(SERVICE + "glue:startJobRun.sync", {"JobName": "job", "Arguments": {"--day": "1"}})

    run = json.loads(ended["output"])
    seen = glue.get_job_runs(JobName="job")["JobRuns"][0]
    assert run["JobRunState"] == "SUCCEEDED"
    assert run["Id"] == seen["Id"]
    assert run["Arguments"] == {"--day": "1"}
    # Epoch milliseconds and sorted members, as in outputs of AWS.
    assert run["StartedOn"] == round(seen["StartedOn"].timestamp() * 1000)
    assert list(run) == sorted(run)
    assert types_of(sfn, ended["executionArn"])[2:6] == [
        "TaskScheduled",
        "TaskStarted",
        "TaskSubmitted",
        "TaskSucceeded",
    ]


def test_a_failed_job_run_fails_the_task_with_the_run_as_cause(run_task: Any, create_job: Any) -> None:
    create_job(seconds="0", outcome="FAILED", error="no disk")
    ended = run_task(SERVICE + "glue:startJobRun.sync", {"JobName": "job"})
    assert (ended["status"], ended["error"]) == ("FAILED", "States.TaskFailed")
    cause = json.loads(ended["cause"])
    assert (cause["JobRunState"], cause["ErrorMessage"]) == ("FAILED", "no disk")


def test_glue_without_sync_returns_at_once_with_name_and_id(
    run_task: Any, create_job: Any, glue: Any
) -> None:
    create_job(seconds="60")
    answer = json.loads(run_task(SERVICE + "glue:startJobRun", {"JobName": "job"})["output"])
    assert answer["JobName"] == "job"
    assert answer["JobRunId"] == glue.get_job_runs(JobName="job")["JobRuns"][0]["Id"]
    assert answer["SdkHttpMetadata"]["HttpStatusCode"] == 200


def test_a_timed_out_sync_task_stops_its_job(run_task: Any, create_job: Any, glue: Any) -> None:
    create_job(seconds="60")
    ended = run_task(SERVICE + "glue:startJobRun.sync", {"JobName": "job"}, TimeoutSeconds=1)
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Timeout")
    assert glue.get_job_runs(JobName="job")["JobRuns"][0]["JobRunState"] in {"STOPPING", "STOPPED"}


def test_stopping_an_execution_stops_every_job_it_started(
    sfn: Any, create_machine: Any, create_job: Any, glue: Any
) -> None:
    create_job(seconds="60")
    start = {"Type": "Task", "Resource": SERVICE + "glue:startJobRun.sync", "End": True}
    branches = [
        {"StartAt": name, "States": {name: {**start, "Arguments": {"JobName": "job"}}}}
        for name in (f"Job {number}" for number in range(30))
    ]
    arn = create_machine({"All": {"Type": "Parallel", "Branches": branches, "End": True}})
    execution = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    time.sleep(0.1)  # in the middle of the starts: a start under way must be undone as well
    sfn.stop_execution(executionArn=execution)
    states = {run["JobRunState"] for run in glue.get_job_runs(JobName="job")["JobRuns"]}
    assert states <= {"STOPPING", "STOPPED"}


@pytest.mark.parametrize(
    ("resource", "arguments", "error", "cause"),
    [
        (
            "glue:startJobRun",
            {"JobName": "none"},
            "Glue.EntityNotFoundException",
            "(Service: AWSGlue; Status Code: 400; ",
        ),
        (
            "dynamodb:getItem",
            {"TableName": "none", "Key": {"id": {"S": "1"}}},
            "DynamoDB.ResourceNotFoundException",
            "(Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ResourceNotFoundException; ",
        ),
        (
            "aws-sdk:dynamodb:getItem",
            {"TableName": "none", "Key": {"id": {"S": "1"}}},
            "DynamoDb.ResourceNotFoundException",
            "(Service: DynamoDb, Status Code: 400, ",
        ),
        (
            "aws-sdk:s3:getObject",
            {"Bucket": "none", "Key": "k"},
            "S3.NoSuchBucketException",
            "(Service: S3, ",
        ),
        (
            "aws-sdk:sfn:sendTaskFailure",
            {"TaskToken": "t"},
            "Sfn.InvalidTokenException",
            "Invalid Token: 'Invalid token' (Service: Sfn, ",
        ),
        (
            "lambda:invoke",
            {"FunctionName": "none"},
            "Lambda.ResourceNotFoundException",
            "Function not found: arn:aws:lambda:us-east-1:123456789012:function:none",
        ),
        ("glue:startJobRun", {"JobName": "none", "Speed": 9}, "States.Runtime", "'Speed' is not supported"),
        ("dynamodb:getItem", {"TableName": 5, "Key": {}}, "States.Runtime", "TableName"),
        # Both as recorded from AWS.
        ("dynamodb:putItem", {"TableName": "t"}, "DynamoDB.AmazonDynamoDBException", MISSING_ITEM),
        ("aws-sdk:dynamodb:putItem", {"TableName": "t"}, "DynamoDb.DynamoDbException", MISSING_ITEM),
        ("eks:runJob.sync", {}, "States.Runtime", "arn:aws:states:::eks:runJob.sync"),
        ("aws-sdk:glue:paintJobRun", {}, "States.Runtime", "paintJobRun"),
        ("aws-sdk:unheardof:doIt", {}, "States.Runtime", "unheardof"),
    ],
)
def test_errors_are_spelled_as_aws_spells_them(
    run_task: Any, resource: str, arguments: dict[str, Any], error: str, cause: str
) -> None:
    ended = run_task(SERVICE + resource, arguments)
    assert ended["status"] == "FAILED"
    assert ended["error"] == error
    assert cause in ended["cause"]


def test_a_full_job_is_refused_with_an_error_that_retry_can_name(run_task: Any, create_job: Any) -> None:
    create_job(at_once=1, seconds="60")
    run_task(SERVICE + "glue:startJobRun", {"JobName": "job"}, name="first")
    ended = run_task(SERVICE + "glue:startJobRun", {"JobName": "job"}, name="second")
    assert ended["error"] == "Glue.ConcurrentRunsExceededException"


def test_dynamodb_items_round_trip(aws: LocalAws, run_task: Any) -> None:
    aws.client("dynamodb").create_table(
        TableName="outcomes",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    item = {"id": {"S": "1"}, "state": {"S": "success"}}
    run_task(SERVICE + "dynamodb:putItem", {"TableName": "outcomes", "Item": item}, name="put")
    key = {"TableName": "outcomes", "Key": {"id": {"S": "1"}}}
    got = json.loads(run_task(SERVICE + "dynamodb:getItem", key, name="get")["output"])
    assert got["Item"] == item
    assert set(got) == {"Item", "SdkHttpMetadata", "SdkResponseMetadata"}
    plain = run_task(SERVICE + "aws-sdk:dynamodb:getItem", key, name="sdk")["output"]
    assert json.loads(plain) == {"Item": item}
    unmet = {"TableName": "outcomes", "Item": item, "ConditionExpression": "attribute_not_exists(id)"}
    refused = run_task(SERVICE + "aws-sdk:dynamodb:putItem", unmet, name="unmet")
    assert refused["error"] == "DynamoDb.ConditionalCheckFailedException"


def test_sdk_results_are_pascal_case_with_iso_dates(run_task: Any, create_job: Any, glue: Any) -> None:
    create_job(seconds="0")
    glue.start_job_run(JobName="job")
    answer = json.loads(run_task(SERVICE + "aws-sdk:glue:getJobRuns", {"JobName": "job"})["output"])
    (run,) = answer["JobRuns"]
    assert run["StartedOn"].endswith("Z")
    assert "ResponseMetadata" not in answer


FUNCTION = """
class NotReady(Exception):
    pass

def handler(event, context):
    if event.get("fail"):
        raise NotReady("not yet")
    return {"got": event}
"""


def test_lambda_invoke_wraps_the_payload(run_task: Any, create_function: Any) -> None:
    create_function(FUNCTION)
    arguments = {"FunctionName": "function", "Payload": {"a": [1, "é"]}}
    result = json.loads(run_task(SERVICE + "lambda:invoke", arguments)["output"])
    assert result["Payload"] == {"got": {"a": [1, "é"]}}
    assert (result["ExecutedVersion"], result["StatusCode"]) == ("$LATEST", 200)
    assert set(result) == {
        "ExecutedVersion",
        "Payload",
        "SdkHttpMetadata",
        "SdkResponseMetadata",
        "StatusCode",
    }


def test_a_functions_own_arn_returns_what_it_returns(run_task: Any, create_function: Any) -> None:
    arn = create_function(FUNCTION)["FunctionArn"]
    assert run_task(arn, {"a": 1})["output"] == '{"got":{"a":1}}'


def test_causes_of_functions_are_compact_from_the_service_and_verbatim_from_the_arn(
    run_task: Any, create_function: Any
) -> None:
    arn = create_function(FUNCTION)["FunctionArn"]
    service = run_task(
        SERVICE + "lambda:invoke", {"FunctionName": arn, "Payload": {"fail": True}}, name="service"
    )
    direct = run_task(arn, {"fail": True}, name="direct")
    assert service["error"] == direct["error"] == "NotReady"
    assert service["cause"].startswith('{"errorMessage":"not yet","errorType":"NotReady","requestId":"')
    assert direct["cause"].startswith('{"errorMessage": "not yet", "errorType": "NotReady", "requestId": "')


def test_retry_and_catch_match_a_functions_error_type(
    sfn: Any, create_machine: Any, create_function: Any, finish: Any
) -> None:
    create_function(FUNCTION)
    states = {
        "Call": {
            "Type": "Task",
            "Resource": SERVICE + "lambda:invoke",
            "Arguments": {"FunctionName": "function", "Payload": {"fail": True}},
            "Retry": [{"ErrorEquals": ["NotReady"], "MaxAttempts": 1, "IntervalSeconds": 1}],
            "Catch": [{"ErrorEquals": ["NotReady"], "Next": "Caught"}],
            "End": True,
        },
        "Caught": {"Type": "Succeed", "Output": "caught"},
    }
    ended = finish(sfn.start_execution(stateMachineArn=create_machine(states))["executionArn"])
    assert ended["output"] == '"caught"'
    assert types_of(sfn, ended["executionArn"]).count("TaskFailed") == 2


@pytest.fixture
def children(create_machine: Callable[..., str]) -> dict[str, str]:
    return {
        "good": create_machine({"S": {"Type": "Succeed", "Output": {"n": 1}}}, "good"),
        "bad": create_machine({"F": {"Type": "Fail", "Error": "Broken", "Cause": "why"}}, "bad"),
        "slow": create_machine({"W": {"Type": "Wait", "Seconds": 60, "End": True}}, "slow"),
    }


def test_sync_returns_text_and_sync2_json(run_task: Any, children: dict[str, str]) -> None:
    arguments = {"StateMachineArn": children["good"], "Input": {"q": 1}}
    first = json.loads(run_task(SERVICE + "states:startExecution.sync", arguments, name="one")["output"])
    second = json.loads(run_task(SERVICE + "states:startExecution.sync:2", arguments, name="two")["output"])
    assert (first["Input"], first["Output"]) == ('{"q":1}', '{"n":1}')
    assert (second["Input"], second["Output"]) == ({"q": 1}, {"n": 1})
    # The members of a recorded answer.
    assert list(first) == [
        *("ExecutionArn", "Input", "InputDetails", "Name", "Output", "OutputDetails", "RedriveCount"),
        *("RedriveStatus", "RedriveStatusReason", "StartDate", "StateMachineArn", "Status", "StopDate"),
    ]


def test_a_failing_child_fails_the_task_with_its_error_in_the_cause(
    run_task: Any, children: dict[str, str]
) -> None:
    ended = run_task(SERVICE + "states:startExecution.sync", {"StateMachineArn": children["bad"]})
    assert ended["error"] == "States.TaskFailed"
    cause = json.loads(ended["cause"])
    assert (cause["Error"], cause["Cause"], cause["Status"]) == ("Broken", "why", "FAILED")


def test_a_name_that_is_taken(run_task: Any, children: dict[str, str]) -> None:
    arguments = {"StateMachineArn": children["good"], "Name": "once"}
    run_task(SERVICE + "states:startExecution.sync:2", arguments, name="one")
    ended = run_task(SERVICE + "states:startExecution.sync:2", arguments, name="two")
    assert ended["error"] == "StepFunctions.ExecutionAlreadyExistsException"


def test_stopping_the_parent_stops_the_child(sfn: Any, create_machine: Any, children: dict[str, str]) -> None:
    task = {
        "Type": "Task",
        "Resource": SERVICE + "states:startExecution.sync:2",
        "Arguments": {"StateMachineArn": children["slow"]},
        "End": True,
    }
    parent = sfn.start_execution(stateMachineArn=create_machine({"Child": task}))["executionArn"]
    wait_until(lambda: "TaskSubmitted" in types_of(sfn, parent), "the child is started")
    sfn.stop_execution(executionArn=parent)
    (child,) = sfn.list_executions(stateMachineArn=children["slow"])["executions"]
    assert child["status"] == "ABORTED"
    told = sfn.describe_execution(executionArn=child["executionArn"])
    assert "error" not in told
    managed = f"The Task state in AWS Step Functions execution [{parent}] which was managing this resource"
    assert told["cause"] == f"{managed} was aborted"
