"""D25x: what becomes of a DAG's schedule."""

from converter.diagnostics.model import Severity, declare

SCHEDULE_IS_OFF = declare(
    "D250", Severity.NOTE, "the schedule is deployed, and off",
    """The stack has the DAG's schedule. It starts nothing until it is switched on: as long as Airflow runs
    the DAG, every run would happen twice.""",
)  # fmt: skip
SCHEDULE_DIFFERS = declare(
    "D251", Severity.APPROXIMATED, "the schedule differs from Airflow's",
    "Runs are started as scheduled, with a difference that the message names.",
)  # fmt: skip
