"""D431 to D439: the configuration file."""

from converter.diagnostics.model import Severity, declare

CONFIG_UNREADABLE = declare(
    "D431", Severity.UNREADABLE, "the configuration cannot be read",
    """The file that `--config` names, or the nearest dag2sfn.yaml, cannot be opened, or is no YAML. Nothing
    is done with half a configuration.""",
)  # fmt: skip
CONFIG_INVALID = declare(
    "D432", Severity.UNREADABLE, "the configuration has a mistake",
    """A key that there is not, a value of another form, or a name that stands twice. All mistakes of the file
    are told at once, each with its line.""",
)  # fmt: skip
UNKNOWN_ENVIRONMENT = declare(
    "D433", Severity.UNREADABLE, "no such environment",
    """`--environment` is one of those that stand in the configuration under `environments`. Without a
    configuration there is none.""",
)  # fmt: skip
CONFIG_UNUSED = declare(
    "D434", Severity.NOTE, "the configuration names what there is not",
    """It sets something for a DAG or a Glue job that the folder of DAG files does not have, or gives a
    parameter that the stack does not have: probably a slip of the pen.""",
)  # fmt: skip
OTHER_ACCOUNT = declare(
    "D435", Severity.UNREADABLE, "another account",
    """The configuration names the account to work in, and the credentials are of another one. Nothing was
    changed.""",
)  # fmt: skip
OTHER_PREFIX = declare(
    "D436", Severity.UNREADABLE, "the bundle is of another environment",
    """The names in the bundle begin otherwise than the configuration says: it was converted for another
    environment, or before the prefix was changed.""",
)  # fmt: skip
CONFIG_NOT_WRITTEN = declare(
    "D437", Severity.UNREADABLE, "no configuration is written",
    """`dag2sfn init` writes a first dag2sfn.yaml, and never replaces one. The file system may refuse it.""",
)  # fmt: skip
