from __future__ import annotations

import pytest

from converter.operators.step import Permission
from converter.packaging.iam_reference import fitted
from docs import iam_reference

HERE = "${AWS::Region}:${AWS::AccountId}"
ANYWHERE = "${AWS::Region}:*"
GLUE = f"arn:${{AWS::Partition}}:glue:{HERE}"
BATCH = f"arn:${{AWS::Partition}}:batch:{HERE}"


@pytest.mark.parametrize(
    ("actions", "resources", "expected"),
    [
        # AWS's service authorization reference: an action on one kind of resource.
        (("glue:GetCrawler",), f"{GLUE}:crawler/*", {"glue:GetCrawler": (f"{GLUE}:crawler/*",)}),
        # In another account, where nothing is named: a queue may be that of others. A role may not.
        (("sqs:SendMessage",), "*", {"sqs:SendMessage": (f"arn:${{AWS::Partition}}:sqs:{ANYWHERE}:*",)}),
        (
            ("iam:PassRole",),
            "*",
            {"iam:PassRole": ("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/*",)},
        ),
        # With stars of the author's own in it, which may mean one of the kind.
        *(
            (("dynamodb:GetItem",), own, {"dynamodb:GetItem": (own,)})
            for own in ("arn:aws:dynamodb:eu-west-1:222222222222:*", "arn:aws:dynamodb:*", "arn:*:table/t")
        ),
        (
            ("dynamodb:GetItem",),
            "arn:aws:dynamodb:eu-west-1:222222222222:st*",
            {"dynamodb:GetItem": (f"arn:${{AWS::Partition}}:dynamodb:{HERE}:table/*",)},
        ),
        (("glue:GetCrawler",), f"{GLUE}:crawler/c", {"glue:GetCrawler": (f"{GLUE}:crawler/c",)}),
        # On none.
        (("glue:CreateCrawler",), f"{GLUE}:crawler/c", {"glue:CreateCrawler": ("*",)}),
        (("batch:DescribeJobs",), "*", {"batch:DescribeJobs": ("*",)}),
        # On another kind than the one that is named.
        (
            ("athena:GetQueryExecution", "athena:GetDataCatalog"),
            f"arn:aws:athena:{HERE}:workgroup/w",
            {
                "athena:GetQueryExecution": (f"arn:aws:athena:{HERE}:workgroup/w",),
                "athena:GetDataCatalog": (f"arn:${{AWS::Partition}}:athena:{HERE}:datacatalog/*",),
            },
        ),
        # A call may name a resource, and need not: nothing narrower is sure to be enough.
        (("redshift-data:ExecuteStatement",), "*", {"redshift-data:ExecuteStatement": ("*",)}),
        # Actions that nobody knows.
        (("new:Action",), "arn:aws:new:::x", {"new:Action": ("arn:aws:new:::x",)}),
    ],
)
def test_an_action_is_allowed_on_what_it_is_about(actions, resources, expected):
    found = list(fitted(Permission(actions, (resources,))))
    assert {permission.actions[0]: permission.resources for permission in found} == expected


def test_a_wildcard_has_its_reason():
    for action in ("batch:TerminateJob", "batch:DescribeJobs", "redshift-data:ExecuteStatement"):
        assert fitted(Permission((action,), ("*",)))[0].reason


def test_the_reference_is_that_of_the_installed_package():
    assert iam_reference.main(["--check"]) == 0
