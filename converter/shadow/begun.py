"""A run that has begun in Airflow. Imports nothing: schedulers write it down in the middle of their work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Begun:
    """A run, and what its counterpart is given. Dates without a time zone are in UTC."""

    dag_id: str
    run_id: str
    conf: Mapping[str, Any] = field(default_factory=dict)
    logical_date: datetime | None = None
    data_interval_start: datetime | None = None
    data_interval_end: datetime | None = None
    latest_until: datetime | None = None
    partition_key: str | None = None
    partition_date: datetime | None = None
