"""D1xx: reading DAG files."""

from converter.diagnostics.model import Severity, declare

PATH_NOT_READABLE = declare(
    "D101",
    Severity.UNREADABLE,
    "no DAG file there",
    """The path is neither a folder nor a Python file.""",
)
AIRFLOW_UNUSABLE = declare(
    "D102",
    Severity.UNREADABLE,
    "Airflow cannot be used",
    """DAG files are read by Airflow itself. The interpreter cannot be started, or it has no Airflow 3 (3.1 or
    newer), or Airflow does not start in it.""",
)
FILE_RAISES = declare(
    "D103",
    Severity.UNREADABLE,
    "the DAG file raises an exception",
    """Airflow could not import the file either. The place is the innermost line of the exception's traceback
    that is in the folder of the DAG files.""",
)
FILE_SYNTAX = declare(
    "D104",
    Severity.UNREADABLE,
    "the DAG file is not valid Python",
    """The file, or a module beside it that it imports, has a syntax error for the Python that reads it.""",
)
FILE_EXITS = declare(
    "D105",
    Severity.UNREADABLE,
    "the DAG file ends Python",
    """While it was imported, the file called sys.exit() or os._exit(), or Python was killed by a signal.""",
)
FILE_OVERDUE = declare(
    "D106",
    Severity.UNREADABLE,
    "the DAG file takes too long",
    """The import of the file was not finished within the time limit. The place is the line that was being
    executed then.""",
)
NO_DAG = declare(
    "D107",
    Severity.UNREADABLE,
    "no DAG",
    """The file defines no DAG, or no file of the folder does. As in Airflow, a DAG counts if it is a global
    variable of the file, if its `with` block was entered, or if its `@dag` function was called; in a folder,
    files that do not mention both 'airflow' and 'dag', those listed in .airflowignore, and those of Python
    environments (a folder with a pyvenv.cfg, or of conda) are passed over. A file that makes a DAG in a loop
    over something that is empty here, or has it made by a module that is not installed, may define one where
    it is at home: it is named. Modules that others import define none, and are not.""",
)
UNKNOWN_DAG_ID = declare(
    "D108",
    Severity.UNREADABLE,
    "unknown DAG id",
    """No DAG of this id is defined by the files that were read.""",
)
CYCLE = declare(
    "D109",
    Severity.UNREADABLE,
    "cycle",
    """Tasks of the DAG depend on each other in a circle. Airflow refuses such a DAG.""",
)
DUPLICATE_DAG_ID = declare(
    "D110",
    Severity.UNREADABLE,
    "two DAGs of one id",
    """Two DAGs have the same id, in one file or in two. Airflow would keep one of them.""",
)
DAG_INVALID = declare(
    "D111",
    Severity.UNREADABLE,
    "invalid DAG",
    """The file can be imported, but Airflow refuses the DAG, or one of its values cannot be read.""",
)
FILE_PACKED = declare(
    "D112",
    Severity.UNREADABLE,
    "packed DAG files",
    """DAG files in zip archives are not read.""",
)
FOLDER_UNLISTABLE = declare(
    "D113",
    Severity.UNREADABLE,
    "the files of the folder cannot be listed",
    """Airflow looks for DAG files behind links too, and gives up if it comes to a folder twice; or it cannot
    read an .airflowignore.""",
)

