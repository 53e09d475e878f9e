from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from converter.local import LocalAws
from converter.local.stack_resources import TYPES


def statement(action: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


def test_every_type_names_what_it_needs() -> None:
    for name, type_ in TYPES.items():
        assert name.startswith("AWS::")
        assert type_.name_property is None or type_.name_property in type_.replaced_with, name


def function(source: str = "return 1", **properties: Any) -> dict[str, Any]:
    given = {
        "FunctionName": "answering",
        "Runtime": "python3.12",
        "Handler": "index.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"ZipFile": f"import os\ndef handler(event, context):\n    {source}\n"},
        **properties,
    }
    return {"Type": "AWS::Lambda::Function", "Properties": given}


def test_a_function_with_version_alias_and_permission(
    stack: Any, aws: LocalAws, role: dict[str, Any]
) -> None:
    functions = aws.client("lambda")

    def answer(name: str) -> Any:
        return json.loads(functions.invoke(FunctionName=name)["Payload"].read())

    def resources(number: int, **properties: Any) -> dict[str, Any]:
        return {
            "Role": role,
            "Function": function(f"return {number}, os.environ.get('WORD')", **properties),
            "Version": {
                "Type": "AWS::Lambda::Version",
                "Properties": {"FunctionName": {"Ref": "Function"}, "Description": f"number {number}"},
            },
            "Live": {
                "Type": "AWS::Lambda::Alias",
                "Properties": {
                    "Name": "live",
                    "FunctionName": {"Ref": "Function"},
                    "FunctionVersion": {"Fn::GetAtt": ["Version", "Version"]},
                },
            },
            "Permission": {
                "Type": "AWS::Lambda::Permission",
                "Properties": {
                    "Action": "lambda:InvokeFunction",
                    "FunctionName": {"Ref": "Function"},
                    "Principal": f"service{number}.amazonaws.com",
                },
            },
        }

    stack.apply(resources(1, Timeout="7", Environment={"Variables": {"WORD": 5}}))
    assert answer("answering") == [1, "5"]
    assert functions.get_function_configuration(FunctionName="answering")["Timeout"] == 7
    assert answer("answering:live") == [1, "5"]
    assert "service1" in functions.get_policy(FunctionName="answering")["Policy"]

    stack.apply(resources(2))
    assert answer("answering") == answer("answering:live") == [2, None]
    assert functions.get_function_configuration(FunctionName="answering")["Timeout"] == 3
    policy = json.loads(functions.get_policy(FunctionName="answering")["Policy"])
    assert [entry["Principal"]["Service"] for entry in policy["Statement"]] == ["service2.amazonaws.com"]

    stack.delete()
    assert functions.list_functions()["Functions"] == []


def test_a_function_whose_role_lambda_cannot_assume_is_refused(
    stack: Any, aws: LocalAws, role: dict[str, Any]
) -> None:
    role["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] = {
        "Service": "states.amazonaws.com"
    }
    stack.apply({"Role": role, "Function": function()}, expect="ROLLBACK_COMPLETE")
    assert "cannot be assumed by Lambda" in stack.reasons["Function"]


def test_a_role_with_its_policies(stack: Any, aws: LocalAws, role: dict[str, Any]) -> None:
    iam = aws.client("iam")

    def resources(service: str, inline: list[str], managed: list[str], apart: str) -> dict[str, Any]:
        trust = json.loads(json.dumps(role["Properties"]["AssumeRolePolicyDocument"]))
        trust["Statement"][0]["Principal"]["Service"] = f"{service}.amazonaws.com"
        policies = [{"PolicyName": name, "PolicyDocument": statement(f"s3:{name}")} for name in inline]
        return {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": "worker",
                    "AssumeRolePolicyDocument": trust,
                    "Policies": policies,
                    "ManagedPolicyArns": [{"Ref": name} for name in managed],
                },
            },
            **{
                name: {
                    "Type": "AWS::IAM::ManagedPolicy",
                    "Properties": {"PolicyDocument": statement(f"sqs:{apart}")},
                }
                for name in ("First", "Second")
            },
            "Apart": {
                "Type": "AWS::IAM::Policy",
                "Properties": {
                    "PolicyName": "apart",
                    "PolicyDocument": statement(f"glue:{apart}"),
                    "Roles": [{"Ref": "Role"}],
                },
            },
        }

    def action_of(name: str) -> Any:
        document = iam.get_role_policy(RoleName="worker", PolicyName=name)["PolicyDocument"]
        return document["Statement"][0]["Action"]

    def attached() -> list[str]:
        found = iam.list_attached_role_policies(RoleName="worker")["AttachedPolicies"]
        return sorted(policy["PolicyArn"] for policy in found)

    stack.apply(resources("states", ["GetObject", "PutObject"], ["First"], "Read"))
    assert iam.list_role_policies(RoleName="worker")["PolicyNames"] == ["GetObject", "PutObject", "apart"]
    assert action_of("apart") == "glue:Read"
    assert attached() == [stack.id_of("First")]

    stack.apply(resources("lambda", ["PutObject"], ["Second"], "Write"))
    trust = iam.get_role(RoleName="worker")["Role"]["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Principal"]["Service"] == "lambda.amazonaws.com"
    assert iam.list_role_policies(RoleName="worker")["PolicyNames"] == ["PutObject", "apart"]
    assert action_of("apart") == "glue:Write"
    assert attached() == [stack.id_of("Second")]
    policy = iam.get_policy(PolicyArn=stack.id_of("Second"))["Policy"]
    version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
    assert version["PolicyVersion"]["Document"]["Statement"][0]["Action"] == "sqs:Write"

    stack.delete()
    assert iam.list_roles()["Roles"] == []
    assert iam.list_policies(Scope="Local")["Policies"] == []


