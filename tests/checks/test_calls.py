from __future__ import annotations

from typing import Any

import pytest

from converter.checks import problems_of
from converter.checks.integrations import OPTIMISED, OWN_FORMS, Call, api_of, operations_of

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"


def codes(resource: str, arguments: Any, **fields: Any) -> list[str]:
    state = {"Type": "Task", "Resource": resource, "Arguments": arguments, "End": True, **fields}
    definition = {"QueryLanguage": "JSONata", "StartAt": "call", "States": {"call": state}}
    return [item.code.id for item in problems_of(definition)]


# From the examples of the Step Functions Developer Guide, one for each form that arguments take.
@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("lambda:invoke", {"FunctionName": FUNCTION, "Payload": {"any": ["JSON", 1]}}),
        ("lambda:invoke.waitForTaskToken", {"FunctionName": "f", "Payload": "{% $states.context.Task %}"}),
        ("glue:startJobRun.sync", {"JobName": "j", "Arguments": {"--day": "1"}, "NumberOfWorkers": 2}),
        ("states:startExecution.sync:2", {"StateMachineArn": "arn", "Input": {"a": 1}, "Name": "n"}),
        ("sns:publish", {"TopicArn": "arn", "Message": {"a": 1}, "MessageAttributes": {
            "kind": {"DataType": "String", "StringValue": "x"}}}),
        ("sqs:sendMessage", {"QueueUrl": "https://q", "MessageBody": "text", "DelaySeconds": 3}),
        ("dynamodb:putItem", {"TableName": "t", "Item": {"id": {"S": "x"}, "n": {"N": "{% '1' %}"}}}),
        ("dynamodb:updateItem", {"TableName": "t", "Key": {"id": {"S": "x"}}, "UpdateExpression": "SET a=:a",
            "ExpressionAttributeValues": {":a": {"BOOL": True}}, "ReturnValues": "ALL_NEW"}),
        ("batch:submitJob.sync", {"JobName": "j", "JobQueue": "q", "JobDefinition": "d",
            "ContainerOverrides": {"Command": ["a"], "Environment": [{"Name": "A", "Value": "b"}]}}),
        ("ecs:runTask.sync", {"Cluster": "c", "TaskDefinition": "t", "LaunchType": "FARGATE",
            "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": ["s"]}}}),
        ("athena:startQueryExecution.sync", {"QueryString": "SELECT 1", "WorkGroup": "primary",
            "ResultConfiguration": {"OutputLocation": "s3://b/"}}),
        ("events:putEvents", {"Entries": [{"Detail": {"a": 1}, "DetailType": "t", "Source": "s"}]}),
        ("codebuild:startBuild.sync", {"ProjectName": "p"}),
        ("elasticmapreduce:addStep.sync", {"ClusterId": "c", "Step": {"Name": "s"}}),
        ("emr-serverless:startJobRun.sync", {"ApplicationId": "a", "ExecutionRoleArn": "arn",
            "JobDriver": {"SparkSubmit": {"EntryPoint": "s3://b/x.py"}}}),
        ("sagemaker:createTransformJob.sync", {"TransformJobName": "t", "ModelName": "m",
            "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b"}}},
            "TransformOutput": {"S3OutputPath": "s3://b"},
            "TransformResources": {"InstanceCount": 1, "InstanceType": "ml.m4.xlarge"}}),
        ("bedrock:invokeModel", {"ModelId": "m", "Body": {"prompt": "x"}}),
        ("http:invoke", {"ApiEndpoint": "https://x", "Method": "GET",
            "InvocationConfig": {"ConnectionArn": "arn"}}),
        ("aws-sdk:s3:listObjectsV2", {"Bucket": "b", "MaxKeys": 1}),
        ("aws-sdk:rds:startDBCluster", {"DbClusterIdentifier": "c"}),
        ("aws-sdk:cloudwatchlogs:putRetentionPolicy", {"LogGroupName": "g", "RetentionInDays": 7}),
        ("aws-sdk:elasticloadbalancingv2:describeTargetHealth", {"TargetGroupArn": "arn"}),
        ("aws-sdk:dynamodb:updateItem.waitForTaskToken", {"TableName": "t", "Key": {"id": {"S": "x"}}}),
        ("aws-sdk:sfn:sendTaskSuccess", {"TaskToken": "t", "Output": {"a": 1}}),
        ("glue:startJobRun", "{% $states.input.arguments %}"),
    ],
)  # fmt: skip
def test_calls_that_aws_documents_pass(call: str, arguments: Any) -> None:
    assert codes(f"arn:aws:states:::{call}", arguments) == []


@pytest.mark.parametrize(
    "resource",
    [
        FUNCTION,
        "arn:aws:states:us-east-1:123456789012:activity:a",
        "${FunctionArn}",
        "arn:aws-cn:states:::sns:publish",
    ],
)
def test_other_resources_pass(resource: str) -> None:
    arguments = {"TopicArn": "arn", "Message": "x"} if "sns" in resource else {}
    assert codes(resource, arguments) == []


@pytest.mark.parametrize(
    ("call", "arguments", "code"),
    [
        ("glue:startJobRun", {"JobName": ["j"]}, "D524"),
        ("glue:startJobRun", {"JobName": "j", "Arguments": "--day 1"}, "D524"),
        ("glue:startJobRun", {"JobName": "j", "JobRunQueuingEnabled": "true"}, "D524"),
        ("glue:startJobRun", {"JobName": "j", "Timeout": 1.5}, "D524"),
        ("glue:startJobRun", [], "D524"),
        ("ecs:runTask", {"TaskDefinition": "t", "NetworkConfiguration": {"awsvpcConfiguration": {}}}, "D522"),
        ("dynamodb:putItem", {"TableName": "t", "Item": {"id": {"Text": "x"}}}, "D522"),
        ("sns:publish.sync", {"Message": "m"}, "D521"),
        ("states:startExecution.sync:3", {"StateMachineArn": "a"}, "D521"),
        ("s3:getObject", {"Bucket": "b", "Key": "k"}, "D521"),
        ("aws-sdk:s3:getObjekt", {"Bucket": "b", "Key": "k"}, "D521"),
        ("aws-sdk:s3:GetObject", {"Bucket": "b", "Key": "k"}, "D521"),
        ("aws-sdk:s3:getObject", {"Bucket": "b", "key": "k"}, "D522"),
        ("http:invoke", {"ApiEndpoint": "https://x"}, "D523"),
    ],
)
def test_calls_that_cannot_work_are_found(call: str, arguments: Any, code: str) -> None:
    assert code in codes(f"arn:aws:states:::{call}", arguments)


def test_what_is_no_resource_is_found() -> None:
    assert codes("glue:startJobRun", {}) == ["D521"]


def test_every_optimised_action_is_one_of_the_api_or_has_a_form_of_its_own() -> None:
    for name, service in OPTIMISED.items():
        for action in service.actions:
            if f"{name}:{action}" not in OWN_FORMS:
                api, operation = api_of(Call(name, action, "", is_sdk=False))
                assert operation in operations_of(api), (name, action)
