"""D270 to D279: tasks that wait by asking: sensors, and operators that poll."""

from converter.diagnostics.model import Severity, declare

GROWING_POLLS = declare(
    "D270", Severity.APPROXIMATED, "a task asks less often as time goes by",
    """A poll costs nine of the 25,000 events of an execution's history. Where a sensor cannot keep its
    interval until its timeout, in every try, the interval grows with the time that it has waited: what it
    waits for is seen that much later.""",
)  # fmt: skip
