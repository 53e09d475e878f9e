"""D3xx: the plan and its Awaits."""

from converter.diagnostics.model import Severity, declare

AWAIT_DEADLINE = declare(
    "D301", Severity.NOTE, "an Await has a deadline",
    """A poller gives up at its deadline, counted from the start of the execution, and its task fails. The
    deadline is the option --await-deadline; without it, the DAG's dagrun_timeout; without that, 24 hours, and
    as long as sensors, one after another, may wait by their timeouts (by an execution_timeout, in all their
    tries).""",
)  # fmt: skip
WINDOW_CORRELATION = declare(
    "D302", Severity.APPROXIMATED, "job runs are recognised by time",
    """With --correlate window a run of the job counts as this execution's if it started in the execution's
    window of time. Another execution in that window, or a run by hand, is mistaken for it.""",
)  # fmt: skip
WINDOW_AMBIGUOUS = declare(
    "D303", Severity.REFUSED, "two tasks use one job, and runs are recognised by time",
    "With --correlate window, runs of one Glue job by two tasks of the DAG cannot be told apart.",
)  # fmt: skip
TOO_MANY_EVENTS = declare(
    "D304", Severity.REFUSED, "the worst case has too many history events",
    """An execution has at most 25,000 history events, and all pollers share them. If all pollers wait until
    their deadline, this machine would need more.""",
)  # fmt: skip
GROWING_INTERVAL = declare(
    "D306", Severity.NOTE, "pollers ask less often as time goes by",
    """All pollers share the 25,000 history events of an execution. Where one interval cannot be kept until
    the deadline, it grows with the age of the execution (with the poller style retry, of the wait): a task
    behind an Await starts that much later.""",
)  # fmt: skip
POLLING_DELAY = declare(
    "D307", Severity.NOTE, "tasks behind a poller start a little later",
    """A task that waits for one of a sibling branch starts when the poller has next asked: later than in
    Airflow by at most the poll interval and the time of one status call.""",
)  # fmt: skip
TOO_LARGE_TO_RESUME = declare(
    "D308", Severity.NOTE, "a failed run of the DAG may be too large to be resumed",
    """`run --resume` hands the records of the tasks that are done to a new execution, as part of its input,
    which has at most 256 KiB.""",
)  # fmt: skip
IN_CHILDREN = declare(
    "D315", Severity.NOTE, "the DAG runs as several machines",
    """A DAG that is too large for one machine (1 MB of definition, 256 KiB of data, 25,000 history events,
    100 Parallels inside each other) is cut into child machines, which start each other. A run is still
    started, followed, stopped and read back as one. A run whose DAG is deployed anew while it is under way
    fails at the next child machine, with DeployedWhileRunning.""",
)  # fmt: skip
IN_LAYERS = declare(
    "D316", Severity.APPROXIMATED, "tasks also wait for tasks that they do not need",
    """With --strategy barrier, all tasks of a layer end before the first of the next begins. No poller is
    needed then, and tasks start later, by as much as the slowest of the layers above takes. Outcomes are
    those of Airflow if it held each task so long: a skip, or the end of the run, may come before a task that
    has begun in Airflow by then.""",
)  # fmt: skip
TOO_LARGE = declare(
    "D305", Severity.REFUSED, "the machine is too large",
    "A definition has at most 1 MB, and the data of a state at most 256 KiB.",
)  # fmt: skip
DURATIONS_UNREADABLE = declare(
    "D310", Severity.UNREADABLE, "the file of durations cannot be read",
    """The file that --durations names is not there, cannot be read, or is neither JSON nor YAML.""",
)  # fmt: skip
DURATIONS_INVALID = declare(
    "D311", Severity.UNREADABLE, "the file of durations has something else in it",
    """It holds {task id: seconds}, which counts for every DAG, or {DAG id: {task id: seconds}}. Seconds are
    numbers from 0 on.""",
)  # fmt: skip
DURATIONS_UNUSED = declare(
    "D312", Severity.NOTE, "some durations are not used",
    """The file of durations names tasks that the DAG does not have, or none of the DAGs. What else it says is
    used.""",
)  # fmt: skip
PLAN_NOT_WRITTEN = declare(
    "D313", Severity.UNREADABLE, "the plan cannot be written",
    "The file system refuses the file or the folder of --out. The message has its reason.",
)  # fmt: skip