MOVED_NAME = declare(
    "D120", Severity.NOTE, "a name that is another one today",
    """Airflow or a provider has moved or renamed what the file imports. The file was read with what it is
    today.""",
)  # fmt: skip
REMOVED_NAME = declare(
    "D121", Severity.NOTE, "a name that is gone",
    """Airflow or a provider has given up what the file imports. The file was read with a stand-in that
    does the same.""",
)  # fmt: skip
RENAMED_ARGUMENT = declare(
    "D122", Severity.NOTE, "an argument that is called otherwise today",
    "The DAG or the operator takes the argument, or its value, by another name today, and was given that.",
)  # fmt: skip
IDLE_ARGUMENT = declare(
    "D123", Severity.NOTE, "an argument without effect",
    "Airflow has given up the argument: what it asked for is always so today, or was for the old UI only.",
)  # fmt: skip
FOREIGN_ARGUMENT = declare(
    "D124", Severity.NOTE, "an argument that the operator does not take",
    """Airflow would refuse it today. It is kept among the arguments of the task, and refused with the task if
    its operator is not converted with it.""",
)  # fmt: skip
COUNTED_IN_INTERVALS = declare(
    "D125", Severity.NOTE, "a schedule as Airflow 2 understands it",
    """`schedule_interval` is of Airflow 2, where a run stands for the interval before it: at midnight, the
    logical date of a daily run is the day before. The schedule was read like that. The same cron expression
    as `schedule` means the time itself in Airflow 3, unless it is configured otherwise
    (create_cron_data_intervals).""",
)  # fmt: skip
MISSING_MODULE = declare(
    "D126", Severity.NOTE, "something is not installed",
    """A module, or a name in it, is not installed beside Airflow. What the file takes from it is unknown:
    refused where it is an argument of a task, and named where the shape of the DAG hangs on it.""",
)  # fmt: skip
UNMAPPED_OPERATOR = declare(
    "D127", Severity.NOTE, "an operator is not installed",
    "The task is kept, with the name of its class and all arguments.",
)  # fmt: skip
VARIABLE_WITHOUT_VALUE = declare(
    "D128", Severity.APPROXIMATED, "a Variable has no value",
    """The file reads a Variable while it is imported, and nobody has given its value. The template that reads
    it was taken in its place: it is rendered when the task runs, always to a text.""",
)  # fmt: skip
ENVIRONMENT_WITHOUT_VALUE = declare(
    "D141", Severity.APPROXIMATED, "an environment variable is not set",
    """The file asks for an environment variable of Airflow's machines while it is imported, without a
    default. Where its value stands in an argument of a task, it is a parameter of the stack (D809).""",
)  # fmt: skip
READ_ELSEWHERE = declare(
    "D144", Severity.NOTE, "a path on Airflow's machines is read elsewhere",
    """While it is imported, the file reads something below a folder where Airflow is at home: /opt/airflow,
    /usr/local/airflow, /home/airflow, $AIRFLOW_HOME. It is not there, but in the folder that was given, or
    around it. The function that runs Python and Bash tasks reads it where it is packaged.""",
)  # fmt: skip
VARIABLE_DEFAULT = declare(
    "D129", Severity.APPROXIMATED, "the default of a Variable was taken",
    """The file reads a Variable while it is imported, and nobody has given its value. In your Airflow it may
    have another value than its default.""",
)  # fmt: skip
CONNECTION_WITHOUT_VALUE = declare(
    "D130", Severity.APPROXIMATED, "a Connection is not known",
    """The file reads a Connection while it is imported. The template that reads
    it was taken in its place.""",
)  # fmt: skip
CALL_LEFT_OUT = declare(
    "D131", Severity.NOTE, "a call of another service was left out",
    """The file uses boto3 or a hook while it is imported. The call was not made, and what it returns is
    unknown: refused where it is an argument of a task, and named where the shape of the DAG hangs on it.""",
)  # fmt: skip
UNKNOWN_DECIDES = declare(
    "D132", Severity.REFUSED, "the DAG hangs on something unknown",
    """While the file was imported, it decided something by a value that is not known: a Variable without a
    value, a module that is not installed, a call that was not made. The DAG may look otherwise where
    the value is known.""",
)  # fmt: skip
SETTING_LEFT_OUT = declare(
    "D142", Severity.APPROXIMATED, "a setting is not known",
    """A setting of the DAG or a task is made of something unknown. It changes neither which tasks there are
    nor what they do: who is told of failures, labels, and from when to when the schedule starts runs (that
    of a deployed machine does so from when it is switched on).""",
)  # fmt: skip
NO_TASK = declare(
    "D143", Severity.APPROXIMATED, "a DAG without tasks",
    """A run of it ends at once, as in Airflow. The file may make tasks where it is at home: for each file of
    a folder that is not here, or for each line of one.""",
)  # fmt: skip
NAMED_AFTER_UNKNOWN = declare(
    "D133", Severity.APPROXIMATED, "an id is made from something unknown",
    """The id of a DAG, a task or a task group contains a value that is not known. It was named after
    where the value comes from.""",
)  # fmt: skip

NO_SCHEDULE_OF_AIRFLOW_2 = declare(
    "D134", Severity.NOTE, "no schedule, in a file of Airflow 2",
    """Airflow 2 starts a run of a DAG without a schedule every day, Airflow 3 starts none. The file imports
    what was moved or removed since Airflow 2. It was read as Airflow 3 reads it.""",
)  # fmt: skip
VARIABLES_UNREADABLE = declare(
    "D135", Severity.UNREADABLE, "the file of Variables cannot be used",
    """--variables names a JSON or YAML file that maps names of Airflow's Variables to values, as `airflow
    variables export` writes it.""",
)  # fmt: skip
