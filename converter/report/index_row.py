"""What the page of a folder says about one DAG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from converter.diagnostics import Severity
from converter.report.statuses import STATUSES

if TYPE_CHECKING:
    from converter.report.conversion import ConversionReport


@dataclass(frozen=True)
class IndexRow:
    """One DAG in the page of a folder. ``page`` leads to its own; empty if there is none."""

    dag_id: str
    status: str
    source: str
    counts: Mapping[str, int]
    codes: Sequence[str]
    page: str

    @classmethod
    def of(cls, report: ConversionReport, page: str) -> IndexRow:
        """Return the row of a DAG."""
        standing = [code.id for code, _ in report.by_code(Severity.UNREADABLE, Severity.REFUSED)]
        counts = {status: report.count(status) for status in STATUSES}
        return cls(report.dag_id, report.status, str(report.location), counts, standing, page)
