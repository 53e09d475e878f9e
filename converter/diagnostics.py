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

MOVED_NAME = _code(
    "D120", Severity.NOTE, "a name that is another one today",
    """Airflow or a provider has moved or renamed what the file imports. The file was read with what it is
    today.""",
)  # fmt: skip
REMOVED_NAME = _code(
    "D121", Severity.NOTE, "a name that is gone",
    """Airflow or a provider has given up what the file imports. The file was read with a stand-in that
    does the same.""",
)  # fmt: skip
RENAMED_ARGUMENT = _code(
    "D122", Severity.NOTE, "an argument that is called otherwise today",
    "The DAG or the operator takes the argument, or its value, by another name today, and was given that.",
)  # fmt: skip
IDLE_ARGUMENT = _code(
    "D123", Severity.NOTE, "an argument without effect",
    "Airflow has given up the argument: what it asked for is always so today, or was for the old UI only.",
)  # fmt: skip
FOREIGN_ARGUMENT = _code(
    "D124", Severity.NOTE, "an argument that the operator does not take",
    """Airflow would refuse it today. It is kept among the arguments of the task, and refused with the task if
    its operator is not converted with it.""",
)  # fmt: skip
COUNTED_IN_INTERVALS = _code(
    "D125", Severity.NOTE, "a schedule as Airflow 2 understands it",
    """`schedule_interval` is of Airflow 2, where a run stands for the interval before it: at midnight, the
    logical date of a daily run is the day before. The schedule was read like that. The same cron expression
    as `schedule` means the time itself in Airflow 3, unless it is configured otherwise
    (create_cron_data_intervals).""",
)  # fmt: skip
MISSING_MODULE = _code(
    "D126", Severity.NOTE, "something is not installed",
    """A module, or a name in it, is not installed beside Airflow. What the file takes from it is unknown:
    refused where it is an argument of a task, and named where the shape of the DAG hangs on it.""",
)  # fmt: skip
UNMAPPED_OPERATOR = _code(
    "D127", Severity.NOTE, "an operator is not installed",
    "The task is kept, with the name of its class and all arguments.",
)  # fmt: skip
VARIABLE_WITHOUT_VALUE = _code(
    "D128", Severity.APPROXIMATED, "a Variable has no value",
    """The file reads a Variable while it is imported, and nobody has given its value. The template that reads
    it was taken in its place: it is rendered when the task runs, always to a text.""",
)  # fmt: skip
VARIABLE_DEFAULT = _code(
    "D129", Severity.APPROXIMATED, "the default of a Variable was taken",
    """The file reads a Variable while it is imported, and nobody has given its value. In your Airflow it may
    have another value than its default.""",
)  # fmt: skip
CONNECTION_WITHOUT_VALUE = _code(
    "D130", Severity.APPROXIMATED, "a Connection is not known",
    """The file reads a Connection while it is imported. The template that reads
    it was taken in its place.""",
)  # fmt: skip
CALL_LEFT_OUT = _code(
    "D131", Severity.NOTE, "a call of another service was left out",
    """The file uses boto3 or a hook while it is imported. The call was not made, and what it returns is
    unknown: refused where it is an argument of a task, and named where the shape of the DAG hangs on it.""",
)  # fmt: skip
UNKNOWN_DECIDES = _code(
    "D132", Severity.REFUSED, "the DAG hangs on something unknown",
    """While the file was imported, it decided something by a value that is not known: a Variable without a
    value, a module that is not installed, a call that was not made. The DAG may look otherwise where
    the value is known.""",
)  # fmt: skip
NAMED_AFTER_UNKNOWN = _code(
    "D133", Severity.APPROXIMATED, "an id is made from something unknown",
    """The id of a DAG, a task or a task group contains a value that is not known. It was named after
    where the value comes from.""",
)  # fmt: skip

