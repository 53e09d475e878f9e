"""D2xx: what a DAG, a task or an argument becomes."""

from converter.diagnostics.model import Severity, declare

UNKNOWN_OPERATOR = declare(
    "D201", Severity.REFUSED, "operator is not converted",
    """There is no conversion for this operator's class. A subclass of a converted operator counts as
    unknown too, because what it changes cannot be seen.""",
)  # fmt: skip
UNKNOWN_ARGUMENT = declare(
    "D202", Severity.REFUSED, "argument is not converted",
    "The operator is converted, but not with this argument. Nothing is dropped in silence.",
)  # fmt: skip
BAD_ARGUMENT = declare(
    "D203", Severity.REFUSED, "argument has a value that cannot work",
    "The argument is missing or has a type or form that the AWS service would refuse.",
)  # fmt: skip
PYTHON_VALUE = declare(
    "D204", Severity.REFUSED, "argument is a Python object",
    "A callable, an XCom reference or another object that exists only in Python cannot go into a machine.",
)  # fmt: skip
MOMENTARY_VALUE = declare(
    "D216", Severity.REFUSED, "argument is of the moment at which the file is imported",
    """The file makes the argument of the time, or by chance: `datetime.now()`, `uuid.uuid4()`. Airflow
    imports it for each run of the task, the converter once: every execution would have the value of the
    conversion. What Python and Bash tasks are given is made when their function imports the file; how many
    instances a mapped task has, the machine has to know.""",
)  # fmt: skip
HOME_PATH = declare(
    "D217", Severity.REFUSED, "argument is a path in Airflow's home",
    """The file makes the argument of AIRFLOW_HOME. Where the task's job runs, that folder is not.""",
)  # fmt: skip
TEMPLATE = declare(
    "D205", Severity.REFUSED, "template is not converted",
    """The argument is a Jinja template that JSONata cannot express with the same text, or one that only the
    run decides where the machine has to know the value before. templates.md lists what is converted.""",
)  # fmt: skip
MAPPED_TASK = declare(
    "D208", Severity.REFUSED, "mapped task is not converted",
    """Setups and teardowns in a mapped task group are not converted, nor are mapped ones where the first
    failure ends the execution. Nor are teardowns, and tasks with some trigger rules, that are expanded over
    an XCom where Airflow itself asks too early, or decides by chance; nor branches and short-circuits
    before mapped tasks. Other mapped tasks and groups (expand, expand_kwargs) are. semantics.md has the
    reasons.""",
)  # fmt: skip
UNCONVERTED_SETTING = declare(
    "D209", Severity.REFUSED, "setting is not converted",
    "A setting of the task or the DAG would change which tasks run, and is not converted.",
)  # fmt: skip
BAD_DAG_ID = declare(
    "D210", Severity.REFUSED, "DAG id cannot be used",
    "The bundle of a DAG is a folder of its id, which cannot be '.' or '..'.",
)  # fmt: skip
LOST_FEATURE = declare(
    "D220", Severity.APPROXIMATED, "something Airflow does besides the task is lost",
    "The task itself is converted; this setting has no counterpart in the machine. The message says which.",
)  # fmt: skip
JOB_MUST_EXIST = declare(
    "D221", Severity.APPROXIMATED, "the job must exist",
    """In Airflow the operator creates the job if it is missing. The machine only starts it, so the job has
    to be deployed first.""",
)  # fmt: skip
OTHER_CREDENTIALS = declare(
    "D222", Severity.APPROXIMATED, "the machine's own role and region are used",
    """Airflow would use a connection or a region of its own; a machine acts as its role, in its region. A
    connection whose role is known (``role_arn`` among its extras, in the file of ``--connections``) becomes
    the Credentials of the task's calls. Step Functions calls no other region (AWS documentation, "Accessing
    resources in other AWS accounts in Step Functions").""",
)  # fmt: skip
NO_SCHEDULE = declare(
    "D223", Severity.APPROXIMATED, "schedule is not deployed",
    """The machine is started by hand, by API or by a schedule of yours. The message says why the DAG's own is
    not deployed.""",
)  # fmt: skip
LIMIT_NOT_HELD = declare(
    "D224", Severity.APPROXIMATED, "limit on concurrency is not held",
    """Pools, max_active_tasks and the like often guard a quota of the service behind. The machine starts
    every task as soon as its upstream tasks allow. A pool's slots are shared by all DAGs, and their number is
    not in the DAG file. max_active_tasks is not reported where the DAG's own order keeps it.""",
)  # fmt: skip
RETRY_ROUNDED = declare(
    "D225", Severity.APPROXIMATED, "retry or timeout is rounded",
    "ASL has whole seconds, at least 1, and backoff rates from 1.0.",
)  # fmt: skip

LATE_NOTICE = declare(
    "D226", Severity.APPROXIMATED, "the timeout also covers the notice of the end",
    """Step Functions asks a Glue job that it waits for about its end only from time to time, every few
    minutes once it runs for long. A job that ends shortly before its execution_timeout may be noticed too
    late, and its task fails. Airflow asks every few seconds.""",
)  # fmt: skip
EARLY_DECISION = declare(
    "D227", Severity.APPROXIMATED, "the task may start later than in Airflow",
    """In Airflow an upstream task that will not run is decided at the first failure or skip among its own
    upstream tasks; in the machine, once all of them are decided. What waits for it starts later.""",
)  # fmt: skip

