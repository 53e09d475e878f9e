"""Every message about a DAG or a file: its code, its place, what is wrong, what to write instead.

One grammar everywhere::

    D203 dags/etl.py:14: task 'load' has trigger_rule 'one_failed', which is not converted; use 'all_success'

Each code is declared once, below, with what it means; ``docs/diagnostics.md`` is generated from here.
Codes are stable: a code that is given up is not used again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from converter.workflow import Location, Workflow


class Severity(str, Enum):
    """How a diagnostic ends for the user."""

    UNREADABLE = "unreadable"  # the input could not be read: exit 2, nothing is written
    REFUSED = "refused"  # this part of the DAG is not converted: exit 1
    APPROXIMATED = "approximated"  # converted, with a difference that the message names
    NOTE = "note"  # converted, with something worth knowing


@dataclass(frozen=True)
class Code:
    """One kind of message: a stable id, how it ends, and what it means for the reader of the docs."""

    id: str
    severity: Severity
    title: str
    meaning: str


@dataclass(frozen=True)
class Diagnostic:
    """One message. ``problem`` says what is wrong, ``remedy`` what to write or do instead."""

    code: Code
    problem: str
    remedy: str = ""
    location: Location | None = None
    dag_id: str = ""
    task_id: str = ""

    def __str__(self) -> str:
        place = f" {self.location}:" if self.location else ""
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{self.code.id}{place} {self.problem}{remedy}"


def refuses(diagnostics: Iterable[Diagnostic]) -> bool:
    """Return whether one of the diagnostics refuses its DAG."""
    return any(item.code.severity is Severity.REFUSED for item in diagnostics)


def about_dag(workflow: Workflow, code: Code, problem: str, remedy: str = "") -> Diagnostic:
    """Return a diagnostic about a DAG as a whole."""
    dag_id = workflow.dag_id
    return Diagnostic(code, f"DAG '{dag_id}': {problem}", remedy, workflow.location, dag_id)


class Dag2SfnError(Exception):
    """A problem that the user can mend. Carries every diagnostic found, so that all are shown at once."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("\n".join(map(str, diagnostics)))
        self.diagnostics = diagnostics

    @property
    def exit_code(self) -> int:
        """2 for usage and unreadable input, 1 for a DAG that has problems."""
        return 2 if any(item.code.severity is Severity.UNREADABLE for item in self.diagnostics) else 1


CODES: dict[str, Code] = {}


def _code(id: str, severity: Severity, title: str, meaning: str) -> Code:
    if id in CODES:
        raise ValueError(f"the code {id} is declared twice")
    CODES[id] = Code(id, severity, title, " ".join(meaning.split()))
    return CODES[id]


# --- D1xx: reading DAG files ------------------------------------------------------------------------

