"""D211, D212 and D8xx: what the operators of the providers become."""

from converter.diagnostics.model import Severity, declare

FOLLOWS_ITS_PARENT = declare(
    "D211", Severity.APPROXIMATED, "a subclass is converted as the class that it comes from",
    """The operator's own class is not known here, but one of its base classes is, and it overrides nothing
    that would change what the task does: it presets arguments, say. What its __init__ does besides is not
    seen.""",
)  # fmt: skip
CHANGES_ITS_PARENT = declare(
    "D212", Severity.REFUSED, "a subclass changes what its parent does",
    """The operator is a subclass of one that is converted, and overrides a method that the conversion stands
    for. The message names it. Only its Python source knows what it does. One that only calls the method that
    it overrides, logs, and returns what that returns is none.""",
)  # fmt: skip
NO_COUNTERPART = declare(
    "D801", Severity.REFUSED, "there is no counterpart among AWS's own services",
    """The operator, or what an argument asks of it, works in Airflow's own process: it moves data between
    systems, or calls a system outside AWS. The message says what to choose instead.""",
)  # fmt: skip
ONE_PAGE = declare(
    "D802", Severity.APPROXIMATED, "only the first page is read",
    """Airflow reads all pages of a long list. The machine reads one page (1,000 entries as a rule), and the
    task fails if there are more, rather than go on with a part.""",
)  # fmt: skip
OTHER_RESULT = declare(
    "D803", Severity.APPROXIMATED, "the task's result differs from the operator's",
    "What the converted task returns is not what the operator pushes as its XCom. The message says how.",
)  # fmt: skip
NAME_UNKNOWN = declare(
    "D804", Severity.REFUSED, "which service it is cannot be seen",
    """An Airflow connection says where the operator works, and connections are not known at conversion. The
    message names the connection and what to write.""",
)  # fmt: skip
LOGS_STAY = declare(
    "D805", Severity.NOTE, "the logs of the job stay where they are",
    "Airflow copies the job's log into the task's. The machine does not: they are in CloudWatch.",
)  # fmt: skip
NEEDS_PERMISSIONS = declare(
    "D806", Severity.APPROXIMATED, "what the task does needs permissions that cannot be seen",
    """The machine's role is allowed the calls of its tasks. What such a call makes AWS do in turn, a stack's
    resources for example, needs permissions of its own, which the author has to give.""",
)  # fmt: skip
OPERATORS_UNUSABLE = declare(
    "D807", Severity.UNREADABLE, "the file of --operators cannot be used",
    """The file with conversions of your own raises an error when it is imported, or registers none. The
    message has the line and Python's own words.""",
)  # fmt: skip
CONVERSION_FAILS = declare(
    "D808", Severity.REFUSED, "a conversion of your own fails",
    """The function that the file of --operators has registered for this operator raises an error, or returns
    something else than a Step. The message has its line.""",
)  # fmt: skip
AT_DEPLOYMENT = declare(
    "D809", Severity.APPROXIMATED, "a value is given when the machine is deployed",
    """A Variable, or an environment variable of Airflow's machines, whose value is not known at conversion,
    is a parameter of the stack: `dag2sfn deploy --set NAME=VALUE`. Another value takes effect with the next
    deployment, not with the next run.""",
)  # fmt: skip
VARIABLES_OF_RUN = declare(
    "D810", Severity.NOTE, "each run reads Variables from Parameter Store",
    """With `--variables-from ssm`, an execution begins with reading the Variables of its templates from SSM
    Parameter Store, under `/airflow/variables/`. A change takes effect with the next run. Where one is
    missing, the tasks fail that name it without a default. What is read, secure strings too, stands in the
    history of the execution, for whoever may read that.""",
)  # fmt: skip
