"""D7xx: comparison of an Airflow run with an execution."""

from converter.diagnostics.model import Severity, declare

AIRFLOW_UNREACHABLE = declare(
    "D701", Severity.UNREADABLE, "Airflow cannot be used",
    """Airflow's REST API is not where it was said to be, does not answer, or refuses the login. Give its
    address with --airflow or DAG2SFN_AIRFLOW_URL, and a token (DAG2SFN_AIRFLOW_TOKEN) or a user
    (DAG2SFN_AIRFLOW_USER, DAG2SFN_AIRFLOW_PASSWORD); for Amazon MWAA, --mwaa ENVIRONMENT.""",
)  # fmt: skip
AIRFLOW_RUN_UNKNOWN = declare(
    "D702", Severity.UNREADABLE, "Airflow has no such DAG or run",
    """Airflow knows no DAG or no run of this id, or the user may not read it.""",
)  # fmt: skip
AIRFLOW_REFUSED = declare(
    "D703", Severity.UNREADABLE, "Airflow refuses to start the run",
    """The run was not started in Airflow: the DAG is paused (its runs would stay queued), conf does not fit
    its params, or there is a run of this logical date already. No execution was started either.""",
)  # fmt: skip
RULES_UNUSABLE = declare(
    "D704", Severity.UNREADABLE, "the rules file cannot be used",
    """The file of --rules says what may differ between two runs; a rule in it has another form.""",
)  # fmt: skip
COUNTERPART_UNKNOWN = declare(
    "D705", Severity.UNREADABLE, "the run has no execution",
    """An execution is named after its run's id. There is none of that name: the run was not started on Step
    Functions, or more than 90 days ago, or with another id.""",
)  # fmt: skip
