from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from converter.local import LocalAws
from converter.local.template_checks import in_order_of_reference

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": ["states.amazonaws.com", "lambda.amazonaws.com"]},
            "Action": "sts:AssumeRole",
        }
    ],
}


def zip_of(source: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("code.py", source)
    return content.getvalue()


def handler_that_returns(value: str) -> str:
    return f"def handler(event, context):\n    return {value!r}\n"


def template(key: str = "code-1.zip", machine: dict[str, Any] | None = None, **more: Any) -> str:
    states = {
        "Ask": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {"FunctionName": "${Function}"},
            "Output": "{% $states.result.Payload %}",
            "End": True,
        }
    }
    definition = {"QueryLanguage": "JSONata", "StartAt": "Ask", "States": states}
    given = machine or {
        "DefinitionString": json.dumps(definition),
        "DefinitionSubstitutions": {"Function": {"Fn::GetAtt": ["Function", "Arn"]}},
    }
    resources = {
        "Machine": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "StateMachineName": "asking",
                "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                "Tags": [{"Key": "dag", "Value": "example"}],
                **given,
            },
        },
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": "answering",
                "Runtime": "python3.12",
                "Handler": "code.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Code": {"S3Bucket": {"Ref": "Bucket"}, "S3Key": key},
            },
        },
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}},
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/aws/vendedlogs/asking"}},
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": "outcomes",
                "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            },
        },
        **more,
    }
    return json.dumps(
        {
            "Parameters": {"Bucket": {"Type": "String"}},
            "Resources": resources,
            "Outputs": {
                "MachineArn": {"Value": {"Ref": "Machine"}},
                "SameArn": {"Value": {"Fn::GetAtt": ["Machine", "Arn"]}},
            },
        }
    )


PARAMETERS = [{"ParameterKey": "Bucket", "ParameterValue": "code"}]


@pytest.fixture
def cloudformation(aws: LocalAws) -> Any:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="code")
    for number in "12":
        s3.put_object(
            Bucket="code", Key=f"code-{number}.zip", Body=zip_of(handler_that_returns(f"code {number}"))
        )
    return aws.client("cloudformation")


def stack_of(cloudformation: Any) -> Any:
    return cloudformation.describe_stacks(StackName="stack")["Stacks"][0]


def output_of(sfn: Any, finish: Callable[..., Any], arn: str) -> Any:
    return json.loads(finish(sfn.start_execution(stateMachineArn=arn)["executionArn"])["output"])


def test_a_stack_makes_a_machine_that_calls_its_function(
    cloudformation: Any, sfn: Any, finish: Callable[..., Any]
) -> None:
    cloudformation.create_stack(StackName="stack", TemplateBody=template(), Parameters=PARAMETERS)

    stack = stack_of(cloudformation)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:asking"
    assert outputs == {"MachineArn": arn, "SameArn": arn}
    assert output_of(sfn, finish, arn) == "code 1"
    assert sfn.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "dag", "value": "example"}]


def test_an_update_replaces_code_and_definition(
    cloudformation: Any, sfn: Any, finish: Callable[..., Any]
) -> None:
    cloudformation.create_stack(StackName="stack", TemplateBody=template(), Parameters=PARAMETERS)
    arn = stack_of(cloudformation)["Outputs"][0]["OutputValue"]
    assert output_of(sfn, finish, arn) == "code 1"

    cloudformation.update_stack(StackName="stack", TemplateBody=template("code-2.zip"), Parameters=PARAMETERS)
    assert stack_of(cloudformation)["StackStatus"] == "UPDATE_COMPLETE"
    assert output_of(sfn, finish, arn) == "code 2"

    passing = {"QueryLanguage": "JSONata", "StartAt": "P", "States": {"P": {"Type": "Succeed", "Output": 3}}}
    changed = template("code-2.zip", {"Definition": passing})
    cloudformation.update_stack(StackName="stack", TemplateBody=changed, Parameters=PARAMETERS)
    assert output_of(sfn, finish, arn) == 3


def test_a_machine_follows_what_it_refers_to_although_its_own_text_is_the_same(
    cloudformation: Any, sfn: Any, finish: Callable[..., Any]
) -> None:
    machine = {
        "DefinitionString": json.dumps(
            {
                "QueryLanguage": "JSONata",
                "StartAt": "Where",
                "States": {"Where": {"Type": "Succeed", "Output": "${Table}"}},
            }
        ),
        "DefinitionSubstitutions": {"Table": {"Ref": "Named"}},
    }

    def named(value: str) -> dict[str, Any]:
        return {
            "Named": {
                "Type": "AWS::Glue::Job",
                "Properties": {
                    "Name": value,
                    "Role": "arn:aws:iam::123456789012:role/any",
                    "Command": {"Name": "glueetl", "ScriptLocation": "s3://code/job.py"},
                },
            }
        }

    first = template(machine=machine, **named("before"))
    cloudformation.create_stack(StackName="stack", TemplateBody=first, Parameters=PARAMETERS)
    arn = stack_of(cloudformation)["Outputs"][0]["OutputValue"]
    second = template(machine=machine, **named("after"))
    cloudformation.update_stack(StackName="stack", TemplateBody=second, Parameters=PARAMETERS)

    assert output_of(sfn, finish, arn) == "after"


def test_a_definition_may_come_from_s3(
    aws: LocalAws, cloudformation: Any, sfn: Any, finish: Callable[..., Any]
) -> None:
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "S",
        "States": {"S": {"Type": "Succeed", "Output": "${Word}"}},
    }
    aws.client("s3").put_object(Bucket="code", Key="machine.json", Body=json.dumps(definition).encode())
    machine = {
        "DefinitionS3Location": {"Bucket": "code", "Key": "machine.json"},
        "DefinitionSubstitutions": {"Word": "substituted"},
    }
    body = template(machine=machine)
    cloudformation.create_stack(StackName="stack", TemplateBody=body, Parameters=PARAMETERS)
    arn = stack_of(cloudformation)["Outputs"][0]["OutputValue"]
    assert output_of(sfn, finish, arn) == "substituted"


