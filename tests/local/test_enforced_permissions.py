"""With enforcement, tasks and functions do what their roles allow, and nothing else."""

from __future__ import annotations

import io
import json
import time
import urllib.error
import urllib.request
import zipfile

import botocore.session
import pytest
from botocore.exceptions import ClientError
from waiting import ended

from converter.local.integrations.resources import Place
from converter.local.permissions.requests import access_key_of
from converter.local.permissions.wanted import Wanted, wanted_by

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:m"
TOPIC = "arn:aws:sns:us-east-1:123456789012:t"
PLACE = Place("123456789012", "us-east-1")
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "*"}],
    }
)


@pytest.fixture
def guarded(aws, monkeypatch):
    """The local AWS, with roles that count."""
    monkeypatch.setattr(aws, "enforces_iam", True)
    return aws


@pytest.fixture
def role(guarded):
    """Make a role with one policy; returns its ARN."""
    iam = guarded.client("iam")

    def made(*statements, name="the-role"):
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(document))
        return arn

    return made


def allow(action, resource="*", effect="Allow"):
    return {"Effect": effect, "Action": action, "Resource": resource}


@pytest.fixture
def run(guarded):
    """Run one Task state under a role; returns the execution."""
    client = guarded.client("stepfunctions")

    def ran(role_arn, resource, arguments):
        task = {"Type": "Task", "Resource": resource, "Arguments": arguments, "End": True}
        definition = {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": task}}
        name = f"m{time.monotonic_ns()}"
        machine = client.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role_arn)
        arn = client.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
        return ended(client, arn)

    return ran


def needs(service, operation, **arguments):
    model = botocore.session.get_session().get_service_model(service)
    return list(map(str, wanted_by(model, operation, arguments, PLACE)))


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        # From the Service Authorization Reference of each service.
        (
            ("glue", "StartJobRun", {"JobName": "j"}),
            ["glue:StartJobRun on resource: arn:aws:glue:us-east-1:123456789012:job/j"],
        ),
        (
            ("glue", "StartCrawler", {"Name": "c"}),
            ["glue:StartCrawler on resource: arn:aws:glue:us-east-1:123456789012:crawler/c"],
        ),
        (
            (
                "stepfunctions",
                "StartExecution",
                {"stateMachineArn": f"{MACHINE}:live"},
            ),
            # A version or an alias is no other resource.
            [f"states:StartExecution on resource: {MACHINE}"],
        ),
        (
            ("s3", "GetObject", {"Bucket": "bucket", "Key": "x/y"}),
            ["s3:GetObject on resource: arn:aws:s3:::bucket/x/y"],
        ),
        (("s3", "ListObjectsV2", {"Bucket": "bucket"}), ["s3:ListBucket on resource: arn:aws:s3:::bucket"]),
        (
            ("dynamodb", "GetItem", {"TableName": "t"}),
            ["dynamodb:GetItem on resource: arn:aws:dynamodb:us-east-1:123456789012:table/t"],
        ),
        (
            ("sqs", "SendMessage", {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/q"}),
            ["sqs:SendMessage on resource: arn:aws:sqs:us-east-1:123456789012:q"],
        ),
        (
            ("emr", "AddJobFlowSteps", {"JobFlowId": "j-1"}),
            [
                "elasticmapreduce:AddJobFlowSteps on resource: "
                "arn:aws:elasticmapreduce:us-east-1:123456789012:cluster/j-1"
            ],
        ),
        (
            ("lambda", "Invoke", {"FunctionName": "f"}),
            ["lambda:InvokeFunction on resource: arn:aws:lambda:us-east-1:123456789012:function:f"],
        ),
        (("emr", "RunJobFlow", {"Name": "cluster"}), ["elasticmapreduce:RunJobFlow"]),
    ],
)
def test_what_a_call_needs(call, wanted):
    service, operation, arguments = call
    assert needs(service, operation, **arguments) == wanted