def test_a_log_group_keeps_events_as_long_as_it_is_told(stack: Any, aws: LocalAws) -> None:
    logs = aws.client("logs")

    def group(**properties: Any) -> dict[str, Any]:
        given = {"LogGroupName": "/aws/vendedlogs/states/m", **properties}
        return {"Logs": {"Type": "AWS::Logs::LogGroup", "Properties": given}}

    def days() -> Any:
        return logs.describe_log_groups()["logGroups"][0].get("retentionInDays")

    stack.apply(group(RetentionInDays=90))
    assert days() == 90
    stack.apply(group(RetentionInDays="30"))
    assert days() == 30
    stack.apply(group())
    assert days() is None
    stack.delete()
    assert logs.describe_log_groups()["logGroups"] == []


def test_a_log_group_that_is_there_already_is_not_taken_over(stack: Any, aws: LocalAws) -> None:
    aws.client("logs").create_log_group(logGroupName="taken")
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "taken"}}
    stack.apply({"Logs": group}, expect="ROLLBACK_COMPLETE")
    assert "already exists" in stack.reasons["Logs"]
    assert len(aws.client("logs").describe_log_groups()["logGroups"]) == 1


def test_a_table_keeps_its_items_through_an_update(stack: Any, aws: LocalAws) -> None:
    tables = aws.client("dynamodb")

    def table(expires: bool, **properties: Any) -> dict[str, Any]:
        given = {
            "TableName": "outcomes",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": expires},
            **properties,
        }
        return {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": given}}

    def expiry() -> str:
        found = tables.describe_time_to_live(TableName="outcomes")["TimeToLiveDescription"]
        return str(found["TimeToLiveStatus"])

    stack.apply(table(expires=True))
    assert expiry() == "ENABLED"
    tables.put_item(TableName="outcomes", Item={"id": {"S": "kept"}})
    stack.apply(table(expires=False, Tags=[{"Key": "dag", "Value": "d"}]))
    assert expiry() == "DISABLED"
    assert tables.get_item(TableName="outcomes", Key={"id": {"S": "kept"}})["Item"] == {"id": {"S": "kept"}}

    other_key = table(
        expires=False,
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
    )
    stack.apply(other_key, expect="ROLLBACK_COMPLETE")
    assert "custom-named resource requires replacing" in stack.reasons["Table"]
    stack.delete()
    assert tables.list_tables()["TableNames"] == []


def test_an_alarm_tells_a_topic(stack: Any, aws: LocalAws) -> None:
    alarms, topics = aws.client("cloudwatch"), aws.client("sns")

    def resources(threshold: int, address: str) -> dict[str, Any]:
        return {
            "Topic": {
                "Type": "AWS::SNS::Topic",
                "Properties": {"Subscription": [{"Protocol": "email", "Endpoint": address}]},
            },
            "Policy": {
                "Type": "AWS::SNS::TopicPolicy",
                "Properties": {
                    "Topics": [{"Ref": "Topic"}],
                    "PolicyDocument": statement(f"sns:Publish{threshold}"),
                },
            },
            "Alarm": {
                "Type": "AWS::CloudWatch::Alarm",
                "Properties": {
                    "AlarmName": "failed",
                    "Namespace": "AWS/States",
                    "MetricName": "ExecutionsFailed",
                    "Dimensions": [{"Name": "StateMachineArn", "Value": "arn"}],
                    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                    "EvaluationPeriods": 1,
                    "Period": 60,
                    "Statistic": "Sum",
                    "Threshold": str(threshold),
                    "AlarmActions": [{"Ref": "Topic"}],
                },
            },
        }

    stack.apply(resources(1, "a@example.com"))
    alarm = alarms.describe_alarms(AlarmNames=["failed"])["MetricAlarms"][0]
    assert (alarm["Threshold"], alarm["AlarmActions"]) == (1.0, [stack.id_of("Topic")])

    stack.apply(resources(2, "b@example.com"))
    assert alarms.describe_alarms(AlarmNames=["failed"])["MetricAlarms"][0]["Threshold"] == 2.0
    subscriptions = topics.list_subscriptions()["Subscriptions"]
    assert [subscription["Endpoint"] for subscription in subscriptions] == ["b@example.com"]
    policy = topics.get_topic_attributes(TopicArn=stack.id_of("Topic"))["Attributes"]["Policy"]
    assert "sns:Publish2" in policy

    stack.delete()
    assert alarms.describe_alarms()["MetricAlarms"] == []
    assert topics.list_topics()["Topics"] == []


def test_a_subscription_of_its_own(stack: Any, aws: LocalAws) -> None:
    resources = {
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Mail": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {"TopicArn": {"Ref": "Topic"}, "Protocol": "email", "Endpoint": "a@example.com"},
        },
    }
    stack.apply(resources)
    topics = aws.client("sns")
    assert topics.list_subscriptions()["Subscriptions"][0]["SubscriptionArn"] == stack.id_of("Mail")
    stack.delete()
    assert topics.list_subscriptions()["Subscriptions"] == []


