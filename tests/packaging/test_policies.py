from __future__ import annotations

import json

import pytest
from stack_templates import without_notes

from converter.operators.step import Permission
from converter.packaging import policies
from converter.packaging.policies import (
    Statement,
    TooManyPermissionsError,
    deployed_text,
    statements_of,
)
from converter.packaging.yaml_text import GetAtt, Ref, Sub


def job_arn(name: str) -> str:
    return f"arn:${{AWS::Partition}}:glue:${{AWS::Region}}:${{AWS::AccountId}}:job/{name}"


def role(statements, later=()):
    made = policies.role("Role", service="x.amazonaws.com", statements=statements, comment="c", later=later)
    # Without the digest that the names have in common.
    names = {name: name.replace(made.id, "Role") for name in made.resources}
    text = without_notes(made.resources)
    for arn in text[made.id]["Properties"].get("ManagedPolicyArns", ()):
        assert arn.name in names
    return {names[name]: resource for name, resource in text.items()}


def length_in_iam(document):
    text = json.dumps(document, separators=(",", ":"), default=lambda sub: sub.text)
    for variable, longest in (
        ("Partition", "aws-us-gov"),
        ("Region", "ap-southeast-2"),
        ("AccountId", "1" * 12),
    ):
        text = text.replace(f"${{AWS::{variable}}}", longest)
    return len(text)


def test_resources_with_the_same_actions_share_a_statement_and_no_others_do():
    permissions = [
        Permission(("s3:Get",), ("b",)),
        Permission(("s3:Put", "s3:Get"), ("c",)),
        Permission(("s3:Get",), ("a",)),
        Permission(("s3:Put",), ("a",)),
    ]
    assert statements_of(permissions) == (
        Statement(("s3:Get",), ("b",)),
        Statement(("s3:Get", "s3:Put"), ("a", "c")),
    )


def test_the_order_of_permissions_does_not_matter():
    permissions = [Permission((f"s{n % 3}:Do",), (f"r{n}",), reason=f"why {n % 2}") for n in range(9)]
    assert statements_of(permissions) == statements_of(reversed(permissions))


def test_the_reason_for_a_star_is_kept():
    [statement] = statements_of([Permission(("athena:List",), ("*",), reason="it knows no resources")])
    assert statement == Statement(("athena:List",), ("*",), "it knows no resources")


@pytest.mark.parametrize(
    ("text", "deployed"),
    [
        ("arn:aws:states:eu-west-1:1:stateMachine:x", "arn:aws:states:eu-west-1:1:stateMachine:x"),
        ("a${b}", "a${b}"),
        ("${AWS::Region}/x", Sub("${AWS::Region}/x")),
        ("${AWS::Region}/${b}", Sub("${AWS::Region}/${!b}")),
        ("${AWS::Region}/${AWS::StackName}", Sub("${AWS::Region}/${!AWS::StackName}")),
    ],
)
def test_only_partition_region_and_account_are_filled_in(text, deployed):
    assert deployed_text(text) == deployed


def test_a_role_has_no_name_and_one_inline_policy():
    statement = Statement(("lambda:InvokeFunction",), (GetAtt("Function", "Arn"),))
    resources = role([statement])
    assert set(resources) == {"Role"}
    properties = {"AssumeRolePolicyDocument", "Policies", "Path", "PermissionsBoundary"}
    assert set(resources["Role"]["Properties"]) == properties
    [policy] = resources["Role"]["Properties"]["Policies"]
    assert policy["PolicyDocument"]["Statement"] == [
        {"Effect": "Allow", "Action": ["lambda:InvokeFunction"], "Resource": [GetAtt("Function", "Arn")]}
    ]


def test_what_is_too_long_for_an_inline_policy_goes_into_managed_policies_and_nothing_is_lost():
    jobs = [job_arn(f"job_{n:04}") for n in range(500)]
    statements = [
        *statements_of([Permission(("glue:StartJobRun", "glue:GetJobRun"), tuple(jobs))]),
        Statement(("logs:CreateLogDelivery",), ("*",)),
    ]
    resources = role(statements)

    managed = [name for name in resources if name != "Role"]
    attached = resources["Role"]["Properties"]["ManagedPolicyArns"]
    assert [arn.name[-len("Policy1") :] for arn in attached] == [name[-len("Policy1") :] for name in managed]
    assert "Policies" not in resources["Role"]["Properties"]
    documents = [resources[name]["Properties"]["PolicyDocument"] for name in managed]
    assert all(length_in_iam(document) <= 6_144 for document in documents)
    assert len(documents) <= 10
    allowed = [
        (action, resource.text if isinstance(resource, Sub) else resource)
        for document in documents
        for statement in document["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
    ]
    assert sorted(allowed) == sorted(
        [("glue:StartJobRun", job) for job in jobs]
        + [("glue:GetJobRun", job) for job in jobs]
        + [("logs:CreateLogDelivery", "*")]
    )


def test_what_a_role_gets_later_is_an_inline_policy_and_counts_as_one():
    def jobs(count):
        return statements_of([Permission(("glue:StartJobRun",), tuple(map(job_arn, map(str, range(count)))))])

    later = [Statement(("states:StartExecution",), (Ref("BodyMachine"),))]
    kinds = {name: one["Type"] for name, one in role(jobs(1), later).items()}
    assert kinds == {"Role": "AWS::IAM::Role", "RolePolicy1": "AWS::IAM::Policy"}
    # 10,240 characters are for all inline policies of a role together.
    most = next(count for count in range(50, 200) if len(role(jobs(count + 1))) > 1)
    assert set(role(jobs(most))) == {"Role"}
    kinds = {name: one["Type"] for name, one in role(jobs(most), later).items()}
    assert kinds == {
        "Role": "AWS::IAM::Role",
        "RolePolicy1": "AWS::IAM::ManagedPolicy",
        "RolePolicy2": "AWS::IAM::ManagedPolicy",
        "RolePolicy3": "AWS::IAM::Policy",
    }


def test_a_role_that_gets_more_later_is_another_role():
    later = [Statement(("states:StartExecution",), (Ref("BodyMachine"),))]
    one, two = (
        policies.role("Role", service="x.amazonaws.com", statements=[], comment="c", later=more)
        for more in ((), later)
    )
    # Else the policy, which outlives an update, would stay with a role that needs it no more.
    assert one.id != two.id
    assert (one.later, two.later) == ("", f"{two.id}Policy1")


def test_more_than_ten_managed_policies_are_refused():
    jobs = tuple(job_arn(f"job_{n:04}") for n in range(2000))
    with pytest.raises(TooManyPermissionsError, match="a role can have 10"):
        role(statements_of([Permission(("glue:StartJobRun",), jobs)]))