def test_a_task_does_what_its_role_allows(role, run, guarded):
    guarded.client("sqs").create_queue(QueueName="q")
    arn = role(allow("sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:q"))
    url = guarded.client("sqs").get_queue_url(QueueName="q")["QueueUrl"]
    told = run(arn, "arn:aws:states:::sqs:sendMessage", {"QueueUrl": url, "MessageBody": "x"})
    assert told["status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    "statements",
    [
        [],
        [allow("sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:other")],
        [allow("sqs:Receive*")],
        [allow("sqs:*"), allow("sqs:SendMessage", effect="Deny")],
    ],
    ids=["nothing", "another queue", "another action", "denied"],
)
def test_a_task_does_nothing_else(role, run, guarded, statements):
    url = guarded.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    arn = role(*(statements or [allow("s3:GetObject")]))
    told = run(arn, "arn:aws:states:::sqs:sendMessage", {"QueueUrl": url, "MessageBody": "x"})
    assert told["status"] == "FAILED"
    assert told["error"] == "SQS.AmazonSQSException"
    assert "is not authorized to perform: sqs:SendMessage on resource: arn:aws:sqs" in told["cause"]
    assert "Messages" not in guarded.client("sqs").receive_message(QueueUrl=url)


def test_waiting_for_a_job_needs_more_than_starting_it(role, run, guarded):
    job = "arn:aws:glue:us-east-1:123456789012:job/j"
    guarded.client("glue").create_job(
        Name="j",
        Role="r",
        Command={"Name": "glueetl"},
        ExecutionProperty={"MaxConcurrentRuns": 5},
    )
    starts = role(allow("glue:StartJobRun", job))
    told = run(starts, "arn:aws:states:::glue:startJobRun", {"JobName": "j"})
    assert told["status"] == "SUCCEEDED"
    told = run(starts, "arn:aws:states:::glue:startJobRun.sync", {"JobName": "j"})
    assert (told["status"], "glue:GetJobRun" in told["cause"]) == ("FAILED", True)
    waits = role(
        allow(["glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun"], job),
        name="waits",
    )
    told = run(waits, "arn:aws:states:::glue:startJobRun.sync", {"JobName": "j"})
    assert told["status"] == "SUCCEEDED"


def test_an_sdk_call_is_refused_as_the_sdk_spells_it(role, run, guarded):
    told = run(role(allow("s3:GetObject")), "arn:aws:states:::aws-sdk:glue:getJobRuns", {"JobName": "j"})
    assert told["error"] == "Glue.AccessDeniedException"


@pytest.mark.parametrize(
    ("action", "arguments", "wanted"),
    [
        ("createCluster", {"Name": "c"}, "elasticmapreduce:RunJobFlow"),
        (
            "addStep",
            {"ClusterId": "j-1", "Step": {}},
            "elasticmapreduce:AddJobFlowSteps on resource: arn:aws:",
        ),
        ("terminateCluster", {"ClusterId": "j-1"}, "elasticmapreduce:TerminateJobFlows"),
    ],
)
def test_actions_of_emr_are_those_of_its_api(role, run, action, arguments, wanted):
    told = run(role(allow("s3:GetObject")), f"arn:aws:states:::elasticmapreduce:{action}", arguments)
    assert f"not authorized to perform: {wanted}" in told["cause"]


CALLS = """
import boto3

def handler(event, context):
    s3 = boto3.client("s3")
    getattr(s3, event["method"])(**event["arguments"])
    return "done"
"""


