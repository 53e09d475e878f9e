"""parliament's opinion of an IAM policy."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from boto3.session import Session

with warnings.catch_warnings():
    # It imports pkg_resources, which tells everybody that it is going away.
    warnings.simplefilter("ignore")
    import parliament

#: An action on two kinds of resources, of which a call names one: an execution, or one of an express machine.
#: parliament asks for both.
EITHER = {"states:DescribeExecution"}
#: Its copy of the reference has job definitions without their revisions.
REVISION = re.compile(r"(:job-definition/[^:]+):\S+\Z")
#: Describes all where none is named; AWS's reference has changed its mind on whether it takes an ARN.
OF_ALL = {"rds:DescribeDBInstances"}
#: What its own copy of the reference, which is older than ours, does not know.
YOUNGER = {"s3vectors", "airflow-serverless"}
YOUNGER_ACTIONS = {"glue:BatchGetDataQualityResult"}


def role_policies(session: Session) -> Iterator[dict[str, Any]]:
    """Yield the inline policies of all roles, as AWS has them after deployments."""
    iam = session.client("iam")
    for page in iam.get_paginator("list_roles").paginate():
        for role in page["Roles"]:
            name = role["RoleName"]
            for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
                yield dict(iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"])


def linted(document: Mapping[str, Any]) -> list[str]:
    """Return what it objects to, each action with all the resources that it is allowed on."""
    allowed: dict[str, list[str]] = {}
    for statement in document["Statement"]:
        assert statement["Effect"] == "Allow"
        for action in statement["Action"]:
            if action not in EITHER | OF_ALL | YOUNGER_ACTIONS and action.partition(":")[0] not in YOUNGER:
                resources = (REVISION.sub(r"\1", resource) for resource in statement["Resource"])
                allowed.setdefault(action, []).extend(resources)
    found = []
    for action, resources in allowed.items():
        statement = {"Effect": "Allow", "Action": action, "Resource": resources}
        policy = {"Version": document["Version"], "Statement": [statement]}
        for item in parliament.analyze_policy_string(json.dumps(policy)).findings:
            found.append(f"{action} on {resources}: {item.issue} {item.detail}")
    return found
