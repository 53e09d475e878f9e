"""A Task state's ``Resource``, taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SERVICE_ARN = re.compile(
    r"arn:aws[\w-]*:states:[\w-]*:\d*:(?P<sdk>aws-sdk:)?(?P<service>[\w-]+):(?P<action>\w+)"
    r"(?:\.(?P<pattern>sync:2|sync|waitForTaskToken))?"
)
_FUNCTION_ARN = re.compile(r"arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+(?::[\w$-]+)?")


@dataclass(frozen=True)
class Resource:
    """``service`` and ``action`` as the ARN spells them (``glue``, ``startJobRun``).

    ``sdk`` is true for ``aws-sdk:`` integrations; ``pattern`` is ``""``, ``sync``, ``sync:2`` or
    ``waitForTaskToken``. A Lambda function's own ARN is the service ``lambda``, the action ``""``.
    """

    service: str
    action: str
    pattern: str = ""
    sdk: bool = False

    @classmethod
    def parse(cls, arn: str) -> Resource | None:
        """The parts of the ARN, or None: nothing that this module knows."""
        if _FUNCTION_ARN.fullmatch(arn):
            return cls("lambda", "")
        match = _SERVICE_ARN.fullmatch(arn)
        if match is None:
            return None
        return cls(match["service"], match["action"], match["pattern"] or "", bool(match["sdk"]))


@dataclass(frozen=True)
class Place:
    """Where an execution runs, and where its tasks look for functions, jobs and machines."""

    account: str
    region: str

    @classmethod
    def of(cls, arn: str) -> Place:
        """The account and region of an ARN."""
        parts = arn.split(":")
        return cls(parts[4], parts[3])
