"""D280-D299: mapped tasks, and what they are expanded over."""

from converter.diagnostics.model import Severity, declare

EXPANDED_OVER_PYTHON = declare(
    "D280", Severity.REFUSED, "a mapped task is expanded over what only Python knows",
    """The machine has to know what each instance is given. What a function makes of an XCom (`.map(…)`), and
    an object of the DAG file, only Python can tell: a Python task may be expanded over the former, because
    its function is Python, and no task over the latter.""",
)  # fmt: skip
UNEVEN_ROWS = declare(
    "D281", Severity.REFUSED, "expand_kwargs() gives instances different arguments",
    """All instances of a mapped task are one state, which has one set of arguments. expand_kwargs() has to be
    given a list of dicts with the same keys: one of the file, or what a Python task returns that writes them
    out. (Python tasks take any: Lambda calls their function.)""",
)  # fmt: skip
ROWS_AS_WRITTEN = declare(
    "D292", Severity.APPROXIMATED, "expand_kwargs() is given what a function is written to return",
    """Which arguments the dicts of an XCom give is read in the source of the function that returns them. In a
    run that gives others, or a template (which Airflow would render), the instance fails, and says so.""",
)  # fmt: skip
ANY_LIST = declare(
    "D282", Severity.APPROXIMATED, "what is no list counts as an empty one",
    """A mapped task is expanded over what a task returns that is not run by the DAG's own function. Where it
    returns neither a list nor a dict, Airflow fails that task; in the machine the mapped task has no
    instances, and is skipped.""",
)  # fmt: skip
MOST_INSTANCES = declare(
    "D283", Severity.APPROXIMATED, "a mapped task has a largest number of instances",
    """The records of all instances share the 256 KiB of an execution's data, and instances of mapped task
    groups its 25,000 events, too. A run with more than fit fails the task, and says so; Airflow's own limit
    (max_map_length) is 1,024 items.""",
)  # fmt: skip
TOO_MANY_INSTANCES = declare(
    "D284", Severity.REFUSED, "a mapped task has more instances than an execution can hold",
    """The list of the DAG file that the task is expanded over is too long: for the history of an execution,
    if it is of a mapped task group or a teardown; for its data, where there is room for the records of some
    1,000 instances whose XComs are read; or longer than 10,000.""",
)  # fmt: skip
STOPS_INSTANCES = declare(
    "D286", Severity.APPROXIMATED, "a failure ends the other instances of its own task, too",
    """With fail_fast, Airflow ends all other tasks upon a failure, but not the other instances of the mapped
    task that has failed. In the machine, as with --failures stop, the execution is over.""",
)  # fmt: skip
INSTANCES_WITHIN_A_RUN = declare(
    "D285", Severity.APPROXIMATED, "the limit on instances holds within an execution",
    """max_active_tis_per_dag bounds the instances of a task in all runs together. The machine holds the limit
    within one execution (MaxConcurrency of its Map).""",
)  # fmt: skip
WAITS_FOR_GROUP = declare(
    "D287", Severity.APPROXIMATED, "a mapped task group runs as a whole",
    """All instances of a mapped task group are one Map. So a task behind some of the group's tasks waits for
    all of them, and one that only some of the group's tasks wait for holds all of them. Outcomes are the
    same; a task may start later.""",
)  # fmt: skip
LIMITS_ITS_GROUP = declare(
    "D288", Severity.APPROXIMATED, "a limit on instances holds for the whole mapped group",
    """max_active_tis_per_dag(run) of a task in a mapped task group becomes the concurrency of the group's
    Map: as many instances of the group run at a time, and the others wait with all their tasks.""",
)  # fmt: skip
SKIPS_NOTHING = declare(
    "D289", Severity.NOTE, "a mapped branch or short-circuit skips nothing",
    """What an instance of a mapped branch or short-circuit orders to be skipped is kept for the instances of
    the same index of mapped tasks right behind it. Tasks that are not mapped do not find it, so they run, in
    Airflow 3 as in the machine. It is probably not what was meant.""",
)  # fmt: skip
DISTRIBUTED = declare(
    "D290", Severity.NOTE, "the instances of a mapped task are executions of their own",
    """One execution may have no room for all instances: they share its 25,000 events, and 1,024 of them (the
    most that Airflow expands over what a task returns) may need more. So the task is a distributed Map: each
    instance is an execution with a history of its own, and at most 40 run at once unless
    max_active_tis_per_dag(run) says otherwise. See docs/semantics.md for what that means.""",
)  # fmt: skip
AT_ONCE = declare(
    "D291", Severity.APPROXIMATED, "40 instances of a mapped task run at once",
    """A Map runs 40 instances at once, if max_active_tis_per_dag(run) says nothing else: an inline one can
    run no more. In Airflow max_active_tasks (16), parallelism (32) and pools bound them, or let more run.""",
)  # fmt: skip
