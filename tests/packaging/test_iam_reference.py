from __future__ import annotations

import pytest

from converter.operators.step import Permission
from converter.packaging.iam_reference import fitted
from docs import iam_reference

HERE = "${AWS::Region}:${AWS::AccountId}"
GLUE = f"arn:${{AWS::Partition}}:glue:{HERE}"
BATCH = f"arn:${{AWS::Partition}}:batch:{HERE}"


@pytest.mark.parametrize(
    ("actions", "resources", "expected"),
    [
        # AWS's service authorization reference: an action on one kind of resource.
        (("batch:TerminateJob",), "*", {"batch:TerminateJob": (f"{BATCH}:job/*",)}),
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
        assert next(fitted(Permission((action,), ("*",)))).reason


def test_the_reference_is_that_of_the_installed_package():
    assert iam_reference.main(["--check"]) == 0
