"""D6xx: where Airflow's run is not followed, found by `dag2sfn verify`."""

from converter.diagnostics.model import Severity, declare

FAILS_WITH_THE_FIRST = declare(
    "D601", Severity.APPROXIMATED, "the execution fails although Airflow calls the run a success",
    """With fail_fast, and with --failures stop, the first failure ends the execution, which fails. Airflow
    judges a run by its leaves, and fail_fast skips those: only if the task that fails is a leaf itself, or
    one ran beside it, does Airflow call the run failed.""",
)  # fmt: skip
CUT_SHORT = declare(
    "D602", Severity.APPROXIMATED, "a run that is cut short is read a little differently",
    """When dagrun_timeout or the first failure ends an execution, a task reads as skipped that Airflow would
    have decided before, at the first failure or skip among its upstream tasks; so does one that was still to
    begin, later than in Airflow (D227, D307), whatever became of it there; and with fail_fast a task that
    waited for its next try reads as failed, not as skipped.""",
)  # fmt: skip
TEARDOWNS_LAST = declare(
    "D604", Severity.APPROXIMATED, "after the first failure, teardowns run one after another",
    """With fail_fast, and with --failures stop, the first failure ends the execution of the tasks. Then the
    outer machine runs the teardowns of what was set up, in their order. In Airflow each runs as soon as it
    may, and one that runs already goes on, while here it is broken off and begins again. Nor does
    dagrun_timeout end them here.""",
)  # fmt: skip
