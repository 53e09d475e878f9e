"""The machines that are deployed to run beside Airflow. What is deployed decides, and no file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from converter.identity import DAG_ID_TAG, LIVE
from converter.shadow_mark import BUCKET_TAG, MAY_RUN_TWICE, OVERRIDDEN, SHADOW_TAG

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True)
class Shadow:
    """A machine that each run of a DAG in Airflow starts. ``bucket`` keeps its results."""

    dag_id: str
    machine_arn: str
    created: datetime
    bucket: str

    @property
    def alias_arn(self) -> str:
        """What its executions are started by: the version in force."""
        return f"{self.machine_arn}:{LIVE}"

    @property
    def machine_name(self) -> str:
        """The machine's name."""
        return self.machine_arn.rsplit(":", 1)[1]

    def execution_arn(self, name: str) -> str:
        """Return the ARN of its execution of a name."""
        return f"{self.machine_arn.replace(':stateMachine:', ':execution:', 1)}:{name}"


def shadows(
    client: SFNClient,
    prefix: str,
    *,
    known: Mapping[str, Shadow | None] | None = None,
    on_stranger: Callable[[str], object] = lambda name: None,
) -> dict[str, Shadow | None]:
    """Return what each machine is whose name begins with ``prefix``, by ARN; None: none that may be started.

    One call for 1,000 machines, and one for each that is not ``known``. A machine without the tag was
    deployed without its overrides having been looked at: ``on_stranger`` is told its name.
    """
    found: dict[str, Shadow | None] = {}
    for page in client.get_paginator("list_state_machines").paginate(PaginationConfig={"PageSize": 1000}):
        for machine in page["stateMachines"]:
            arn, name = machine["stateMachineArn"], machine["name"]
            if not name.startswith(prefix):
                continue
            before = (known or {}).get(arn)
            # One that was deployed again under its name may be another.
            if before is not None and before.created == machine["creationDate"]:
                found[arn] = before
                continue
            found[arn] = _shadow_of(client, machine)
            if found[arn] is None and arn not in (known or {}):
                on_stranger(name)
    return found


def by_dag(found: Mapping[str, Shadow | None]) -> dict[str, Shadow]:
    """Return the machines that may be started, by DAG id."""
    return {shadow.dag_id: shadow for shadow in found.values() if shadow is not None}


def _shadow_of(client: SFNClient, machine: Mapping[str, Any]) -> Shadow | None:
    arn = machine["stateMachineArn"]
    tags = {tag["key"]: tag["value"] for tag in client.list_tags_for_resource(resourceArn=arn)["tags"]}
    if tags.get(SHADOW_TAG) not in (OVERRIDDEN, MAY_RUN_TWICE):
        return None
    if DAG_ID_TAG not in tags or BUCKET_TAG not in tags:
        return None
    return Shadow(tags[DAG_ID_TAG], arn, machine["creationDate"], tags[BUCKET_TAG])