NO_SCHEDULE_OF_AIRFLOW_2 = _code(
    "D134", Severity.NOTE, "no schedule, in a file of Airflow 2",
    """Airflow 2 starts a run of a DAG without a schedule every day, Airflow 3 starts none. The file imports
    what was moved or removed since Airflow 2. It was read as Airflow 3 reads it.""",
)  # fmt: skip
VARIABLES_UNREADABLE = _code(
    "D135", Severity.UNREADABLE, "the file of Variables cannot be used",
    """--variables names a JSON or YAML file that maps names of Airflow's Variables to values, as `airflow
    variables export` writes it.""",
)  # fmt: skip

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
    """The argument is a Jinja template that JSONata cannot express with the same text, or one that only the
    run decides where the machine has to know the value before. templates.md lists what is converted.""",
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
    """Pools, max_active_tasks and the like often guard a quota of the service behind. The machine starts
    every task as soon as its upstream tasks allow.""",
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

RUN_SLOTS = _code(
    "D235", Severity.NOTE, "max_active_runs is held by slots",
    """Each execution takes one of so many slots in the outcome table before its first task, and gives it back
    at its end. One that was stopped or timed out is found by whoever waits. The order of the runs is kept
    only roughly: of those that wait, the first to look gets the slot that has become free. An execution that
    waits is RUNNING for AWS, while Airflow's run would be queued.""",
)  # fmt: skip
WAIT_COUNTS = _code(
    "D236", Severity.APPROXIMATED, "dagrun_timeout includes the wait for a slot",
    """In Airflow a run that is queued because of max_active_runs has not begun. The machine's TimeoutSeconds
    counts from the start of the execution.""",
)  # fmt: skip

OUTER_MACHINE = _code(
    "D237", Severity.NOTE, "an outer machine runs the teardowns of a run that is cut short",
    """The machine of a DAG with teardowns starts its tasks as an execution of another machine. If that is
    stopped, or takes longer than dagrun_timeout, the teardowns run whose setups have succeeded. Stop a run
    with `dag2sfn stop`: who stops the outer execution itself (in the console) stops the teardowns too.""",
)  # fmt: skip

NEEDS_AIRFLOW = _code(
    "D260", Severity.REFUSED, "the task's function needs Airflow",
    """Python tasks run in Lambda, where Airflow is not: no hooks, no connections, no database, no operators
    that are run by hand. The message names what the function uses.""",
)  # fmt: skip
TOO_LONG_FOR_LAMBDA = _code(
    "D261", Severity.REFUSED, "the task may take longer than Lambda allows",
    "Python and Bash tasks run in Lambda, which ends a function after 15 minutes.",
)  # fmt: skip
SHORT_RUN = _code(
    "D262", Severity.NOTE, "the task has to end within 15 minutes",
    """Python and Bash tasks run in Lambda, which ends a function after 15 minutes; the task has no
    execution_timeout that would say whether that is enough.""",
)  # fmt: skip
PULLS_UNSEEN = _code(
    "D263", Severity.APPROXIMATED, "which XComs the task pulls cannot be seen",
    """The machine passes a Python task the XComs that its arguments and its function's source name. Ids that
    are computed, and functions whose source is not found, cannot be seen: such a task is passed the XComs of
    its direct upstream tasks. If it pulls another's, it fails and says so.""",
)  # fmt: skip
BASH_IN_LAMBDA = _code(
    "D264", Severity.APPROXIMATED, "the command runs in Lambda",
    """Bash tasks run in Lambda's Python runtime, on Amazon Linux, which has bash, coreutils and Python, and
    few other programs: no AWS CLI, no Java, no database clients.""",
)  # fmt: skip
MODULE_NOT_INSTALLED = _code(
    "D265", Severity.APPROXIMATED, "a module that the task uses is not installed",
    """What Python tasks import is packaged in the version that is installed where the DAG is converted. This
    module is not, so that it is not packaged, and the task fails when it uses it.""",
)  # fmt: skip
DAG_FILE_CHANGED = _code(
    "D266", Severity.UNREADABLE, "the DAG file is not there any more",
    """The function that runs the DAG's Python tasks contains the DAG file. It cannot be found, or it has
    changed since it was read.""",
)  # fmt: skip
NOT_PACKAGED = _code(
    "D267", Severity.REFUSED, "the function's packages are missing",
    """The DAG's Python tasks import packages that Lambda does not have. `dag2sfn package BUNDLE` installs
    them into the bundle; `convert` writes the bundle anew, without them.""",
)  # fmt: skip
PACKAGING_FAILED = _code(
    "D268", Severity.REFUSED, "the packages cannot be installed",
    """pip found no wheel of a package in the version that is installed here for Lambda (Linux x86_64, Python
    3.12), or could not load it. The message has pip's own.""",
)  # fmt: skip
FUNCTION_TOO_LARGE = _code(
    "D269", Severity.REFUSED, "the function is too large",
    "A Lambda function may have 250 MB, unzipped, with all its packages.",
)  # fmt: skip

