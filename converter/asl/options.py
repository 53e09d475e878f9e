"""What the user may choose about the machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from converter.planning import Strategy

#: Where nothing bounds an Await: a day, which few runs outlast.
DEFAULT_DEADLINE = 24 * 3600


class Failures(str, Enum):
    """What the failure of one task does to the others."""

    AIRFLOW = "airflow"  # sibling branches go on; what depends on it becomes upstream_failed
    STOP = "stop"  # plain ASL: the execution fails at once and its other branches are aborted


class Correlate(str, Enum):
    """How a poller knows which runs of a Glue job are this execution's."""

    ARGUMENT = "argument"  # StartJobRun carried an argument that names execution and task
    WINDOW = "window"  # by the run's start time


class PollerStyle(str, Enum):
    """How a poller waits between two questions."""

    LOOP = "loop"  # in a loop of states: Wait, Task, Choice
    RETRY = "retry"  # in one Task, whose Retry repeats the error "not ready"


class Xcom(str, Enum):
    """Where large XComs of Python tasks are."""

    STATE = "state"  # in the execution's data like all others; what does not fit fails its task
    S3 = "s3"  # in a bucket, and the data has their places


class Pairs(str, Enum):
    """What becomes of a task that starts a job, and of the sensor behind it that waits for that job."""

    SYNC = "sync"  # one call that waits for the job, where that ends as in Airflow
    POLL = "poll"  # a call that starts the job, and the sensor's own polls


class LongFunctions(str, Enum):
    """What becomes of a Python or Bash task that may take longer than Lambda allows."""

    REFUSE = "refuse"
    CAP = "cap"  # it has 15 minutes


class VariablesFrom(str, Enum):
    """Where templates of a machine's states take Airflow's Variables from."""

    CONVERSION = "conversion"  # the values known at conversion; others are parameters of the stack
    SSM = "ssm"  # SSM Parameter Store, at the start of each run


@dataclass(frozen=True)
class Correlation:
    """How a poller knows the runs of an awaited job.

    ``window`` is the period in seconds to which the execution's start is rounded down; 0: the start itself.
    """

    by: Correlate = Correlate.ARGUMENT
    window: int = 0


@dataclass(frozen=True)
class Options:
    """Options of the conversion. All durations in seconds.

    ``window`` is the period to which ``--correlate window`` rounds the execution's start down; 0 means the
    start itself. ``await_deadline`` counts from the start of the execution; None means what the
    DAG itself says (``deadlines``). ``resumable``: an execution may begin with outcomes of an earlier
    one, which costs one more state for each task. ``variables`` are values of Airflow's Variables, as it
    stores them: templates take them at conversion, or each run reads them anew, as ``variables_from`` says.
    ``connections`` are the fields of its connections, without passwords. ``allow_unsupported``: a task that
    is refused becomes a state that records it as failed. ``poller_styles``, ``poll_intervals`` and
    ``correlations`` have the awaited tasks (ids) for whose pollers others hold than ``poller_style``,
    ``poll_interval`` and ``correlate``. ``operators`` is a file of the user's own conversions. ``companion``:
    the bundle gets a DAG file that runs the machine from Airflow. ``xcom``: where large values are that
    Python tasks push. ``strategy`` is how DAGs are planned. ``pairs``: whether the job of a submit and its
    sensor is waited for by one call. ``long_functions`` is about Python tasks with much time.
    """

    failures: Failures = Failures.AIRFLOW
    correlate: Correlate = Correlate.ARGUMENT
    window: int = 0
    poll_interval: int = 30
    await_deadline: int | None = None
    resumable: bool = True
    variables: Mapping[str, str] | None = None
    variables_from: VariablesFrom = VariablesFrom.CONVERSION
    connections: Mapping[str, Mapping[str, Any]] | None = None
    allow_unsupported: bool = False
    poller_style: PollerStyle = PollerStyle.LOOP
    poller_styles: Mapping[str, PollerStyle] = field(default_factory=dict)
    poll_intervals: Mapping[str, int] = field(default_factory=dict)
    correlations: Mapping[str, Correlation] = field(default_factory=dict)
    operators: Path | None = None
    companion: bool = False
    xcom: Xcom = Xcom.STATE
    strategy: Strategy = Strategy.EXACT
    pairs: Pairs = Pairs.SYNC
    long_functions: LongFunctions = LongFunctions.REFUSE

    def style_for(self, awaited: Iterable[str]) -> PollerStyle:
        """Return the style of a poller for these tasks: ``loop`` where they do not agree."""
        wanted = {self.poller_styles.get(task, self.poller_style) for task in awaited}
        return wanted.pop() if len(wanted) == 1 else PollerStyle.LOOP

    def interval_for(self, awaited: Iterable[str], otherwise: int) -> int:
        """Return how often a poller for these tasks asks: as often as the most impatient of them wants."""
        return min((self.poll_intervals.get(task, otherwise) for task in awaited), default=otherwise)

    def correlation_of(self, task_id: str) -> Correlation:
        """Return how the runs of an awaited task's job are known."""
        return self.correlations.get(task_id) or Correlation(self.correlate, self.window)


@dataclass(frozen=True)
class OptionsOfDags:
    """The options of each DAG; ``by_dag`` has those that are not as ``for_all``."""

    for_all: Options
    by_dag: Mapping[str, Options] = field(default_factory=dict)

    def of(self, dag_id: str) -> Options:
        """Return the options of a DAG."""
        return self.by_dag.get(dag_id, self.for_all)