def test_change_sets_create_and_update(cloudformation: Any, sfn: Any, finish: Callable[..., Any]) -> None:
    for number, kind in (("1", "CREATE"), ("2", "UPDATE")):
        change_set = cloudformation.create_change_set(
            StackName="stack",
            ChangeSetName=f"change-{number}",
            ChangeSetType=kind,
            TemplateBody=template(f"code-{number}.zip"),
            Parameters=PARAMETERS,
        )
        cloudformation.execute_change_set(ChangeSetName=change_set["Id"])
        stack = stack_of(cloudformation)
        assert stack["StackStatus"] == f"{kind}_COMPLETE"
        assert output_of(sfn, finish, stack["Outputs"][0]["OutputValue"]) == f"code {number}"


def test_deleting_a_stack_deletes_its_resources(aws: LocalAws, cloudformation: Any, sfn: Any) -> None:
    cloudformation.create_stack(StackName="stack", TemplateBody=template(), Parameters=PARAMETERS)
    cloudformation.delete_stack(StackName="stack")

    assert sfn.list_state_machines()["stateMachines"] == []
    assert aws.client("lambda").list_functions()["Functions"] == []
    assert aws.client("dynamodb").list_tables()["TableNames"] == []


def test_a_resource_that_leaves_the_template_is_deleted(aws: LocalAws, cloudformation: Any) -> None:
    cloudformation.create_stack(StackName="stack", TemplateBody=template(), Parameters=PARAMETERS)
    smaller = json.loads(template())
    del smaller["Resources"]["Table"]
    cloudformation.update_stack(StackName="stack", TemplateBody=json.dumps(smaller), Parameters=PARAMETERS)
    assert aws.client("dynamodb").list_tables()["TableNames"] == []


def test_a_failed_creation_rolls_back_and_says_why(cloudformation: Any, aws: LocalAws) -> None:
    broken = template(machine={"DefinitionString": '{"StartAt": "Nowhere", "States": {}}'})
    cloudformation.create_stack(StackName="stack", TemplateBody=broken, Parameters=PARAMETERS)

    assert stack_of(cloudformation)["StackStatus"] == "ROLLBACK_COMPLETE"
    events = cloudformation.describe_stack_events(StackName="stack")["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"] == "CREATE_FAILED"]
    assert [event["LogicalResourceId"] for event in failed] == ["Machine"]
    assert "Invalid State Machine Definition" in failed[0]["ResourceStatusReason"]
    assert aws.client("lambda").list_functions()["Functions"] == []


def test_a_failed_update_goes_back_to_what_was(
    cloudformation: Any, sfn: Any, finish: Callable[..., Any]
) -> None:
    cloudformation.create_stack(StackName="stack", TemplateBody=template(), Parameters=PARAMETERS)
    broken = template("code-2.zip", machine={"DefinitionString": '{"StartAt": "Nowhere", "States": {}}'})
    cloudformation.update_stack(StackName="stack", TemplateBody=broken, Parameters=PARAMETERS)

    stack = stack_of(cloudformation)
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert output_of(sfn, finish, stack["Outputs"][0]["OutputValue"]) == "code 1"


def test_an_update_without_a_change_is_refused_as_aws_refuses_it(cloudformation: Any) -> None:
    cloudformation.create_stack(StackName="stack", TemplateBody=template(), Parameters=PARAMETERS)
    with pytest.raises(ClientError, match="No updates are to be performed"):
        cloudformation.update_stack(StackName="stack", TemplateBody=template(), Parameters=PARAMETERS)


def test_an_unknown_resource_type_is_an_error_that_names_it(cloudformation: Any) -> None:
    strange = template(Strange={"Type": "AWS::Braket::Nothing", "Properties": {}})
    with pytest.raises(ClientError, match="AWS::Braket::Nothing"):
        cloudformation.create_stack(StackName="stack", TemplateBody=strange, Parameters=PARAMETERS)
    assert cloudformation.describe_stacks()["Stacks"] == []


def test_a_published_version_keeps_its_code(aws: LocalAws, cloudformation: Any) -> None:
    version = {
        "Version": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Function"}}}
    }
    body = json.loads(template(**version))
    body["Outputs"]["Version"] = {"Value": {"Ref": "Version"}}
    cloudformation.create_stack(StackName="stack", TemplateBody=json.dumps(body), Parameters=PARAMETERS)
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack_of(cloudformation)["Outputs"]}
    assert outputs["Version"] == "arn:aws:lambda:us-east-1:123456789012:function:answering:1"
    functions = aws.client("lambda")
    functions.update_function_code(FunctionName="answering", S3Bucket="code", S3Key="code-2.zip")
    answers = [
        json.loads(functions.invoke(FunctionName=name)["Payload"].read())
        for name in (outputs["Version"], "answering")
    ]
    assert answers == ["code 1", "code 2"]


def test_resources_come_after_what_they_refer_to() -> None:
    resources = {
        "A": {"Properties": {"X": {"Fn::Sub": "${B.Arn}/${AWS::Region}"}}},
        "B": {"DependsOn": "C"},
        "C": {"Properties": {"Y": [{"Fn::GetAtt": ["D", "Arn"]}, {"Ref": "Parameter"}]}},
        "D": {},
    }
    assert list(in_order_of_reference(resources)) == ["D", "C", "B", "A"]
