"""Starts the counterpart of a run of Airflow's, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.executions.starting import start_once
from converter.shadow.begun import Begun
from converter.shadow.machines import Shadow

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


def start_counterpart_once(client: SFNClient, shadow: Shadow, run: Begun) -> bool:
    """Start the execution that is named after a run; return False if there is one, also one that has ended.

    Raises Dag2SfnError: the machine is gone (D451), the input is refused (D453); TypeError or ValueError if
    conf is no JSON; and what boto3 raises.
    """
    return start_once(
        client,
        shadow.alias_arn,
        conf=run.conf,
        run_id=run.run_id,
        logical_date=run.logical_date,
        data_interval_start=run.data_interval_start,
        data_interval_end=run.data_interval_end,
        latest_until=run.latest_until,
        partition_key=run.partition_key,
        partition_date=run.partition_date,
    )
