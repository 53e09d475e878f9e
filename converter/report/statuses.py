"""The statuses of DAGs and tasks in all reports."""

from __future__ import annotations

from collections.abc import Iterable

from converter.diagnostics import Diagnostic, Severity

_WORST_FIRST = (Severity.REFUSED, Severity.APPROXIMATED)
CONVERTED, APPROXIMATED, REFUSED = "converted", "approximated", "refused"
STATUSES = (CONVERTED, APPROXIMATED, REFUSED)


def status_of(diagnostics: Iterable[Diagnostic]) -> str:
    """Return ``refused``, ``approximated`` or ``converted``, by the worst of the messages."""
    found = {item.code.severity for item in diagnostics}
    if Severity.UNREADABLE in found:
        return REFUSED
    return next((severity.value for severity in _WORST_FIRST if severity in found), CONVERTED)
