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
