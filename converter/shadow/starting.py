"""Starts the counterpart of a run of Airflow's, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.executions.starting import input_of_run, start_once
from converter.shadow.begun import Begun
from converter.shadow.machines import Shadow

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


def start_counterpart_once(client: SFNClient, shadow: Shadow, run: Begun) -> bool:
    """Start the execution that is named after a run; return False if there is one, also one that has ended.

    Raises Dag2SfnError: the machine is gone (D451), the input is refused (D453); TypeError or ValueError if
    conf is no JSON; and what boto3 raises.
    """
    particulars = {name: value for name, value in vars(run).items() if name != "dag_id"}
    return start_once(client, shadow.alias_arn, input_of_run(**particulars))
