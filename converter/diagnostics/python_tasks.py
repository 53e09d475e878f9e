"""D860 to D879: Python tasks, besides D260 to D269."""

from converter.diagnostics.model import Severity, declare

ASSET_NOTES_LOST = declare(
    "D860", Severity.APPROXIMATED, "notes about assets are lost",
    """What a task notes about the assets that it updates (outlet_events, Metadata) is kept by Airflow for the
    DAGs behind. Here nobody reads it.""",
)  # fmt: skip
HOOKS_BY_ROLE = declare(
    "D861", Severity.APPROXIMATED, "hooks call AWS with the function's role",
    """A Python task may use Airflow's hooks for AWS: they call boto3 with the role of the Lambda function.
    What an Airflow connection says (keys, a role to assume, a region, an endpoint) is not known there.""",
)  # fmt: skip
HTTP_IN_LAMBDA = declare(
    "D862", Severity.APPROXIMATED, "the HTTP request is made in Lambda",
    """The function that runs the DAG's Python tasks makes the request, with Python's own library. Address
    and credentials are those of the Airflow connection, which has to be there as well: as
    `AIRFLOW_CONN_<ID>` in the function's environment, or in Secrets Manager, where Airflow's own backend
    looks for it.""",
)  # fmt: skip
OWN_OPERATOR = declare(
    "D863", Severity.APPROXIMATED, "an operator of your own runs in Lambda",
    """The class of the operator is in the DAG file or beside it, and derives from Airflow's BaseOperator or
    BaseSensorOperator. The function that runs the DAG's Python tasks calls its `execute`, or its `poke` for
    each look of a sensor, with the limits of Python tasks (docs/python_tasks.md).""",
)  # fmt: skip
PARTITION_FROM_INPUT = declare(
    "D864", Severity.APPROXIMATED, "the run's partition is what the run is started with",
    """In Airflow, an event of a partitioned asset starts a run with a partition (`dag_run.partition_key`).
    Assets start nothing here. A run has the key that it is started with: `dag2sfn run --partition-key`,
    the operator in another DAG, or the counterpart of an Airflow run, which has that run's. Without one it
    is None, as in a run that Airflow's user starts.""",
)  # fmt: skip
VARIABLES_IN_LAMBDA = declare(
    "D865", Severity.APPROXIMATED, "Variables are read from Parameter Store",
    """The function that runs the DAG's Python and Bash tasks imports the DAG file anew, without Airflow's
    database. What the file, its modules and the templates of these tasks ask of `Variable` is read from
    Parameter Store there, whatever `--variables` said at conversion. Without a parameter, the default in the
    file holds, and where there is none, using the Variable is an error. If an id of the DAG is made of a
    Variable, the value has to be that of the conversion, or the function does not find the DAG. What was
    read holds as long as the function stays warm.""",
)  # fmt: skip
SHARED_FILES = declare(
    "D867", Severity.APPROXIMATED, "tasks name the same file of the machine",
    """Each try of a task may run in another of Lambda's environments: only /tmp can be written to there, and
    a file that one task has written is not found by the next, or is that of an earlier run. In Airflow they
    find it where all tasks run on one worker. Files that a task gives on by an XCom, or whose names are put
    together, are not seen.""",
)  # fmt: skip
TIME_IS_CAPPED = declare(
    "D866", Severity.APPROXIMATED, "a try that takes longer than 15 minutes fails",
    """The task's execution_timeout is longer than Lambda lets a function run, and --long-functions cap says
    that it takes less: a try that does not is ended, as by an execution_timeout of 15 minutes.""",
)  # fmt: skip
