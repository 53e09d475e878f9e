"""D270 to D279: tasks that wait by asking: sensors, and operators that poll."""

from converter.diagnostics.model import Severity, declare

GROWING_POLLS = declare(
    "D270", Severity.APPROXIMATED, "a task asks less often as time goes by",
    """A poll costs nine of the 25,000 events of an execution's history. Where a sensor cannot keep its
    interval until its timeout, in every try, the interval grows with the time that it has waited: what it
    waits for is seen that much later.""",
)  # fmt: skip
POLL_ROUNDED = declare(
    "D271", Severity.APPROXIMATED, "an interval is rounded to whole seconds",
    "A machine waits whole seconds, and one at least.",
)  # fmt: skip
MANY_PAGES = declare(
    "D272", Severity.NOTE, "a sensor reads a list page by page",
    """A wildcard is looked for in the list of the keys that begin like it; a run of another DAG in the list
    of its executions, back to those that began before the run's date. Each 200 of them are a call, seven
    events of the execution's history, at each look: that is not counted beforehand.""",
)  # fmt: skip
SENSOR_CHOICE = declare(
    "D273", Severity.REFUSED, "the sensor cannot look for this",
    "What the sensor is to look for needs code that only Airflow can run, or is not there in AWS.",
)  # fmt: skip
SEEN_AT_THE_END = declare(
    "D274", Severity.APPROXIMATED, "a task of another DAG is seen when its run has ended",
    """What has become of a task is read in what its execution has given, or in the last event of its history.
    In Airflow the sensor goes on as soon as the task has ended. Two DAGs whose runs wait for a task of each
    other would wait until their timeouts.""",
)  # fmt: skip
JOINED_PAIR = declare(
    "D275", Severity.APPROXIMATED, "one call waits for the job of a submit and its sensor",
    """The submit's call is a `.sync` one: the submit lasts until its job has ended, and the sensor then reads
    how. Outcomes and tries of both are as in Airflow. A job that still runs when the sensor would give up, or
    when the execution is stopped, is stopped; in Airflow it runs on. The machine then does not know its id.
    Step Functions may notice a job's end some minutes late. `--pairs poll` keeps the two apart.""",
)  # fmt: skip
PAIR_APART = declare(
    "D276", Severity.NOTE, "a submit and its sensor stay a call and a poll loop",
    """One `.sync` call could wait for the job, at a fraction of the transitions and of the execution's
    history, if it were not for what the message says.""",
)  # fmt: skip