PATH_NOT_READABLE = _code(
    "D101",
    Severity.UNREADABLE,
    "no DAG file there",
    """The path is neither a folder nor a Python file.""",
)
AIRFLOW_UNUSABLE = _code(
    "D102",
    Severity.UNREADABLE,
    "Airflow cannot be used",
    """DAG files are read by Airflow itself. The interpreter cannot be started, or it has no Airflow 3 (3.1 or
    newer), or Airflow does not start in it.""",
)
FILE_RAISES = _code(
    "D103",
    Severity.UNREADABLE,
    "the DAG file raises an exception",
    """Airflow could not import the file either. The place is the innermost line of the exception's traceback
    that is in the folder of the DAG files.""",
)
FILE_SYNTAX = _code(
    "D104",
    Severity.UNREADABLE,
    "the DAG file is not valid Python",
    """The file, or a module beside it that it imports, has a syntax error for the Python that reads it.""",
)
FILE_EXITS = _code(
    "D105",
    Severity.UNREADABLE,
    "the DAG file ends Python",
    """While it was imported, the file called sys.exit() or os._exit(), or Python was killed by a signal.""",
)
FILE_OVERDUE = _code(
    "D106",
    Severity.UNREADABLE,
    "the DAG file takes too long",
    """The import of the file was not finished within the time limit. The place is the line that was being
    executed then.""",
)
NO_DAG = _code(
    "D107",
    Severity.UNREADABLE,
    "no DAG",
    """The file defines no DAG, or no file of the folder does. As in Airflow, a DAG counts if it is a global
    variable of the file, if its `with` block was entered, or if its `@dag` function was called; in a folder,
    files that do not mention both 'airflow' and 'dag', those listed in .airflowignore, and those of Python
    environments (a folder with a pyvenv.cfg, or of conda) are passed over.""",
)
UNKNOWN_DAG_ID = _code(
    "D108",
    Severity.UNREADABLE,
    "unknown DAG id",
    """No DAG of this id is defined by the files that were read.""",
)
CYCLE = _code(
    "D109",
    Severity.UNREADABLE,
    "cycle",
    """Tasks of the DAG depend on each other in a circle. Airflow refuses such a DAG.""",
)
DUPLICATE_DAG_ID = _code(
    "D110",
    Severity.UNREADABLE,
    "two DAGs of one id",
    """Two DAGs have the same id, in one file or in two. Airflow would keep one of them.""",
)
DAG_INVALID = _code(
    "D111",
    Severity.UNREADABLE,
    "invalid DAG",
    """The file can be imported, but Airflow refuses the DAG, or one of its values cannot be read.""",
)
FILE_PACKED = _code(
    "D112",
    Severity.UNREADABLE,
    "packed DAG files",
    """DAG files in zip archives are not read.""",
)
FOLDER_UNLISTABLE = _code(
    "D113",
    Severity.UNREADABLE,
    "the files of the folder cannot be listed",
    """Airflow looks for DAG files behind links too, and gives up if it comes to a folder twice; or it cannot
    read an .airflowignore.""",
)

# --- D2xx: what a DAG, a task or an argument becomes --------------------------------------------------

UNKNOWN_OPERATOR = _code(
    "D201", Severity.REFUSED, "operator is not converted",
    """There is no conversion for this operator's class. A subclass of a converted operator counts as
    unknown too, because what it changes cannot be seen.""",
)  # fmt: skip
UNKNOWN_ARGUMENT = _code(
    "D202", Severity.REFUSED, "argument is not converted",
    "The operator is converted, but not with this argument. Nothing is dropped in silence.",
)  # fmt: skip
BAD_ARGUMENT = _code(
    "D203", Severity.REFUSED, "argument has a value that cannot work",
    "The argument is missing or has a type or form that the AWS service would refuse.",
)  # fmt: skip
PYTHON_VALUE = _code(
    "D204", Severity.REFUSED, "argument is a Python object",
    "A callable, an XCom reference or another object that exists only in Python cannot go into a machine.",
)  # fmt: skip
TEMPLATE = _code(
    "D205", Severity.REFUSED, "template is not converted",
    "The argument is a Jinja template. Templates are not converted to JSONata yet.",
)  # fmt: skip
TEARDOWN_CUT_OFF = _code(
    "D207", Severity.REFUSED, "a teardown would not run",
    """With --failures stop, and with fail_fast, the first failure ends the execution. A teardown has to run
    after a failure, too.""",
)  # fmt: skip
MAPPED_TASK = _code(
    "D208", Severity.REFUSED, "mapped task is not converted",
    "The task is expanded at run time (expand, expand_kwargs).",
)  # fmt: skip
UNCONVERTED_SETTING = _code(
    "D209", Severity.REFUSED, "setting is not converted",
    "A setting of the task or the DAG would change which tasks run, and is not converted.",
)  # fmt: skip
BAD_DAG_ID = _code(
    "D210", Severity.REFUSED, "DAG id cannot be used",
    "The bundle of a DAG is a folder of its id, which cannot be '.' or '..'.",
)  # fmt: skip
LOST_FEATURE = _code(
    "D220", Severity.APPROXIMATED, "something Airflow does besides the task is lost",
    "The task itself is converted; this setting has no counterpart in the machine. The message says which.",
)  # fmt: skip
JOB_MUST_EXIST = _code(
    "D221", Severity.APPROXIMATED, "the job must exist",
    """In Airflow the operator creates the job if it is missing. The machine only starts it, so the job has
    to be deployed first.""",
)  # fmt: skip
OTHER_CREDENTIALS = _code(
    "D222", Severity.APPROXIMATED, "the machine's own role and region are used",
    "Airflow would use a connection or a region of its own; a machine acts as its role, in its region.",
)  # fmt: skip
NO_SCHEDULE = _code(
    "D223", Severity.APPROXIMATED, "schedule is not deployed",
    "The machine is started by hand, by API or by a schedule of yours; the DAG's own is not converted yet.",
)  # fmt: skip
LIMIT_NOT_HELD = _code(
    "D224", Severity.APPROXIMATED, "limit on concurrency is not held",
    """Pools, max_active_tasks, max_active_runs and the like often guard a quota of the service behind. The
    machine starts every task as soon as its upstream tasks allow.""",
)  # fmt: skip
RETRY_ROUNDED = _code(
    "D225", Severity.APPROXIMATED, "retry or timeout is rounded",
    "ASL has whole seconds, at least 1, and backoff rates from 1.0.",
)  # fmt: skip