SKIP_OVERTAKES = _code(
    "D228", Severity.APPROXIMATED, "a skip may come after the task has begun",
    """A branch or a short-circuit skips what lies behind it, also tasks that do not wait for it: those with
    the rule always or one_*, and those that have begun because a task before them was upstream_failed, which
    the skip overwrites. Airflow then lets a running task go on, or ends it, or gives the run up for stuck, by
    what its scheduler happens to look at first. In the machine such a task runs to its end.""",
)  # fmt: skip
UNORDERED_XCOM = _code(
    "D230", Severity.APPROXIMATED, "an XCom is read from a task that is not upstream",
    """In Airflow the task finds what happens to be there: the XCom, if the other task has already ended. In
    the machine it finds nothing.""",
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
    the deadline, it grows with the age of the execution (with the poller style retry, of the wait): a task
    behind an Await starts that much later.""",
)  # fmt: skip
POLLING_DELAY = _code(
    "D307", Severity.NOTE, "tasks behind a poller start a little later",
    """A task that waits for one of a sibling branch starts when the poller has next asked: later than in
    Airflow by at most the poll interval and the time of one status call.""",
)  # fmt: skip
TOO_LARGE_TO_RESUME = _code(
    "D308", Severity.NOTE, "a failed run of the DAG cannot be resumed",
    """`run --resume` needs a state for each task, and the machine would then exceed a limit of Step
    Functions. It is converted without them.""",
)  # fmt: skip
TOO_LARGE = _code(
    "D305", Severity.REFUSED, "the machine is too large",
    "A definition has at most 1 MB, and the data of a state at most 256 KiB.",
)  # fmt: skip
DURATIONS_UNREADABLE = _code(
    "D310", Severity.UNREADABLE, "the file of durations cannot be read",
    """The file that --durations names is not there, cannot be read, or is neither JSON nor YAML.""",
)  # fmt: skip
DURATIONS_INVALID = _code(
    "D311", Severity.UNREADABLE, "the file of durations has something else in it",
    """It holds {task id: seconds}, which counts for every DAG, or {DAG id: {task id: seconds}}. Seconds are
    numbers from 0 on.""",
)  # fmt: skip
DURATIONS_UNUSED = _code(
    "D312", Severity.NOTE, "some durations are not used",
    """The file of durations names tasks that the DAG does not have, or none of the DAGs. What else it says is
    used.""",
)  # fmt: skip
PLAN_NOT_WRITTEN = _code(
    "D313", Severity.UNREADABLE, "the plan cannot be written",
    "The file system refuses the file or the folder of --out. The message has its reason.",
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

# --- D5xx: static checks of a definition ------------------------------------------------------------------

NOT_A_DEFINITION = _code(
    "D501", Severity.UNREADABLE, "no definition there",
    """The path is no definition, no bundle and no folder of bundles; or the file is no JSON object, or has a
    member twice in one object, of which a reader would silently keep one.""",
)  # fmt: skip
BAD_FIELD = _code(
    "D502", Severity.REFUSED, "field unknown, missing or wrong",
    """The machine, a branch or a state has a field that its type and query language do not have, lacks one
    that must be there, or has one of another type.""",
)  # fmt: skip
BAD_STATE_NAME = _code(
    "D503", Severity.REFUSED, "name of a state",
    "The name of a state has 1 to 80 characters of plain ASCII.",
)  # fmt: skip
DUPLICATE_STATE_NAME = _code(
    "D504", Severity.REFUSED, "two states of one name",
    "State names are unique in the whole machine, branches included.",
)  # fmt: skip
NO_SUCH_STATE = _code(
    "D505", Severity.REFUSED, "a transition leads nowhere",
    """StartAt, Next or Default names what is no state of the same States block. No transition leads out of a
    branch, or into one.""",
)  # fmt: skip
UNREACHABLE_STATE = _code(
    "D506", Severity.REFUSED, "a state cannot be reached",
    """No way leads from the start of its block to the state. AWS refuses such a definition
    (MISSING_TRANSITION_TARGET).""",
)  # fmt: skip
ENDLESS_PATH = _code(
    "D507", Severity.REFUSED, "a path never ends",
    "No way leads from the state to an end of its block: the execution goes in circles.",
)  # fmt: skip
NO_DEFAULT = _code(
    "D508", Severity.NOTE, "a Choice without Default",
    "If no rule applies, the execution fails with States.NoChoiceMatched, which nothing catches.",
)  # fmt: skip
BAD_RETRIER = _code(
    "D509", Severity.REFUSED, "entry of Retry",
    """An entry of Retry is malformed, names an error that there is not, or is never tried: States.ALL stands
    alone, and last.""",
)  # fmt: skip
BAD_CATCHER = _code(
    "D510", Severity.REFUSED, "entry of Catch",
    """An entry of Catch is malformed, names an error that there is not, or is never tried: States.ALL stands
    alone, and last.""",
)  # fmt: skip
BAD_EXPRESSION = _code(
    "D511", Severity.REFUSED, "no JSONata expression",
    "What stands between {% and %} does not parse.",
)  # fmt: skip
UNKNOWN_NAME = _code(
    "D512", Severity.REFUSED, "unknown name in an expression",
    """An expression uses a variable to which no state before it assigns a value, a function that there is
    not, or a field name on its own: Step Functions gives expressions no context item.""",
)  # fmt: skip
NAME_OUT_OF_PLACE = _code(
    "D513", Severity.REFUSED, "name is not there in this field",
    """$states.result is there in Output and Assign of a Task, Parallel or Map, $states.errorOutput in those
    of a catcher, and $states.context.Task where the Task waits for a token.""",
)  # fmt: skip
BAD_VARIABLE = _code(
    "D514", Severity.REFUSED, "variable cannot be assigned",
    "The name is no name of a variable, or a block around this one assigns the same variable.",
)  # fmt: skip
UNKNOWN_CALL = _code(
    "D521", Severity.REFUSED, "unknown call",
    """A Task's Resource names a service or an action that there is not, or a way of calling it (.sync,
    .waitForTaskToken) that it does not have.""",
)  # fmt: skip
UNKNOWN_CALL_ARGUMENT = _code(
    "D522", Severity.REFUSED, "unknown argument of a call",
    """The action has no such argument. Step Functions spells all of them with a capital at the beginning,
    whatever the API does.""",
)  # fmt: skip
MISSING_CALL_ARGUMENT = _code(
    "D523", Severity.REFUSED, "argument of a call is missing",
    "The action requires the argument.",
)  # fmt: skip
BAD_CALL_ARGUMENT = _code(
    "D524", Severity.REFUSED, "argument of a call is wrong",
    "The argument has another type than the action takes, or is none of the values that it allows.",
)  # fmt: skip
POLLERS_LOCKED = _code(
    "D531", Severity.REFUSED, "pollers wait for each other",
    """Each of the pollers waits for a task that cannot start before another of them has ended: all of them
    wait until their deadlines.""",
)  # fmt: skip
AWAITED_NOT_STARTED = _code(
    "D532", Severity.REFUSED, "an awaited task is not started by a sibling branch",
    "A poller waits for a task that no state of a branch beside its own runs.",
)  # fmt: skip
AWAITED_NOT_TOLD = _code(
    "D533", Severity.REFUSED, "an awaited task's end cannot be seen",
    """A poller sees that a task has ended by its outcome record, which a state must write; or, for a Glue job
    that has succeeded, by a run that carries the argument --dag2sfn-run with execution and task.""",
)  # fmt: skip
POLLER_WITHOUT_EXIT = _code(
    "D534", Severity.REFUSED, "a poller lacks an exit",
    """A poller goes on when the awaited tasks have succeeded, leaves when one has failed or was skipped
    (unless that ends the execution anyway), gives up at a deadline, and waits otherwise.""",
)  # fmt: skip
POLLER_WITHOUT_PAUSE = _code(
    "D535", Severity.REFUSED, "a poller does not pause",
    "Between two questions a poller waits for at least a second.",
)  # fmt: skip
DEFINITION_TOO_LARGE = _code(
    "D541", Severity.REFUSED, "the definition is too large",
    "A definition has at most 1 MB (1,048,576 bytes).",
)  # fmt: skip
PAYLOAD_TOO_LARGE = _code(
    "D542", Severity.REFUSED, "a payload is too large",
    """What is written into a state's arguments, output or variables has at most 256 KiB. Only what stands in
    the definition is counted, not what expressions give.""",
)  # fmt: skip
HISTORY_TOO_LONG = _code(
    "D543", Severity.REFUSED, "the history may become too long",
    """An execution has at most 25,000 history events. Counted is the longest way through the machine, with
    every retry, and with every poller asking until its deadline.""",
)  # fmt: skip
UNDEFINED_SUBSTITUTION = _code(
    "D545", Severity.REFUSED, "a substitution is not defined",
    "The definition has a ${name} that DefinitionSubstitutions of the template does not fill in.",
)  # fmt: skip
MISSING_PERMISSION = _code(
    "D546", Severity.REFUSED, "the machine's role lacks a permission",
    "A Task's call needs an IAM action, on a resource, that no policy of the machine's role allows.",
)  # fmt: skip
BUNDLE_INCOMPLETE = _code(
    "D547", Severity.REFUSED, "the bundle is incomplete",
    """A file of the bundle is missing or cannot be read, or what its files say of each other is not so: a
    task's state that is not in the definition, a function without its source.""",
)  # fmt: skip