@pytest.fixture
def call(guarded):
    """Call S3 from a Lambda function with a role; returns its answer."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("code.py", CALLS)

    def called(role_arn, method, **arguments):
        client = guarded.client("lambda")
        name = f"f{time.monotonic_ns()}"
        client.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=role_arn,
            Handler="code.handler",
            Code={"ZipFile": content.getvalue()},
            Timeout=60,
        )
        event = json.dumps({"method": method, "arguments": arguments})
        return json.load(client.invoke(FunctionName=name, Payload=event)["Payload"])

    return called


def test_a_function_does_what_its_role_allows_and_nothing_else(role, call, guarded):
    guarded.client("s3").create_bucket(Bucket="bucket")
    arn = role(
        allow("s3:PutObject", "arn:aws:s3:::bucket/in/*"), allow("s3:ListBucket", "arn:aws:s3:::bucket")
    )
    assert call(arn, "put_object", Bucket="bucket", Key="in/x", Body="1") == "done"
    assert call(arn, "list_objects_v2", Bucket="bucket") == "done"
    refused = call(arn, "put_object", Bucket="bucket", Key="out/x", Body="1")
    assert "to perform: s3:PutObject on resource: arn:aws:s3:::bucket/out/x" in refused["errorMessage"]
    refused = call(arn, "get_object", Bucket="bucket", Key="in/x")
    assert "s3:GetObject" in refused["errorMessage"]


@pytest.mark.parametrize(
    ("service", "method", "arguments", "action"),
    [
        ("dynamodb", "get_item", {"TableName": "t", "Key": {"a": {"S": "1"}}}, "dynamodb:GetItem"),
        ("glue", "get_job_runs", {"JobName": "j"}, "glue:GetJobRuns"),
        ("lambda", "invoke", {"FunctionName": "f"}, "lambda:InvokeFunction"),
        (
            "sns",
            "publish",
            {"TopicArn": TOPIC, "Message": "m"},
            "sns:Publish",
        ),
        ("stepfunctions", "list_state_machines", {}, "states:ListStateMachines"),
    ],
)
def test_each_protocol_is_understood(role, guarded, service, method, arguments, action):
    import boto3

    session = boto3.Session(
        aws_access_key_id=access_key_of(role(allow("s3:GetObject"))),
        aws_secret_access_key="x",
        region_name="us-east-1",
    )
    client = session.client(service, endpoint_url=guarded.endpoint)
    with pytest.raises(ClientError, match=f"not authorized to perform: {action}"):
        getattr(client, method)(**arguments)


@pytest.mark.parametrize(
    ("service", "path", "headers", "status"),
    [
        ("s3", "/bucket/key", {"X-Method": "PATCH"}, 403),  # no operation of S3
        ("sumerian", "/x", {}, 400),  # no service that botocore knows
        # What is no JSON is the service's to refuse, after IAM.
        ("states", "/", {"X-Amz-Target": "AWSStepFunctions.StartExecution"}, 400),
    ],
)
def test_what_cannot_be_understood_is_refused(role, guarded, service, path, headers, status):
    key = access_key_of(role(allow("s3:GetObject")))
    credential = f"AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/{service}/aws4_request"
    request = urllib.request.Request(  # noqa: S310 - the local AWS
        f"{guarded.endpoint}{path}",
        b"{",
        {"Authorization": credential, **headers},
        method=headers.pop("X-Method", "POST"),
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)  # noqa: S310 - the local AWS
    assert refused.value.code == status
    assert "is not authorized to perform" in refused.value.read().decode()


def test_wanted_reads_as_iam_writes_it():
    assert str(Wanted("s3:GetObject", None)) == "s3:GetObject"


def test_a_map_run_starts_executions_of_its_machine_only_if_the_role_may(guarded, role):
    client = guarded.client("stepfunctions")
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Item",
        "States": {"Item": {"Type": "Pass", "End": True}},
    }
    state = {"Type": "Map", "Items": [1], "ItemProcessor": processor, "End": True}
    definition = json.dumps({"QueryLanguage": "JSONata", "StartAt": "Each", "States": {"Each": state}})

    def ran(role_arn):
        name = f"m{time.monotonic_ns()}"
        machine = client.create_state_machine(name=name, definition=definition, roleArn=role_arn)
        return ended(
            client, client.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
        )

    own = "arn:aws:states:us-east-1:123456789012:stateMachine:m*"
    assert ran(role(allow("states:StartExecution", own)))["output"] == "[1]"
    refused = ran(role(allow("states:DescribeExecution", own), name="another"))
    assert refused["error"] == "AccessDeniedException"
    assert "is not authorized to perform: states:StartExecution on resource: " in refused["cause"]
