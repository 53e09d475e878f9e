"""Brings the files that a stack is made from to S3, under keys that follow from their content."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, NoRegionError

from converter import diagnostics as d
from converter.deployment.contents import Artifact
from converter.deployment.troubles import error_code
from converter.diagnostics import Dag2SfnError, Diagnostic

if TYPE_CHECKING:
    from boto3.session import Session

#: CloudFormation documentation, AWS::Lambda::Function Code, S3Bucket: stricter than S3 about what is no name.
_BUCKET_NAME = re.compile(r"[0-9A-Za-z._-]{2,62}[0-9A-Za-z_-]")


@dataclass(frozen=True)
class Account:
    """Where the session leads: account id, partition (``aws``, ``aws-cn``, …) and region."""

    id: str
    partition: str
    region: str


def account_of(session: Session) -> Account:
    """Return the account that the session's credentials belong to. Raises botocore's errors."""
    if not session.region_name:
        raise NoRegionError  # some clients would do without; the bucket's name and the stack would not
    identity = session.client("sts").get_caller_identity()
    return Account(identity["Account"], identity["Arn"].split(":")[1], session.region_name)


class ArtifactBucket:
    """A bucket for definitions, functions and large templates."""

    def __init__(self, session: Session, account: Account, name: str | None) -> None:
        """``name`` is a bucket that exists; None means the account's own, which is created if missing.

        Raises botocore's ClientError and, if it cannot be used, Dag2SfnError: D403, or D414 for no name.
        """
        if name is not None and not _BUCKET_NAME.fullmatch(name):
            raise _not_a_bucket(name)
        self._s3: Any = session.client("s3")
        self._account = account
        # Bucket names are the world's: one that can be foreseen may have been taken by somebody else, who
        # would then receive our artifacts, and could replace them. With the owner, S3 refuses.
        self._owner = {} if name else {"ExpectedBucketOwner": account.id}
        self._is_own = name is None
        self.name = name or f"dag2sfn-{account.id}-{account.region}"

    def ensure(self) -> None:
        """Create the account's own bucket if it is missing; one that was given is taken as it is."""
        if self._is_own:
            self._ensure_own_bucket()

    def put(self, artifact: Artifact) -> None:
        """Upload a file under its key."""
        self._s3.put_object(Bucket=self.name, Key=artifact.key, Body=artifact.content, **self._owner)

    def get(self, key: str) -> bytes | None:
        """Return a file's content, None if it is not there or may not be read."""
        try:
            content: bytes = self._s3.get_object(Bucket=self.name, Key=key, **self._owner)["Body"].read()
        except ClientError:
            return None
        return content

    def url(self, key: str) -> str:
        """Return the address by which CloudFormation reads a template from the bucket."""
        suffix = "amazonaws.com.cn" if self._account.partition == "aws-cn" else "amazonaws.com"
        return f"https://{self.name}.s3.{self._account.region}.{suffix}/{key}"

    def _ensure_own_bucket(self) -> None:
        try:
            self._s3.head_bucket(Bucket=self.name, **self._owner)
        except ClientError as error:
            if error_code(error) in {"404", "NoSuchBucket"}:
                self._create()
            elif error_code(error) == "403":
                raise Dag2SfnError(
                    Diagnostic(
                        d.AWS_UNUSABLE,
                        f"the bucket {self.name} may not be used, or belongs to another account",
                        "use credentials that are allowed to read and write it, or give another --bucket",
                    )
                ) from error
            else:
                raise

    def _create(self) -> None:
        # us-east-1 is the default, and refused as a constraint (AWS documentation, CreateBucket).
        place: dict[str, Any] = {}
        if self._account.region != "us-east-1":
            place = {"CreateBucketConfiguration": {"LocationConstraint": self._account.region}}
        self._s3.create_bucket(Bucket=self.name, **place)
        self._s3.put_public_access_block(
            Bucket=self.name,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True,
            },
            **self._owner,
        )


def _not_a_bucket(name: str) -> Dag2SfnError:
    return Dag2SfnError(
        Diagnostic(
            d.NOT_A_BUCKET,
            f"{name!r} is no bucket's name: 3 to 63 letters, digits, hyphens, dots and underscores",
            "give the name of a bucket that exists; without --bucket, one is created",
        )
    )
