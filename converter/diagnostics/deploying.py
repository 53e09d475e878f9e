"""D4xx: deployment and runs."""

from converter.diagnostics.model import Severity, declare

MACHINE_NOT_DEPLOYED = declare(
    "D451", Severity.UNREADABLE, "the DAG is not deployed",
    """The account and region have no state machine for the DAG. Its name follows from the DAG's id.""",
)  # fmt: skip
EXECUTION_UNKNOWN = declare(
    "D452", Severity.UNREADABLE, "unknown execution",
    """Step Functions knows no execution of this ARN in the region. It forgets executions 90 days after they
    have ended.""",
)  # fmt: skip
RUN_INPUT_REFUSED = declare(
    "D453", Severity.UNREADABLE, "the run's input is refused",
    """conf, run_id and dates are the input of the execution: JSON, at most 256 KiB.""",
)  # fmt: skip
NOT_RESUMABLE = declare(
    "D454", Severity.UNREADABLE, "the execution cannot be resumed",
    """A new execution goes on from one that has ended and in which something failed. The machine has to be
    converted without --no-resume.""",
)  # fmt: skip
NOT_A_BUNDLE = declare(
    "D401", Severity.UNREADABLE, "not a bundle",
    """The folder was not written by `dag2sfn convert`, or by another version of it. Where a bundle is to be
    written, a folder that is not empty and no bundle is left alone.""",
)  # fmt: skip
DEPLOYMENT_FAILED = declare(
    "D402", Severity.REFUSED, "the deployment failed",
    """CloudFormation could not create, update or delete the stack. The message names the resource that failed
    first, with the reason that its service gave.""",
)  # fmt: skip
AWS_UNUSABLE = declare(
    "D403", Severity.UNREADABLE, "AWS cannot be used",
    """There are no credentials or no region, the credentials have expired or do not allow this, or the
    endpoint cannot be reached.""",
)  # fmt: skip
TOO_MANY_PERMISSIONS = declare(
    "D404", Severity.REFUSED, "too many permissions for one role",
    """What the machine's states need, resource by resource, does not fit into the policies that a role may
    have: ten of 6,144 characters.""",
)  # fmt: skip
BUNDLE_NOT_WRITTEN = declare(
    "D411", Severity.UNREADABLE, "the bundle cannot be written",
    """The file system refuses the folder of a bundle. The message has its reason. A bundle that was there
    stays as it was.""",
)  # fmt: skip
BUNDLE_LEFT_BEHIND = declare(
    "D412", Severity.REFUSED, "a bundle of an earlier conversion is left",
    """The DAG was not converted this time, and the folder of its bundle still holds what an earlier
    conversion wrote. That bundle can be deployed, and deploys the DAG as it was then.""",
)  # fmt: skip
LOCAL_NOT_INSTALLED = declare(
    "D413", Severity.UNREADABLE, "the local AWS is not installed",
    """The local AWS needs packages that the converter itself does not need: those of the extra 'local'.""",
)  # fmt: skip
NOT_A_BUCKET = declare(
    "D414", Severity.UNREADABLE, "not the name of a bucket",
    """CloudFormation takes a function's code from a bucket that is given by its name: 3 to 63 letters,
    digits, hyphens, dots and underscores, the last of them no dot.""",
)  # fmt: skip
NO_VERSION_BEFORE = declare(
    "D415", Severity.REFUSED, "there is no version to go back to",
    """Each deployment publishes a version of the machine; the last five stay, and those that executions run
    on. The one in force is the oldest of them.""",
)  # fmt: skip
EXECUTIONS_RUN = declare(
    "D416", Severity.REFUSED, "executions still run",
    """To delete a machine ends its executions, and so does what takes away a function or a table that they
    use. Wait for their end, or stop them.""",
)  # fmt: skip
NOT_THERE = declare(
    "D417", Severity.REFUSED, "something that the machine calls is not there",
    """A Glue job or a state machine that the definition names does not exist in the account and region. It
    is looked for before anything is changed.""",
)  # fmt: skip
HAS_NO_SCHEDULE = declare(
    "D418", Severity.REFUSED, "the stack has no schedule",
    """The DAG has no schedule, one that is not converted (D223 says why), or was deployed by a version of the
    converter that did not know schedules.""",
)  # fmt: skip
STARTER_FAILED = declare(
    "D419", Severity.REFUSED, "the starter does not answer",
    """The function that knows which runs a DAG's schedule has was called, and failed. Its log group ends in
    -starter.""",
)  # fmt: skip
NO_BUNDLES_FOLDER = declare(
    "D420", Severity.UNREADABLE, "the folder of bundles cannot be read",
    """`dag2sfn status` looks at the bundles in a folder: the one that `dag2sfn convert` wrote to.""",
)  # fmt: skip
VALUE_NOT_GIVEN = declare(
    "D421", Severity.UNREADABLE, "a value of the deployment is missing",
    """A Variable or an environment variable had no value at conversion, so that the deployment has to give
    it: `--set NAME=VALUE`. It is kept from then on.""",
)  # fmt: skip
