"""What a message is: its code, its place, what is wrong, what to write instead.

One grammar everywhere::

    D203 dags/etl.py:14: task 'load' has trigger_rule 'one_failed', which is not converted; use 'all_success'

Each code is declared once, in the module of its room, with what it means.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from converter.workflow import Location, Workflow

__all__ = [
    "CODES",
    "Code",
    "Dag2SfnError",
    "Diagnostic",
    "Severity",
    "about_dag",
    "declare",
    "refuses",
]


class Severity(str, Enum):
    """How a diagnostic ends for the user."""

    UNREADABLE = "unreadable"  # the input could not be read: exit 2, nothing is written
    REFUSED = "refused"  # this part of the DAG is not converted: exit 1
    APPROXIMATED = "approximated"  # converted, with a difference that the message names
    NOTE = "note"  # converted, with something worth knowing


@dataclass(frozen=True)
class Code:
    """One kind of message: a stable id, how it ends, and what it means for the reader of the docs."""

    id: str
    severity: Severity
    title: str
    meaning: str


@dataclass(frozen=True)
class Diagnostic:
    """One message. ``problem`` says what is wrong, ``remedy`` what to write or do instead."""

    code: Code
    problem: str
    remedy: str = ""
    location: Location | None = None
    dag_id: str = ""
    task_id: str = ""

    def __str__(self) -> str:
        place = f" {self.location}:" if self.location else ""
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{self.code.id}{place} {self.problem}{remedy}"


def refuses(diagnostics: Iterable[Diagnostic]) -> bool:
    """Return whether one of the diagnostics refuses its DAG."""
    return any(item.code.severity is Severity.REFUSED for item in diagnostics)


def about_dag(workflow: Workflow, code: Code, problem: str, remedy: str = "") -> Diagnostic:
    """Return a diagnostic about a DAG as a whole."""
    dag_id = workflow.dag_id
    return Diagnostic(code, f"DAG '{dag_id}': {problem}", remedy, workflow.location, dag_id)


class Dag2SfnError(Exception):
    """A problem that the user can mend. Carries every diagnostic found, so that all are shown at once."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("\n".join(map(str, diagnostics)))
        self.diagnostics = diagnostics

    @property
    def exit_code(self) -> int:
        """2 for usage and unreadable input, 1 for a DAG that has problems."""
        return 2 if any(item.code.severity is Severity.UNREADABLE for item in self.diagnostics) else 1


CODES: dict[str, Code] = {}


def declare(id: str, severity: Severity, title: str, meaning: str) -> Code:
    """Declare a code. Raises ValueError if there is one of this id."""
    if id in CODES:
        raise ValueError(f"the code {id} is declared twice")
    CODES[id] = Code(id, severity, title, " ".join(meaning.split()))
    return CODES[id]
