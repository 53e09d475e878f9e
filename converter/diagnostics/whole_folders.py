"""D136 to D159: what concerns a whole folder of DAGs, or an environment."""

from converter.diagnostics.model import Severity, declare

CONVERTER_FAILED = declare(
    "D136", Severity.REFUSED, "the converter failed on this DAG",
    """A mistake of dag2sfn itself, which the message names with its place. The other DAGs are converted
    all the same.""",
)  # fmt: skip
STATEMENT_FAILED = declare(
    "D137", Severity.REFUSED, "a statement of the file failed",
    """A statement fails where the file is read, and may work where it is at home: it asks for a file, the
    environment, another machine or Airflow's database, or something that has a stand-in. The file was read
    without it. What it would give is unknown, and what it would do besides has not been done: the DAG may be
    another one.""",
)  # fmt: skip
REFUSED_TASK = declare(
    "D138", Severity.REFUSED, "Airflow does not take the task",
    """The installed version of the operator refuses its arguments. The task is kept, with its class and all
    arguments, so that the DAG can be read.""",
)  # fmt: skip
MWAA_ENVIRONMENT = declare(
    "D139", Severity.NOTE, "an environment of MWAA is read as one",
    """The folder holds `dags`, and plugins, requirements or configuration options beside it. The DAG files
    are those of `dags`; they can import the plugins, and the options and exported variables are set while
    they are read.""",
)  # fmt: skip
REQUIREMENT_NOT_MET = declare(
    "D140", Severity.NOTE, "a requirement of the environment is not met here",
    """A package that the environment's requirements.txt names is not installed beside the converter, or in
    another version. DAG files are read with what is installed here. Python tasks are packaged in the version
    that requirements.txt fixes (``==``, for all platforms); one with a range, or a marker, in that installed
    here.""",
)  # fmt: skip