RUN_SLOTS = declare(
    "D235", Severity.NOTE, "max_active_runs is held by slots",
    """Each execution takes one of so many slots in the outcome table before its first task, and gives it back
    at its end. One that was stopped or timed out is found by whoever waits. The order of the runs is kept
    only roughly: of those that wait, the first to look gets the slot that has become free. An execution that
    waits is RUNNING for AWS, while Airflow's run would be queued.""",
)  # fmt: skip
WAIT_COUNTS = declare(
    "D236", Severity.APPROXIMATED, "dagrun_timeout includes the wait for a slot",
    """In Airflow a run that is queued because of max_active_runs has not begun. The machine's TimeoutSeconds
    counts from the start of the execution.""",
)  # fmt: skip

OUTER_MACHINE = declare(
    "D237", Severity.NOTE, "an outer machine runs the teardowns of a run that is cut short",
    """The machine of a DAG with teardowns starts its tasks as an execution of another machine. If that is
    stopped, or takes longer than dagrun_timeout, the teardowns run whose setups have succeeded. Stop a run
    with `dag2sfn stop`: who stops the outer execution itself (in the console) stops the teardowns too.""",
)  # fmt: skip

NEEDS_AIRFLOW = declare(
    "D260", Severity.REFUSED, "the task's function needs Airflow",
    """Python tasks run in Lambda, where Airflow is not: no hooks, no connections, no database, no operators
    that are run by hand. The message names what the function uses.""",
)  # fmt: skip
TOO_LONG_FOR_LAMBDA = declare(
    "D261", Severity.REFUSED, "the task may take longer than Lambda allows",
    "Python and Bash tasks run in Lambda, which ends a function after 15 minutes.",
)  # fmt: skip
SHORT_RUN = declare(
    "D262", Severity.NOTE, "the task has to end within 15 minutes",
    """Python and Bash tasks run in Lambda, which ends a function after 15 minutes; the task has no
    execution_timeout that would say whether that is enough.""",
)  # fmt: skip
PULLS_UNSEEN = declare(
    "D263", Severity.APPROXIMATED, "which XComs the task pulls cannot be seen",
    """The machine passes a Python task the XComs that its arguments and its function's source name. Ids that
    are computed, and functions whose source is not found, cannot be seen: such a task is passed the XComs of
    its direct upstream tasks. If it pulls another's, it fails and says so.""",
)  # fmt: skip
BASH_IN_LAMBDA = declare(
    "D264", Severity.APPROXIMATED, "the command runs in Lambda",
    """Bash tasks run in Lambda's Python runtime, on Amazon Linux, which has bash, coreutils and Python, and
    few other programs: no AWS CLI, no Java, no database clients.""",
)  # fmt: skip
MODULE_NOT_INSTALLED = declare(
    "D265", Severity.APPROXIMATED, "a module that the task uses is not installed",
    """What Python tasks import is packaged in the version that is installed where the DAG is converted. This
    module is not, so that it is not packaged, and the task fails when it uses it.""",
)  # fmt: skip
DAG_FILE_CHANGED = declare(
    "D266", Severity.UNREADABLE, "the DAG file is not there any more",
    """The function that runs the DAG's Python tasks contains the DAG file. It cannot be found, or it has
    changed since it was read.""",
)  # fmt: skip
NOT_PACKAGED = declare(
    "D267", Severity.REFUSED, "the function's packages are missing",
    """The DAG's Python tasks import packages that Lambda does not have. `dag2sfn package BUNDLE` installs
    them into the bundle; `convert` writes the bundle anew, without them.""",
)  # fmt: skip
PACKAGING_FAILED = declare(
    "D268", Severity.REFUSED, "the packages cannot be installed",
    """pip found no wheel of a package in the version that is installed here for Lambda (Linux x86_64, Python
    3.12), or could not load it. The message has pip's own.""",
)  # fmt: skip
FUNCTION_TOO_LARGE = declare(
    "D269", Severity.REFUSED, "the function is too large",
    "A Lambda function may have 250 MB, unzipped, with all its packages.",
)  # fmt: skip

SKIP_OVERTAKES = declare(
    "D228", Severity.APPROXIMATED, "a skip may come after the task has begun",
    """A branch or a short-circuit skips what lies behind it, also tasks that do not wait for it: those with
    the rule always or one_*, and those that have begun because a task before them was upstream_failed, which
    the skip overwrites. Airflow then lets a running task go on, or ends it, or gives the run up for stuck, by
    what its scheduler happens to look at first. In the machine such a task runs to its end.""",
)  # fmt: skip
UNORDERED_XCOM = declare(
    "D230", Severity.APPROXIMATED, "an XCom is read from a task that is not upstream",
    """In Airflow the task finds what happens to be there: the XCom, if the other task has already ended. In
    the machine it finds nothing.""",
)  # fmt: skip
XCOMS_OF_SOME = declare(
    "D231", Severity.APPROXIMATED, "XComs of a mapped task are read once all its instances have ended",
    """With one_success, one_failed or one_done a task may begin while instances of an upstream task run. In
    Airflow it finds what those have pushed that are done; in the machine nothing, until all are.""",
)  # fmt: skip
XCOM_OF_ANY = declare(
    "D232", Severity.APPROXIMATED, "an XCom is pulled without saying from which task",
    """Airflow 2 looks for `ti.xcom_pull(key='path')` among the XComs of all tasks of the run and takes the
    latest; Airflow 3 among the task's own, which are none before it pushes some. In a file for Airflow 2 the
    machine gives what was pushed by the task before it that has it and that ended last; tasks that are not
    before it are not looked at. In other files it gives what Airflow 3 does.""",
)  # fmt: skip
ARRIVAL_ORDER = declare(
    "D229", Severity.APPROXIMATED, "a delay may change what comes first",
    """Behind a failure and a skip, the one that came first decides whether a task is upstream_failed or
    skipped. Where one of them comes from a task that starts later than in Airflow (D227, D307), it may be the
    other. And what is behind such a task may be skipped by a branch or a short-circuit before it has begun,
    where in Airflow it runs.""",
)  # fmt: skip