# --- D6xx: where Airflow's run is not followed, found by `dag2sfn verify` ---------------------------------

FAILS_WITH_THE_FIRST = _code(
    "D601", Severity.APPROXIMATED, "the execution fails although Airflow calls the run a success",
    """With fail_fast, and with --failures stop, the first failure ends the execution, which fails. Airflow
    judges a run by its leaves, and fail_fast skips those: only if the task that fails is a leaf itself, or
    one ran beside it, does Airflow call the run failed.""",
)  # fmt: skip
CUT_SHORT = _code(
    "D602", Severity.APPROXIMATED, "a run that is cut short is read a little differently",
    """When dagrun_timeout or the first failure ends an execution, a task reads as skipped that Airflow would
    have decided before, at the first failure or skip among its upstream tasks; and with fail_fast a task that
    waited for its next try reads as failed, not as skipped.""",
)  # fmt: skip
CASCADE_ORDER = _code(
    "D603", Severity.APPROXIMATED, "what comes down at one moment may do so in another order",
    """A failure or a skip decides many tasks at one moment, in passes of Airflow's scheduler. The machine
    counts these passes, but not always as Airflow does. A task with a failure and a skip of the same moment
    among its upstream tasks may then be upstream_failed instead of skipped, or the other way round.""",
)  # fmt: skip
