"""D860 to D879: Python tasks, besides D260 to D269."""

from converter.diagnostics.model import Severity, declare

ASSET_NOTES_LOST = declare(
    "D860", Severity.APPROXIMATED, "notes about assets are lost",
    """What a task notes about the assets that it updates (outlet_events, Metadata) is kept by Airflow for the
    DAGs behind. Here nobody reads it.""",
)  # fmt: skip
