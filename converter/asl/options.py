"""What the user may choose about the machine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Failures(str, Enum):
    """What the failure of one task does to the others."""

    AIRFLOW = "airflow"  # sibling branches go on; what depends on it becomes upstream_failed
    STOP = "stop"  # plain ASL: the execution fails at once and its other branches are aborted


class Correlate(str, Enum):
    """How a poller knows which runs of a Glue job are this execution's."""

    ARGUMENT = "argument"  # StartJobRun carried an argument that names execution and task
    WINDOW = "window"  # by the run's start time


@dataclass(frozen=True)
class Options:
    """Options of the conversion. All durations in seconds.

    ``window`` is the period to which ``--correlate window`` rounds the execution's start down; 0 means the
    start itself. ``await_deadline`` counts from the start of the execution.
    """

    failures: Failures = Failures.AIRFLOW
    correlate: Correlate = Correlate.ARGUMENT
    window: int = 0
    poll_interval: int = 30
    await_deadline: int = 24 * 3600
