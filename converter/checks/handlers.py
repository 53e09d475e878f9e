"""Retry and Catch: entries that are well-formed and can be reached."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from converter import diagnostics as d
from converter.checks import field_tables as tables
from converter.checks.findings import Finding, about_state
from converter.checks.machine import Entries, MachineTree, State
from converter.checks.schema import entry_findings
from converter.diagnostics import Code

EVERY_ERROR = "States.ALL"
#: Names that begin with ``States.`` belong to the language (specification, "Predefined Error Codes"; Step
#: Functions Developer Guide, "Handling errors in Step Functions workflows").
_PREDEFINED = frozenset(
    f"States.{name}"
    for name in (
        "ALL", "BranchFailed", "DataLimitExceeded", "ExceedToleratedFailureThreshold", "HeartbeatTimeout",
        "Http.Socket", "IntrinsicFailure", "ItemReaderFailed", "NoChoiceMatched", "ParameterPathFailure",
        "Permissions", "QueryEvaluationError", "ResultPathMatchFailure", "ResultWriterFailed", "Runtime",
        "TaskFailed", "Timeout",
    )
)  # fmt: skip


def check_handlers(machine: MachineTree) -> Iterator[Finding]:
    """Find retriers (D509) and catchers (D510) that are malformed, or that no error comes to."""
    for state in machine.states:
        if "Retry" in state.content:
            yield from entry_findings(d.BAD_RETRIER, state, "Retry", tables.RETRIER, ("ErrorEquals",))
            yield from _error_name_findings(d.BAD_RETRIER, state, "Retry", state.retriers)
            yield from _delay_findings(state)
        if "Catch" in state.content:
            fields = tables.CATCHER.get(state.language, tables.CATCHER["JSONata"])
            yield from entry_findings(d.BAD_CATCHER, state, "Catch", fields, ("ErrorEquals", "Next"))
            yield from _error_name_findings(d.BAD_CATCHER, state, "Catch", state.catchers)


def _error_name_findings(code: Code, state: State, group: str, entries: Entries) -> Iterator[Finding]:
    for index, entry in entries:
        names = entry.get("ErrorEquals")
        if not isinstance(names, list):
            continue
        where = f"'{group}[{index}].ErrorEquals'"
        if EVERY_ERROR in names and len(names) > 1:
            yield about_state(
                code, state, f"{where} names {EVERY_ERROR} beside others", "give it an entry of its own"
            )
        if EVERY_ERROR in names and index != entries[-1][0]:
            problem = f"{where} takes every error, so what follows is never tried"
            yield about_state(code, state, problem, "put it last")
        for name in names:
            if isinstance(name, str) and name.startswith("States.") and name not in _PREDEFINED:
                similar = get_close_matches(name, _PREDEFINED, n=1)
                remedy = f"write {similar[0]}" if similar else "names that begin with States. are reserved"
                yield about_state(code, state, f"{where}: no error is called '{name}'", remedy)


def _delay_findings(state: State) -> Iterator[Finding]:
    for index, retrier in state.retriers:
        interval, longest = retrier.get("IntervalSeconds", 1), retrier.get("MaxDelaySeconds")
        if isinstance(longest, int) and isinstance(interval, int) and longest <= interval:
            problem = f"'Retry[{index}].MaxDelaySeconds' is not greater than 'IntervalSeconds'"
            yield about_state(d.BAD_RETRIER, state, problem, "leave it out, or give a greater one")
