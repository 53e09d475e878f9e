"""D441 to D449: machines that run beside Airflow."""

from converter.diagnostics.model import Severity, declare

SHADOW_NOT_ALLOWED = declare(
    "D441", Severity.REFUSED, "nothing is overridden, so the tasks would run twice",
    """The DAG is to run beside Airflow, and each of its tasks would do there what it does in Airflow: write
    to the same tables, send the same messages. Override what must not be done twice (other jobs, arguments),
    or say that it may be: `shadow: {may-run-twice: on}`. Overrides of tasks that only wait do not
    count.""",
)  # fmt: skip
SHADOW_RUNS_TWICE = declare(
    "D442", Severity.NOTE, "tasks do the same beside Airflow",
    """Some tasks have no override, so that they do in the machine what they do in Airflow, too. Tasks that
    only wait, and empty ones, are not named; sensors that run your code or SQL or take messages are.""",
)  # fmt: skip
SHADOW_IN_THE_WAY = declare(
    "D443", Severity.UNREADABLE, "the shadow would replace the DAG's own machine",
    """The environment in which a DAG is to run beside Airflow needs a `prefix` of its own: with that of other
    environments in the same account, its stack would be the same one.""",
)  # fmt: skip
SHADOW_UNKNOWN = declare(
    "D444", Severity.UNREADABLE, "no machine runs beside Airflow",
    """The account and region have no machine that was converted and deployed to run beside Airflow, or none
    of this DAG, below the prefix of the environment.""",
)  # fmt: skip
SHADOW_HAS_NO_SCHEDULE = declare(
    "D445", Severity.NOTE, "the schedule is left to Airflow",
    """A machine that runs beside Airflow has no schedule: each run in Airflow starts it, with the run's
    dates.""",
)  # fmt: skip