LATE_NOTICE = _code(
    "D226", Severity.APPROXIMATED, "the timeout also covers the notice of the end",
    """Step Functions asks a Glue job that it waits for about its end only from time to time, every few
    minutes once it runs for long. A job that ends shortly before its execution_timeout may be noticed too
    late, and its task fails. Airflow asks every few seconds.""",
)  # fmt: skip
EARLY_DECISION = _code(
    "D227", Severity.APPROXIMATED, "the task may start later than in Airflow",
    """In Airflow an upstream task that will not run is decided at the first failure or skip among its own
    upstream tasks; in the machine, once all of them are decided. What waits for it starts later.""",
)  # fmt: skip

SKIP_OVERTAKES = _code(
    "D228", Severity.APPROXIMATED, "a skip may come after the task has begun",
    """A branch or a short-circuit skips what lies behind it, also tasks that do not wait for it: those with
    the rule always or one_*, and those that have begun because a task before them was upstream_failed, which
    the skip overwrites. Airflow then lets a running task go on, or ends it, or gives the run up for stuck, by
    what its scheduler happens to look at first. In the machine such a task runs to its end.""",
)  # fmt: skip
ARRIVAL_ORDER = _code(
    "D229", Severity.APPROXIMATED, "a delay may change what comes first",
    """Behind a failure and a skip, the one that came first decides whether a task is upstream_failed or
    skipped. Where one of them comes from a task that starts later than in Airflow (D227, D307), it may be the
    other.""",
)  # fmt: skip

# --- D3xx: the plan and its Awaits ---------------------------------------------------------------------

AWAIT_DEADLINE = _code(
    "D301", Severity.NOTE, "an Await has a deadline",
    """A poller gives up at its deadline, counted from the start of the execution, and its task fails. The
    deadline is the DAG's dagrun_timeout where it has one, else the option --await-deadline.""",
)  # fmt: skip
WINDOW_CORRELATION = _code(
    "D302", Severity.APPROXIMATED, "job runs are recognised by time",
    """With --correlate window a run of the job counts as this execution's if it started in the execution's
    window of time. Another execution in that window, or a run by hand, is mistaken for it.""",
)  # fmt: skip
WINDOW_AMBIGUOUS = _code(
    "D303", Severity.REFUSED, "two tasks use one job, and runs are recognised by time",
    "With --correlate window, runs of one Glue job by two tasks of the DAG cannot be told apart.",
)  # fmt: skip
TOO_MANY_EVENTS = _code(
    "D304", Severity.REFUSED, "the worst case has too many history events",
    """An execution has at most 25,000 history events, and all pollers share them. If all pollers wait until
    their deadline, this machine would need more.""",
)  # fmt: skip
GROWING_INTERVAL = _code(
    "D306", Severity.NOTE, "pollers ask less often as time goes by",
    """All pollers share the 25,000 history events of an execution. Where one interval cannot be kept until
    the deadline, it grows with the age of the execution: a task behind an Await starts that much later.""",
)  # fmt: skip
POLLING_DELAY = _code(
    "D307", Severity.NOTE, "tasks behind a poller start a little later",
    """A task that waits for one of a sibling branch starts when the poller has next asked: later than in
    Airflow by at most the poll interval and the time of one status call.""",
)  # fmt: skip
TOO_LARGE = _code(
    "D305", Severity.REFUSED, "the machine is too large",
    "A definition has at most 1 MB, and the data of a state at most 256 KiB.",
)  # fmt: skip

