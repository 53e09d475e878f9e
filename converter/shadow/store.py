"""Where results are kept: a file for each run, in the artifacts bucket of the machine's stack.

The bucket outlives the stack, Step Functions' 90 days and Airflow's clean-up. A file is written once. Its key
begins with the time that is left until the year 2286, so that S3, which lists keys in their order, lists the
latest runs first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from converter.shadow.machines import Shadow
from converter.shadow.results import Result, result_from

_AT_ONCE = 8
_END = 9_999_999_999
#: What S3 says of a key that is there, or that somebody else is writing at this moment.
_THERE = ("PreconditionFailed", "ConditionalRequestConflict")


class ResultStore:
    """The results of one machine. Methods raise what boto3 raises."""

    def __init__(self, s3: Any, shadow: Shadow) -> None:
        self._s3 = s3
        self._prefix = f"{shadow.machine_name}/score/"
        _, _, _, region, account, *_ = shadow.machine_arn.split(":")
        # A name that can be foreseen may have been taken by somebody else; with the owner, S3 refuses.
        own = shadow.bucket == f"dag2sfn-{account}-{region}"
        self._bucket: dict[str, str] = {
            "Bucket": shadow.bucket, **({"ExpectedBucketOwner": account} if own else {})
        }  # fmt: skip

    def key(self, due: datetime, execution_name: str) -> str:
        """Return the key of a run's result."""
        moment = due.astimezone(timezone.utc)
        left = max(0, _END - int(moment.timestamp()))
        return f"{self._prefix}{left:010d}-{moment:%Y%m%dT%H%M%SZ}-{execution_name}.json"

    def put(self, result: Result) -> bool:
        """Keep a result; return False, and change nothing, if that of the run is there."""
        text = json.dumps(result.to_json(), ensure_ascii=False, indent=1)
        try:
            self._s3.put_object(
                **self._bucket,
                Key=self.key(result.due, result.execution_name),
                Body=text.encode(),
                ContentType="application/json",
                IfNoneMatch="*",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _THERE:
                return False
            raise
        return True

    def last(self, count: int) -> list[Result]:
        """Return the results of the latest runs, the latest first."""
        keys = list(islice(self._keys(count), count))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = list(pool.map(self._get, keys))
        return [result for result in found if result is not None]

    def _keys(self, count: int) -> Iterator[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            **self._bucket, Prefix=self._prefix, PaginationConfig={"PageSize": min(count, 1000)}
        )
        for page in pages:
            yield from (item["Key"] for item in page.get("Contents", ()))

    def _get(self, key: str) -> Result | None:
        return result_from(self._s3.get_object(**self._bucket, Key=key)["Body"].read())
