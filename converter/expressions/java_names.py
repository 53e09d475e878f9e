"""Names as Step Functions spells them: those of the AWS SDK for Java, with a capital.

An ``aws-sdk:`` Task's arguments and result have the members of the API under these names, and only runs of
capitals differ from the API's own: ``DbInstanceIdentifier`` for RDS's ``DBInstanceIdentifier``.
"""

from __future__ import annotations

import re

#: The capitals at the beginning of a name, without the last of them if a small letter comes after it.
_CAPITALS = re.compile(r"[A-Za-z][A-Z]*(?![a-z])|[A-Za-z]")

_WORD = re.compile(r"[A-Z]+(?![a-z])[0-9]*|[A-Za-z][a-z]*[0-9]*")


def member_name(name: str) -> str:
    """Return a member of an API as a Task's arguments and result spell it.

    >>> [member_name(name) for name in ("DBInstanceIdentifier", "jobName", "SSEKMSKeyId", "S3Bucket", "ARN")]
    ['DbInstanceIdentifier', 'JobName', 'SsekmsKeyId', 'S3Bucket', 'Arn']
    """
    start = _CAPITALS.match(name)
    if start is None:
        return name
    return name[:1].upper() + name[1 : start.end()].lower() + name[start.end() :]


def class_name(name: str) -> str:
    """Return a shape of an API, or a service's id, as the SDK names its class.

    >>> [class_name(name) for name in ("DynamoDB", "SFN", "Secrets Manager", "DBInstanceNotFound", "EC2")]
    ['DynamoDb', 'Sfn', 'SecretsManager', 'DbInstanceNotFound', 'Ec2']
    """
    return "".join(word.capitalize() for word in _WORD.findall(name))


def exception_name(shape: str) -> str:
    """Return an error of an API as the SDK names its class.

    >>> [exception_name(name) for name in ("DBInstanceNotFoundFault", "NoSuchBucket", "QueueDoesNotExist")]
    ['DbInstanceNotFoundException', 'NoSuchBucketException', 'QueueDoesNotExistException']
    """
    name = class_name(shape)
    for ending in ("Exception", "Fault"):
        name = name.removesuffix(ending)
    return f"{name}Exception"
