"""D136 to D159: what concerns a whole folder of DAGs, or an environment."""

from converter.diagnostics.model import Severity, declare

CONVERTER_FAILED = declare(
    "D136", Severity.REFUSED, "the converter failed on this DAG",
    """A mistake of dag2sfn itself, which the message names with its place. The other DAGs are converted
    all the same.""",
)  # fmt: skip