# --- D4xx: deployment and runs --------------------------------------------------------------------------

MACHINE_NOT_DEPLOYED = _code(
    "D451", Severity.UNREADABLE, "the DAG is not deployed",
    """The account and region have no state machine for the DAG. Its name follows from the DAG's id.""",
)  # fmt: skip
EXECUTION_UNKNOWN = _code(
    "D452", Severity.UNREADABLE, "unknown execution",
    """Step Functions knows no execution of this ARN in the region. It forgets executions 90 days after they
    have ended.""",
)  # fmt: skip
RUN_INPUT_REFUSED = _code(
    "D453", Severity.UNREADABLE, "the run's input is refused",
    """conf, run_id and dates are the input of the execution: JSON, at most 256 KiB.""",
)  # fmt: skip
NOT_RESUMABLE = _code(
    "D454", Severity.UNREADABLE, "the execution cannot be resumed",
    """A new execution goes on from one that has ended and in which something failed. The machine has to be
    converted without --no-resume.""",
)  # fmt: skip
NOT_A_BUNDLE = _code(
    "D401", Severity.UNREADABLE, "not a bundle",
    """The folder was not written by `dag2sfn convert`, or by another version of it. Where a bundle is to be
    written, a folder that is not empty and no bundle is left alone.""",
)  # fmt: skip
DEPLOYMENT_FAILED = _code(
    "D402", Severity.REFUSED, "the deployment failed",
    """CloudFormation could not create, update or delete the stack. The message names the resource that failed
    first, with the reason that its service gave.""",
)  # fmt: skip
AWS_UNUSABLE = _code(
    "D403", Severity.UNREADABLE, "AWS cannot be used",
    """There are no credentials or no region, the credentials have expired or do not allow this, or the
    endpoint cannot be reached.""",
)  # fmt: skip
TOO_MANY_PERMISSIONS = _code(
    "D404", Severity.REFUSED, "too many permissions for one role",
    """What the machine's states need, resource by resource, does not fit into the policies that a role may
    have: ten of 6,144 characters.""",
)  # fmt: skip
BUNDLE_NOT_WRITTEN = _code(
    "D411", Severity.UNREADABLE, "the bundle cannot be written",
    """The file system refuses the folder of a bundle. The message has its reason. A bundle that was there
    stays as it was.""",
)  # fmt: skip
BUNDLE_LEFT_BEHIND = _code(
    "D412", Severity.REFUSED, "a bundle of an earlier conversion is left",
    """The DAG was not converted this time, and the folder of its bundle still holds what an earlier
    conversion wrote. That bundle can be deployed, and deploys the DAG as it was then.""",
)  # fmt: skip
LOCAL_NOT_INSTALLED = _code(
    "D413", Severity.UNREADABLE, "the local AWS is not installed",
    """The local AWS needs packages that the converter itself does not need: those of the extra 'local'.""",
)  # fmt: skip
NOT_A_BUCKET = _code(
    "D414", Severity.UNREADABLE, "not the name of a bucket",
    """CloudFormation takes a function's code from a bucket that is given by its name: 3 to 63 letters,
    digits, hyphens, dots and underscores, the last of them no dot.""",
)  # fmt: skip