def test_a_rule_changes_its_targets(stack: Any, aws: LocalAws) -> None:
    events = aws.client("events")

    def rule(*targets: str) -> dict[str, Any]:
        pattern = {"source": ["aws.states"], "detail": {"status": ["FAILED"]}}
        listed = [{"Id": name, "Arn": f"arn:aws:sns:us-east-1:123456789012:{name}"} for name in targets]
        return {
            "Rule": {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": pattern, "Targets": listed}}
        }

    def targets() -> list[str]:
        found = events.list_targets_by_rule(Rule=stack.id_of("Rule"))["Targets"]
        return sorted(target["Id"] for target in found)

    stack.apply(rule("a", "b"))
    assert targets() == ["a", "b"]
    described = events.describe_rule(Name=stack.id_of("Rule"))
    assert json.loads(described["EventPattern"])["source"] == ["aws.states"]
    stack.apply(rule("b", "c"))
    assert targets() == ["b", "c"]
    stack.delete()
    assert events.list_rules()["Rules"] == []


def test_a_schedule_in_its_group(stack: Any, aws: LocalAws, role: dict[str, Any]) -> None:
    scheduler = aws.client("scheduler")

    def resources(expression: str, state: str) -> dict[str, Any]:
        return {
            "Role": role,
            "Group": {"Type": "AWS::Scheduler::ScheduleGroup", "Properties": {"Name": "dags"}},
            "Schedule": {
                "Type": "AWS::Scheduler::Schedule",
                "Properties": {
                    "Name": "daily",
                    "GroupName": {"Ref": "Group"},
                    "ScheduleExpression": expression,
                    "ScheduleExpressionTimezone": "Europe/Berlin",
                    "FlexibleTimeWindow": {"Mode": "OFF"},
                    "State": state,
                    "StartDate": "2030-01-01T00:00:00Z",
                    "Target": {
                        "Arn": "arn:aws:states:us-east-1:123456789012:stateMachine:m",
                        "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                        "Input": "{}",
                    },
                },
            },
        }

    stack.apply(resources("cron(0 6 * * ? *)", "ENABLED"))
    schedule = scheduler.get_schedule(GroupName="dags", Name="daily")
    assert (schedule["ScheduleExpression"], schedule["State"]) == ("cron(0 6 * * ? *)", "ENABLED")
    assert schedule["StartDate"].year == 2030
    stack.apply(resources("rate(1 hour)", "DISABLED"))
    schedule = scheduler.get_schedule(GroupName="dags", Name="daily")
    assert (schedule["ScheduleExpression"], schedule["State"]) == ("rate(1 hour)", "DISABLED")
    stack.delete()
    assert [group["Name"] for group in scheduler.list_schedule_groups()["ScheduleGroups"]] == ["default"]


def test_a_schedule_whose_role_the_scheduler_cannot_assume_is_refused(stack: Any) -> None:
    target = {
        "Arn": "arn:aws:states:us-east-1:123456789012:stateMachine:m",
        "RoleArn": "arn:aws:iam::1:role/x",
    }
    schedule = {
        "Type": "AWS::Scheduler::Schedule",
        "Properties": {
            "ScheduleExpression": "rate(1 hour)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": target,
        },
    }
    stack.apply({"Schedule": schedule}, expect="ROLLBACK_COMPLETE")
    assert "must allow AWS EventBridge Scheduler to assume the role" in stack.reasons["Schedule"]


def test_a_glue_job_keeps_its_runs_through_an_update(stack: Any, glue: Any) -> None:
    def job(word: str) -> dict[str, Any]:
        command = {"Name": "glueetl", "ScriptLocation": f"s3://code/{word}.py"}
        given = {"Name": "job", "Role": "arn:aws:iam::123456789012:role/r", "Command": command}
        return {"Job": {"Type": "AWS::Glue::Job", "Properties": {**given, "Tags": {"dag": "d"}}}}

    stack.apply(job("one"))
    run = glue.start_job_run(JobName="job")["JobRunId"]
    stack.apply(job("two"))
    assert glue.get_job(JobName="job")["Job"]["Command"]["ScriptLocation"] == "s3://code/two.py"
    assert [found["Id"] for found in glue.get_job_runs(JobName="job")["JobRuns"]] == [run]
    stack.delete()
    with pytest.raises(ClientError, match="EntityNotFound"):
        glue.get_job(JobName="job")


def test_what_was_deleted_by_hand_does_not_stop_a_stacks_deletion(stack: Any, aws: LocalAws) -> None:
    stack.apply({"Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "g"}}})
    aws.client("logs").delete_log_group(logGroupName="g")
    stack.delete()


def test_a_stack_that_cannot_be_deleted_says_why_and_can_be_deleted_later(stack: Any, aws: LocalAws) -> None:
    table = {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "TableName": "precious",
            "BillingMode": "PAY_PER_REQUEST",
            "DeletionProtectionEnabled": True,
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        },
    }
    stack.apply({"Table": table})
    stack.cloudformation.delete_stack(StackName="stack")
    assert stack.status == "DELETE_FAILED"
    assert "DeletionProtection" in stack.reasons["Table"]
    aws.client("dynamodb").update_table(TableName="precious", DeletionProtectionEnabled=False)
    stack.delete()
    assert aws.client("dynamodb").list_tables()["TableNames"] == []
