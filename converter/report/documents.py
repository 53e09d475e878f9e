"""The JSON documents that commands print with ``--format json``, one each, and the words they share.

Their forms are documented in README.md. Members may be added, none is renamed or removed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from converter.diagnostics import Dag2SfnError, Diagnostic, Severity


def severity_word(severity: Severity) -> str:
    """Return how a severity is called: AWS out of reach is no file that is unreadable, yet ends like one."""
    return "error" if severity is Severity.UNREADABLE else severity.value


def diagnostics_json(diagnostics: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    """Return ``[{"code", "severity", "message", "file", "line", "dag_id", "task_id"}]``.

    What a diagnostic has no place, DAG or task for is None; ``line`` counts from 1.
    """
    return [
        {
            "code": item.code.id,
            "severity": severity_word(item.code.severity),
            "message": "; ".join(filter(None, (item.problem, item.remedy))),
            "file": item.location.file if item.location else None,
            "line": (item.location.line or None) if item.location else None,
            "dag_id": item.dag_id or None,
            "task_id": item.task_id or None,
        }
        for item in diagnostics
    ]


@dataclass
class ConversionDocument:
    """What one call of ``convert`` did, filled in DAG by DAG."""

    bundles: dict[str, Path | None] = field(default_factory=dict)
    reports: dict[str, Path | None] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def add(
        self,
        dag_id: str,
        bundle: Path | None,
        diagnostics: Iterable[Diagnostic],
        report: Path | None = None,
    ) -> None:
        """Add what became of one DAG.

        ``bundle`` is None if it was refused, ``report`` (the folder that has it) if nothing was written.
        """
        self.bundles[dag_id], self.reports[dag_id] = bundle, report
        # One about a task may say where it stands and leave out the DAG.
        self.diagnostics += (replace(item, dag_id=dag_id) for item in diagnostics)

    @property
    def exit_code(self) -> int:
        """2 if something could not be read or written, else 1 if a DAG was not converted, else 0."""
        everything_written = all(self.bundles.values())
        return 0 if everything_written else Dag2SfnError(*self.diagnostics).exit_code

    def to_json(self) -> dict[str, Any]:
        """Return ``{"dags": [{"dag_id", "bundle", "report"}], "diagnostics": […]}``; paths, or None."""
        dags = [
            {"dag_id": dag_id, "bundle": _path(bundle), "report": _path(self.reports[dag_id])}
            for dag_id, bundle in self.bundles.items()
        ]
        return {"dags": dags, "diagnostics": diagnostics_json(self.diagnostics)}


def _path(path: Path | None) -> str | None:
    return path.as_posix() if path else None
