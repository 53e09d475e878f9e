"""D240-D241: what a DAG's dates are."""

from converter.diagnostics.model import Severity, declare

DATES_UNKNOWN = declare(
    "D240", Severity.REFUSED, "dates that hang on an option of Airflow's",
    """A task uses the run's dates (`ds`, `logical_date`, `data_interval_start`, …), and the schedule is a
    plain cron string or time span. In Airflow 2 a run at midnight has the date of the day before, in Airflow
    3 that of the day itself, unless it is configured otherwise (`[scheduler] create_cron_data_intervals`).
    Nobody has said which it is, and the file does not tell: one for Airflow 2 loads in Airflow 3, with other
    dates.""",
)  # fmt: skip
AIRFLOW_CONFIG_UNREADABLE = declare(
    "D241", Severity.UNREADABLE, "the configuration of Airflow cannot be read",
    """The file of `--airflow-config` is neither an `airflow.cfg`, nor JSON with configuration options, as
    `aws mwaa get-environment` prints them.""",
)  # fmt: skip
