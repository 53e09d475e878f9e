"""D5xx: static checks of a definition."""

from converter.diagnostics.model import Severity, declare

NOT_A_DEFINITION = declare(
    "D501", Severity.UNREADABLE, "no definition there",
    """The path is no definition, no bundle and no folder of bundles; or the file is no JSON object, or has a
    member twice in one object, of which a reader would silently keep one.""",
)  # fmt: skip
BAD_FIELD = declare(
    "D502", Severity.REFUSED, "field unknown, missing or wrong",
    """The machine, a branch or a state has a field that its type and query language do not have, lacks one
    that must be there, or has one of another type.""",
)  # fmt: skip
BAD_STATE_NAME = declare(
    "D503", Severity.REFUSED, "name of a state",
    "The name of a state has 1 to 80 characters of plain ASCII.",
)  # fmt: skip
DUPLICATE_STATE_NAME = declare(
    "D504", Severity.REFUSED, "two states of one name",
    "State names are unique in the whole machine, branches included.",
)  # fmt: skip
NO_SUCH_STATE = declare(
    "D505", Severity.REFUSED, "a transition leads nowhere",
    """StartAt, Next or Default names what is no state of the same States block. No transition leads out of a
    branch, or into one.""",
)  # fmt: skip
UNREACHABLE_STATE = declare(
    "D506", Severity.REFUSED, "a state cannot be reached",
    """No way leads from the start of its block to the state. AWS refuses such a definition
    (MISSING_TRANSITION_TARGET).""",
)  # fmt: skip
ENDLESS_PATH = declare(
    "D507", Severity.REFUSED, "a path never ends",
    "No way leads from the state to an end of its block: the execution goes in circles.",
)  # fmt: skip
NO_DEFAULT = declare(
    "D508", Severity.NOTE, "a Choice without Default",
    "If no rule applies, the execution fails with States.NoChoiceMatched, which nothing catches.",
)  # fmt: skip
BAD_RETRIER = declare(
    "D509", Severity.REFUSED, "entry of Retry",
    """An entry of Retry is malformed, names an error that there is not, or is never tried: States.ALL stands
    alone, and last.""",
)  # fmt: skip
BAD_CATCHER = declare(
    "D510", Severity.REFUSED, "entry of Catch",
    """An entry of Catch is malformed, names an error that there is not, or is never tried: States.ALL stands
    alone, and last.""",
)  # fmt: skip
BAD_EXPRESSION = declare(
    "D511", Severity.REFUSED, "no JSONata expression",
    "What stands between {% and %} does not parse.",
)  # fmt: skip
UNKNOWN_NAME = declare(
    "D512", Severity.REFUSED, "unknown name in an expression",
    """An expression uses a variable to which no state before it assigns a value, a function that there is
    not, or a field name on its own: Step Functions gives expressions no context item.""",
)  # fmt: skip
NAME_OUT_OF_PLACE = declare(
    "D513", Severity.REFUSED, "name is not there in this field",
    """$states.result is there in Output and Assign of a Task, Parallel or Map, $states.errorOutput in those
    of a catcher, and $states.context.Task where the Task waits for a token.""",
)  # fmt: skip
BAD_VARIABLE = declare(
    "D514", Severity.REFUSED, "variable cannot be assigned",
    "The name is no name of a variable, or a block around this one assigns the same variable.",
)  # fmt: skip
UNKNOWN_CALL = declare(
    "D521", Severity.REFUSED, "unknown call",
    """A Task's Resource names a service or an action that there is not, or a way of calling it (.sync,
    .waitForTaskToken) that it does not have.""",
)  # fmt: skip
UNKNOWN_CALL_ARGUMENT = declare(
    "D522", Severity.REFUSED, "unknown argument of a call",
    """The action has no such argument. Step Functions spells all of them with a capital at the beginning,
    whatever the API does.""",
)  # fmt: skip
MISSING_CALL_ARGUMENT = declare(
    "D523", Severity.REFUSED, "argument of a call is missing",
    "The action requires the argument.",
)  # fmt: skip
BAD_CALL_ARGUMENT = declare(
    "D524", Severity.REFUSED, "argument of a call is wrong",
    "The argument has another type than the action takes, or is none of the values that it allows.",
)  # fmt: skip
POLLERS_LOCKED = declare(
    "D531", Severity.REFUSED, "pollers wait for each other",
    """Each of the pollers waits for a task that cannot start before another of them has ended: all of them
    wait until their deadlines.""",
)  # fmt: skip
AWAITED_NOT_STARTED = declare(
    "D532", Severity.REFUSED, "an awaited task is not started by a sibling branch",
    "A poller waits for a task that no state of a branch beside its own runs.",
)  # fmt: skip
AWAITED_NOT_TOLD = declare(
    "D533", Severity.REFUSED, "an awaited task's end cannot be seen",
    """A poller sees that a task has ended by its outcome record, which a state must write; or, for a Glue job
    that has succeeded, by a run that carries the argument --dag2sfn-run with execution and task.""",
)  # fmt: skip
POLLER_WITHOUT_EXIT = declare(
    "D534", Severity.REFUSED, "a poller lacks an exit",
    """A poller goes on when the awaited tasks have succeeded, leaves when one has failed or was skipped
    (unless that ends the execution anyway), gives up at a deadline, and waits otherwise.""",
)  # fmt: skip
POLLER_WITHOUT_PAUSE = declare(
    "D535", Severity.REFUSED, "a poller does not pause",
    "Between two questions a poller waits for at least a second.",
)  # fmt: skip
DEFINITION_TOO_LARGE = declare(
    "D541", Severity.REFUSED, "the definition is too large",
    "A definition has at most 1 MB (1,048,576 bytes).",
)  # fmt: skip
PAYLOAD_TOO_LARGE = declare(
    "D542", Severity.REFUSED, "a payload is too large",
    """What is written into a state's arguments, output or variables has at most 256 KiB. Only what stands in
    the definition is counted, not what expressions give.""",
)  # fmt: skip
HISTORY_TOO_LONG = declare(
    "D543", Severity.REFUSED, "the history may become too long",
    """An execution has at most 25,000 history events. Counted is the longest way through the machine, with
    every retry, and with every poller asking until its deadline.""",
)  # fmt: skip
UNDEFINED_SUBSTITUTION = declare(
    "D545", Severity.REFUSED, "a substitution is not defined",
    "The definition has a ${name} that DefinitionSubstitutions of the template does not fill in.",
)  # fmt: skip
MISSING_PERMISSION = declare(
    "D546", Severity.REFUSED, "the machine's role lacks a permission",
    "A Task's call needs an IAM action, on a resource, that no policy of the machine's role allows.",
)  # fmt: skip
BUNDLE_INCOMPLETE = declare(
    "D547", Severity.REFUSED, "the bundle is incomplete",
    """A file of the bundle is missing or cannot be read, or what its files say of each other is not so: a
    task's state that is not in the definition, a function without its source.""",
)  # fmt: skip
